// The walk as one file that any Node can run: also the one of another root, where the checkout is bound in.
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const ROOT = new URL('../../..', import.meta.url).pathname

/** Builds it below .arxdb; the folder, relative to the checkout. */
export async function builtWalk(): Promise<string> {
  const home = join(ROOT, '.arxdb')
  mkdirSync(home, { recursive: true })
  const outdir = mkdtempSync(join(home, 'walk-'))
  const js = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
  await build({
    entryPoints: [join(ROOT, 'test/faults/walk/main.ts')],
    ...{ outdir, bundle: true, format: 'esm', platform: 'node', logLevel: 'error', external: ['pg-native', 'esbuild'] },
    banner: { js },
  })
  return outdir.slice(ROOT.length)
}
