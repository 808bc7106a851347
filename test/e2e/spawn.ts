// The program as a user starts it: bin/arxdb.js in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../src/statements/package-root.ts'

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
}

export const program = (): string => join(packageRoot(), 'bin/arxdb.js')

/** Starts it with exactly this environment beside PATH and HOME; stdout and stderr are pipes. */
export function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [program(), ...argv], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text.stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    text.stderr += chunk
  })
  const finished = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }))
  return { child, finished }
}

export const arxdb = (argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished> =>
  start(argv, env).finished
