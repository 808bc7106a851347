// arxdb as its users run it, with a fault planted in its process: killed, stopped or interrupted at a named step, or with
// a clock that is wrong. See preload.js for what happens there.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { arxdbBeside, type Outcome, runBeside } from '../../servers/beside.ts'
import type { TierName } from '../../servers/databases.ts'

const PRELOAD = new URL('preload.js', import.meta.url).pathname
const REPO = new URL('../../..', import.meta.url).pathname

export interface Fault {
  /** The Nth step of all, or the first whose text begins so; `NAME#N` for the Nth of those. */
  readonly at?: number | string
  /** `kill` when left out. */
  readonly what?: 'kill' | 'stop' | 'interrupt' | 'clock'
  /** By how much the clock is off: from `at` on when `what` is `clock`, else from the beginning. */
  readonly clockMs?: number
  /** Where each step is written down. */
  readonly log?: string
  /** Written just before the fault. */
  readonly sign?: string
}

/** What the environment of an arxdb holds so that the fault happens in it. */
export function planted(tier: TierName, fault: Fault): Readonly<Record<string, string>> {
  const preload = tier === 'apache' ? `/mnt/repo/${PRELOAD.slice(REPO.length)}` : PRELOAD
  return {
    NODE_OPTIONS: `--import=${preload}`,
    ...(fault.at === undefined ? {} : { ARXDB_FAULT_AT: String(fault.at) }),
    ...(fault.what ? { ARXDB_FAULT_DO: fault.what } : {}),
    ...(fault.clockMs === undefined ? {} : { ARXDB_FAULT_CLOCK: String(fault.clockMs) }),
    ...(fault.log ? { ARXDB_FAULT_LOG: fault.log } : {}),
    ...(fault.sign ? { ARXDB_FAULT_SIGN: fault.sign } : {}),
  }
}

export interface Subject {
  readonly tier: TierName
  /** HOME and the working folder, below /tmp. */
  readonly home: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs it to its end, with the fault. */
export const runFaulty = (subject: Subject, args: readonly string[], fault: Fault = {}): Promise<Outcome> =>
  runBeside(subject.tier, args, subject.home, { env: { ...subject.env, ...planted(subject.tier, fault) } })

/** The steps that this command line takes when nothing happens to it; fails when it does. */
export async function stepsOf(subject: Subject, args: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-steps-'))
  const log = join(folder, 'steps')
  try {
    const ran = await runFaulty(subject, args, { log })
    if (ran.code !== 0) throw new Error(`arxdb ${args.join(' ')} ended with ${ran.code}: ${ran.stderr}`)
    if (!existsSync(log)) return []
    return readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.replace(/^\d+ /, ''))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Standing {
  readonly child: ChildProcess
  /** SIGKILL, as to a process that the kernel picks; its own children live on. */
  kill(): Promise<void>
  resume(): void
  /** What it ended with, and what it said. */
  ended(): Promise<Outcome>
}

/** Begins it and comes back when it stands still at the step. */
export async function standingAt(subject: Subject, args: readonly string[], at: number | string): Promise<Standing> {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-standing-'))
  const sign = join(folder, 'sign')
  const [file, ...rest] = arxdbBeside(subject.tier, args)
  const { PATH = '' } = process.env
  const env = { PATH, HOME: subject.home, TZ: 'UTC', NO_COLOR: '1', ...subject.env }
  const child = spawn(file!, rest, {
    cwd: subject.home,
    env: { ...env, ...planted(subject.tier, { at, what: 'stop', sign }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [told, said] = ['', '']
  child.stdout!.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  child.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const outcome = once(child, 'close').then(([code, signal]): Outcome => ({ code, signal, stdout: told, stderr: said }))
  for (let waited = 0; !existsSync(sign); waited += 20) {
    if (child.exitCode !== null || waited > 60_000) throw new Error(`it never came to "${at}": ${said}`)
    await sleep(20)
  }
  rmSync(folder, { recursive: true, force: true })
  return {
    child,
    async kill() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
    resume: () => void child.kill('SIGCONT'),
    ended: () => outcome,
  }
}
