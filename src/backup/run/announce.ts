// The user's own hooks and heartbeat around a run.
import { interrupted } from '../../db/session.ts'
import { ArxError } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { ping, runHook } from '../hooks.ts'
import type { BackupSettings } from '../settings.ts'

export interface Told {
  readonly label?: string
  readonly message?: string
}

/** Calls what the config asks for at this point; returns what went wrong with it. A `before` that fails ends the run. */
export async function announce(
  point: 'before' | 'after' | 'failed',
  { hooks, repo, heartbeat }: Pick<BackupSettings, 'hooks' | 'repo' | 'heartbeat'>,
  told: Told,
  { env, signal }: { readonly env: Env; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const command = hooks[point]
  const failed =
    command === undefined
      ? undefined
      : await runHook(command, { point, repo, ...told }, env, point === 'before' ? signal : undefined)
  if (point === 'before' && signal.aborted) throw interrupted()
  if (failed !== undefined && point === 'before') {
    throw new ArxError({
      code: 'hook-failed',
      message: failed,
      detail: 'nothing was backed up',
      hint: 'mend backup.hooks.before in the config, or leave it out',
    })
  }
  const unheard = heartbeat === undefined || point === 'before' ? undefined : await ping(heartbeat, point === 'after')
  return [failed, unheard].filter((text) => text !== undefined)
}
