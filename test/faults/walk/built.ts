// The walk as one file that any Node can run: also the one of another root, where the checkout is bound in.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../../../src/statements/package-root.ts'
import { apacheRoot } from '../../servers/apache.ts'
import { nodeBeside } from '../../servers/beside.ts'
import type { TierName } from '../../servers/databases.ts'

const APACHE = '/usr/lib/postgresql/17/bin'

export interface BuiltWalk {
  /** The command line of walks on a tier, with the programs in `bindir`, or those of the tier's own root. */
  command(tier: TierName, bindir: string, args: readonly string[]): readonly string[]
  end(): void
}

/** Builds it below .arxdb. */
export async function builtWalk(): Promise<BuiltWalk> {
  const home = join(packageRoot(), '.arxdb')
  mkdirSync(home, { recursive: true })
  const outdir = mkdtempSync(join(home, 'walk-'))
  const js = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
  await build({
    entryPoints: [join(packageRoot(), 'test/faults/walk/main.ts')],
    ...{ outdir, bundle: true, format: 'esm', platform: 'node', logLevel: 'error', external: ['pg-native'] },
    banner: { js },
  })
  const script = `.arxdb/${outdir.split('/').at(-1)}/main.js`
  return {
    command(tier, bindir, args) {
      const where = tier === 'apache' ? APACHE : bindir
      const kind = tier === 'plain' ? [] : ['--timescaledb']
      return nodeBeside(tier, script, ['--bindir', where, ...kind, ...args])
    },
    end: () => rmSync(outdir, { recursive: true, force: true }),
  }
}

/** The Apache tier may be a server elsewhere, without any programs here. */
export const canWalk = (tier: TierName): boolean => tier !== 'apache' || existsSync(join(apacheRoot(), APACHE))
