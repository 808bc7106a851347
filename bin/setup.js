// What `npm start` and `npm test` call first: makes node_modules and dist fit the checkout, and does nothing when they do.
// Not npm's own hooks: `ignore-scripts=true` skips those silently, and an `npm ci` on every start would pull files
// from under a process that is running.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (...parts) => join(root, ...parts)

const hash = (files) => {
  const sum = createHash('sha256').update(process.versions.modules)
  for (const file of files)
    sum
      .update(file)
      .update('\0')
      .update(readFileSync(at(file)))
  return sum.digest('hex')
}

const tree = (folder) =>
  readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort()

const fresh = (stamp, wanted) => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted

function run(what, args, env = process.env) {
  process.stderr.write(`${what} ...\n`)
  // npm prints its notes to stdout; here that would mix with what the caller was asked for.
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], env })
  if (error || status !== 0) {
    process.stderr.write(`error: ${what} failed${error ? `: ${error.message}` : ''}\n  try: npm ${args.join(' ')}\n`)
    process.exit(1)
  }
}

/** npm keeps its cache in the home; without one that can be written, in the checkout. */
function npmCache() {
  const usual = process.env.npm_config_cache
  if (!usual) return {}
  try {
    mkdirSync(usual, { recursive: true })
    accessSync(usual, constants.W_OK | constants.X_OK)
    return {}
  } catch {
    return { npm_config_cache: at('.arxdb', 'npm-cache') }
  }
}

const installed = at('node_modules', '.arxdb-installed')
const wantedInstall = hash(['package-lock.json'])
if (!fresh(installed, wantedInstall)) {
  // Development packages build arxdb, so NODE_ENV=production must not drop them.
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund']
  run('installing packages', ['ci', ...flags], { ...process.env, ...npmCache() })
  writeFileSync(installed, wantedInstall)
}

const built = at('dist', '.arxdb-built')
const wantedBuild = hash(['package.json', 'package-lock.json', 'tsconfig.json', ...tree('src')])
if (!fresh(built, wantedBuild)) {
  rmSync(built, { force: true })
  run('building', ['run', '--silent', 'build'])
  writeFileSync(built, wantedBuild)
}
