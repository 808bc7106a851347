// What a source of metrics is: one statement, or the backup repository. Each is read by itself; one that cannot be read
// says so, and the others are told all the same.
import type { Run } from '../../storage/session.ts'
import type { Need, Repository, Server } from '../check.ts'
import type { Sample } from './family.ts'
import type { Growth } from './growth.ts'

export interface View {
  readonly run: Run
  readonly server: Server
  readonly now: Date
  /** Undefined where no repository is configured. */
  readonly backups: Repository | undefined
  readonly growth: Growth
}

export interface Source {
  /** Label of arxdb_metrics_source_up. */
  readonly name: string
  readonly needs?: readonly Need[] | undefined
  read(view: View): Promise<readonly Sample[]>
}

/** Series of one kind that are told; the rest is counted. */
export const MOST = 200
