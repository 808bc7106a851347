// One event into a command of the user's: JSON on its stdin, ended with all that it started when it takes too long.
import { runShell } from '../../programs/shell.ts'
import type { AlertEvent } from './event.ts'

export interface AlertCommand {
  readonly command: string
  readonly deadlineMs: number
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Undefined when it exited with 0, else what went wrong. What it prints goes to stderr. */
export async function hand(
  event: AlertEvent,
  { command, deadlineMs, env }: AlertCommand,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { ARXDB_ALERTS_SECRET: _, ...own } = env
  const why = await runShell({ command, deadlineMs, env: own, input: `${JSON.stringify(event)}\n` }, signal)
  return why && `the command ${why}`
}
