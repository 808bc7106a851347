// What stands in the server's configuration files, whether or not it is in force.
import { sqlState } from '../../db/sqlstate.ts'
import { type Client, runner } from '../../storage/session.ts'

export interface Written {
  readonly name: string
  readonly setting: string | null
  /** By ALTER SYSTEM. */
  readonly automatic: boolean
  readonly applied: boolean
  readonly error: string | null
}

/** In the order that the files are read; undefined where the role may not look. */
export async function written(client: Client, names: readonly string[]): Promise<readonly Written[] | undefined> {
  try {
    return await runner(client, { engine: 'postgres', server: 150_000 })<Written>('health/tune-files', { names })
  } catch (error) {
    if (sqlState(error) === '42501') return undefined
    throw error
  }
}
