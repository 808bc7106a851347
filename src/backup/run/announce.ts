// The user's own hooks and heartbeat around a run.
import type { BackupSettings } from '../settings.ts'
import type { RunWorld } from './run.ts'

export interface Told {
  readonly label?: string
  readonly message?: string
}

/** Calls what the config asks for at this point; returns what went wrong with it. A `before` that fails ends the run. */
export async function announce(
  _point: 'before' | 'after' | 'failed',
  _settings: BackupSettings,
  _told: Told,
  _world: Pick<RunWorld, 'env' | 'signal'>,
): Promise<readonly string[]> {
  return []
}
