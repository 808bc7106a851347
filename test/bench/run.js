// Runs one benchmark: node test/bench/run.js NAME [its own arguments]. Bundles test/bench/NAME/run.ts first.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))
const [name, ...rest] = process.argv.slice(2)
const entry = name && join(root, 'test/bench', name, 'run.ts')
if (!entry || !existsSync(entry)) {
  console.error('usage: node test/bench/run.js NAME    (a folder of test/bench with a run.ts)')
  process.exit(2)
}

// Below the package, so that packageRoot() and node's own package lookup find what they find when installed.
mkdirSync(join(root, '.arxdb'), { recursive: true })
const folder = mkdtempSync(join(root, '.arxdb', 'bench-'))
try {
  const outfile = join(folder, 'run.js')
  await build({ entryPoints: [entry], outfile, bundle: true, packages: 'external', format: 'esm', platform: 'node' })
  const { status } = spawnSync(process.execPath, [outfile, ...rest], { stdio: 'inherit', cwd: root })
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
