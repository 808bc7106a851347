// One attempt to start postgres: detached, so that it outlives the command that needed it.
import { spawn } from 'node:child_process'
import { closeSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { identity } from '../programs/account.ts'
import { serverEnv } from '../programs/run.ts'
import type { Env, Home } from './home.ts'
import { logSince, logSize, openLog } from './log.ts'
import { processState, readPostmaster } from './postmaster.ts'

export interface Attempt {
  readonly pid: number | undefined
  readonly port: number
  readonly socket: string
  running(): boolean
  /** What this attempt wrote to the log, and why it could not be run at all. */
  complaint(): string
}

export interface LaunchPlan {
  readonly bindir: string
  readonly port: number
  readonly socket: string
  readonly env: Env
}

/** Starts postgres and returns at once; it may still refuse, and another one may win the data directory. */
export function launch(home: Home, plan: LaunchPlan): Attempt {
  dropZombiesPidFile(home)
  const from = logSize(home)
  const log = openLog(home)
  const args = ['-D', home.data, '-p', String(plan.port), '-k', plan.socket]
  const child = spawn(join(plan.bindir, 'postgres'), args, {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: serverEnv(plan.env),
    ...identity(home.account),
  })
  closeSync(log)
  let running = true
  let reason = ''
  child.on('exit', () => {
    running = false
  })
  child.on('error', (error) => {
    running = false
    reason = error.message
  })
  child.unref()
  const { port, socket } = plan
  return {
    pid: child.pid,
    port,
    socket,
    running: () => running,
    complaint: () => reason || logSince(home, from).trim(),
  }
}

/**
 * A killed server whose parent never fetched its exit status (common in containers) still answers kill(pid, 0), and
 * PostgreSQL would take it for alive for ever. What it left in shared memory is checked by PostgreSQL as always.
 */
function dropZombiesPidFile(home: Home): void {
  const found = readPostmaster(home)
  if (found && processState(found.pid, home) === 'zombie') rmSync(join(home.data, 'postmaster.pid'), { force: true })
}
