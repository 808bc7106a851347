// Tells what waits to be told, by each channel that there is.
import { hand } from './command.ts'
import { type AlertEvent, lineOf } from './event.ts'
import type { Channel, Remembered } from './store.ts'
import { type AlertWorld, type Task, warning } from './task.ts'
import { post } from './webhook.ts'

export const channelsOf = ({ webhook, command }: Task): readonly Channel[] => [
  'stdout',
  ...(webhook ? (['webhook'] as const) : []),
  ...(command ? (['exec'] as const) : []),
]

/** In order, each channel by itself; the first event that is not heard keeps those behind it waiting. */
export async function deliver(
  task: Task,
  begun: Remembered,
  save: (next: Remembered) => void,
  world: AlertWorld,
): Promise<number> {
  const { webhook, command } = task
  const { signal, forPerson, write } = world
  const send: Readonly<Record<Channel, (event: AlertEvent) => Promise<string | undefined>>> = {
    stdout: async (event) => {
      await write(`${forPerson ? lineOf(event) : JSON.stringify(event)}\n`)
      return undefined
    },
    webhook: async (event) => post(event, webhook!, signal),
    exec: async (event) => hand(event, command!, signal),
  }
  let now = begun
  for (const channel of channelsOf(task)) {
    for (const event of begun.outbox[channel] ?? []) {
      if (signal.aborted) break
      const why = await send[channel](event)
      if (why !== undefined) {
        const left = (now.outbox[channel] ?? []).length
        warning(world)(`${channel}: ${why}; ${left === 1 ? 'one event waits' : `${left} events wait`} for the next run`)
        break
      }
      now = { ...now, outbox: { ...now.outbox, [channel]: (now.outbox[channel] ?? []).slice(1) } }
      save(now)
    }
  }
  return channelsOf(task).reduce((sum, channel) => sum + (now.outbox[channel] ?? []).length, 0)
}
