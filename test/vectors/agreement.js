// Runs agreement.ts: node test/vectors/agreement.js. Bundles it first, as test/bench/run.js does with a benchmark.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))
const entry = join(root, 'test/vectors/agreement.ts')

mkdirSync(join(root, '.arxdb'), { recursive: true })
const folder = mkdtempSync(join(root, '.arxdb', 'agreement-'))
try {
  const outfile = join(folder, 'agreement.js')
  await build({ entryPoints: [entry], outfile, bundle: true, packages: 'external', format: 'esm', platform: 'node' })
  const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit', cwd: root })
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
