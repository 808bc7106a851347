// Loads in processes of their own, to be killed, interrupted and left alone.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import type { FileReport, IngestEvent } from '../../../src/ingest/report.ts'
import { packageRoot } from '../../../src/statements/package-root.ts'
import type { LoaderOptions } from './loader.ts'

export interface Ending {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly reports: readonly FileReport[]
  readonly error:
    | { readonly code: string; readonly message: string; readonly detail?: string; readonly hint?: string }
    | undefined
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ending>
  /** Resolves once a step says so, or the process has ended. */
  until(told: (step: IngestEvent) => boolean): Promise<void>
}

export interface Program {
  load(url: string, options: LoaderOptions): Running
  /** The command line itself; what it says ends up in stderr. */
  arxdb(argv: readonly string[], env: Readonly<Record<string, string>>): Running
  remove(): void
}

/** From the sources as they are, not from dist/: that may be older. */
export async function makeProgram(): Promise<Program> {
  // Below the package, so that packageRoot() finds sql/.
  const home = join(packageRoot(), '.arxdb')
  mkdirSync(home, { recursive: true })
  const outdir = mkdtempSync(join(home, 'fault-'))
  const entryPoints = {
    loader: join(import.meta.dirname, 'loader.ts'),
    main: join(packageRoot(), 'src/main.ts'),
  }
  const form = { bundle: true, splitting: true, packages: 'external', format: 'esm', platform: 'node' } as const
  await build({ entryPoints, outdir, ...form, logLevel: 'error' })
  const children = new Set<ChildProcess>()
  const start = (argv: readonly string[], env: NodeJS.ProcessEnv): Running => {
    const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    children.add(child)
    void child.once('close', () => children.delete(child))
    return follow(child)
  }
  return {
    load: (url, options) => start([join(outdir, 'loader.js'), JSON.stringify({ url, options })], process.env),
    arxdb: (argv, env) => start([join(outdir, 'main.js'), ...argv], { ...process.env, ...env }),
    remove() {
      // Only those that a failed test has left.
      for (const child of children) child.kill('SIGKILL')
      rmSync(outdir, { recursive: true })
    },
  }
}

function follow(child: ChildProcess): Running {
  const said: { reports: readonly FileReport[]; error: Ending['error']; stderr: string } = {
    reports: [],
    error: undefined,
    stderr: '',
  }
  const waiting = new Set<{ told(step: IngestEvent): boolean; resolve(): void }>()
  let last: IngestEvent | undefined
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { step, ...rest } = parsed(line)
    Object.assign(said, rest)
    if (!step) return
    last = step
    for (const one of [...waiting]) {
      if (!one.told(step)) continue
      waiting.delete(one)
      one.resolve()
    }
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  const ended = new Promise<Ending>((resolve) => {
    child.once('close', (code) => resolve({ code, ...said }))
  })
  return {
    child,
    ended,
    async until(told) {
      if (last && told(last)) return
      await Promise.race([ended, new Promise<void>((resolve) => waiting.add({ told, resolve }))])
    },
  }
}

/** A process that is killed leaves half a line; the command line's own output is no step. */
function parsed(line: string): { step?: IngestEvent } {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  } catch {
    return {}
  }
}

/** What share of the file has been read. */
export const share = ({ done, total }: IngestEvent): number => done / total
