// A backup of pgBackRest's, laid out in a new data directory. How it recovers, and who starts it, is not its business.
import { ArxError, EXIT } from '../../../errors.ts'
import type { Env } from '../../../programs/run.ts'
import type { Manifest } from '../../manifest.ts'
import { ask, failed, programOf } from './program.ts'

export interface PgbackrestRestore {
  readonly manifest: Manifest
  /** An empty folder of the account that will run the server. */
  readonly into: string
  /** Where each tablespace goes, by its oid: outside of `into`. Without a place it would go over the original. */
  readonly places: ReadonlyMap<string, string>
  readonly env: Env
  readonly signal: AbortSignal
}

/** This directory, on this host, whatever the configuration says of the original's. */
export const besideData = (into: string): readonly string[] => [`--pg1-path=${into}`, '--reset-pg1-host']

/**
 * What the configuration may say for restores of the original: to write over it, to leave databases out, to follow links
 * to where the original has its files, to be a standby of somebody.
 */
const AS_ITSELF = ['--no-delta', '--no-link-all', '--reset-link-map', '--reset-db-include', '--reset-recovery-option']

/** Restores the files, each compared with its checksum, and no settings of recovery. Returns what pgBackRest warned of. */
export async function layOutPgbackrest({ manifest, into, places, env, signal }: PgbackrestRestore) {
  const program = programOf(manifest, env, signal)
  const maps = [...places].map(([oid, place]) => `--tablespace-map=${oid}=${place}`)
  const answer = await ask(program, 'restore', [
    ...[`--set=${program.label}`, ...besideData(into), '--type=none', '--archive-mode=off', ...AS_ITSELF],
    ...['--reset-tablespace-map-all', ...(maps.length > 0 ? maps : ['--reset-tablespace-map'])],
  ])
  if (answer.code === 0) return answer.told
  const busy = answer.told.some((line) => /contains files|postmaster\.pid|while PostgreSQL is running/.test(line))
  if (!busy) throw failed('restore', answer)
  throw new ArxError({
    code: 'not-empty',
    message: `${into} is not empty: nothing was restored`,
    detail: answer.told[0],
    hint: 'give an empty folder',
    exit: EXIT.refused,
  })
}
