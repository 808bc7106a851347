// The face of `arxdb alerts run`: asks health, remembers, and tells what changed.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../../connect/connection.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { stateFolder } from '../memory.ts'
import { health, type Settings } from '../service.ts'
import { channelsOf, deliver } from './deliver.ts'
import { step } from './ledger.ts'
import { takeFile } from './lock.ts'
import { keep, posted, type Remembered, recall } from './store.ts'
import { type AlertSettings, type AlertWorld, placeOf, type Task, taskOf, warning } from './task.ts'

/**
 * Asks once, or until Ctrl-C. Resolves to how many events wait to be delivered. Refuses (exit 6) where another one is at
 * work; usage errors for settings that are none.
 */
export async function runAlerts(
  connection: Connection,
  written: AlertSettings,
  settings: Settings,
  once: boolean,
  world: AlertWorld,
): Promise<number> {
  const task = taskOf(written, settings, connection, world)
  const state = stateFolder(world.env, 'alerts')
  const file = join(state, `state-${nameOf(connection, task)}.json`)
  const lock = takeFile(file.replace(/json$/, 'lock'))
  let remembered: Remembered | undefined
  const round = async (): Promise<number> => {
    remembered ??= recall(file, warning(world))
    const save = (next: Remembered): void => {
      remembered = next
      lock.check()
      try {
        keep(file, next)
      } catch (error) {
        // A full disk is what somebody has to be told of: rather twice than not at all.
        warning(world)(`nothing is remembered: ${(error as Error).message}`)
      }
    }
    const report = await health(
      async () => connection,
      task.checks,
      task.settings,
      { warn: [], crit: [] },
      { ...world, state },
    )
    const { alerts, events } = step(remembered.alerts, report.findings, world.now(), task.manner)
    save({ alerts, outbox: posted(remembered.outbox, channelsOf(task), events) })
    return deliver(task, remembered, save, world)
  }
  try {
    if (once) return await round()
    return await rounds(round, task.everyMs, world)
  } finally {
    lock.release()
  }
}

/** Who asks some checks only is no judge of what became of the others: each choice of checks remembers by itself. */
function nameOf(connection: Connection, { checks }: Task): string {
  const place = encodeURIComponent(placeOf(connection))
  if (checks.length === 0) return place
  const chosen = createHash('sha256')
    .update([...checks].sort().join(' '))
    .digest('hex')
  return `${place}-${chosen.slice(0, 12)}`
}

/** What goes wrong in one round is said, and the next one comes all the same. */
async function rounds(round: () => Promise<number>, everyMs: number, world: AlertWorld): Promise<number> {
  const { signal } = world
  let waiting = 0
  for (let due = performance.now(); !signal.aborted; ) {
    try {
      waiting = await round()
    } catch (error) {
      if (signal.aborted) break
      // What the command line or the config says wrongly, and another one at work, do not pass.
      if (error instanceof ArxError && (error.exit === EXIT.usage || error.exit === EXIT.refused)) throw error
      warning(world)(`this round came to nothing: ${(error as Error).message}`)
    }
    due = Math.max(due + everyMs, performance.now())
    await sleep(due - performance.now(), undefined, { signal }).catch(() => {})
  }
  return waiting
}
