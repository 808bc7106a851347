// Optimistic locking: change a row only if nobody has changed it since it was read.
import type pg from 'pg'
import { identifier, qualified, tableName } from '../db/identifier.ts'
import { ArxError, EXIT, usageError } from '../errors.ts'
import { parameter } from './encode.ts'
import type { Row } from './rows.ts'

/**
 * Sets `changes` in the row of that key whose version is still the expected one, and counts the version up. Returns
 * the row as it is now. ArxError `conflict` when it has another version or is gone: read it again and decide.
 */
export async function updateVersioned<Result extends object>(
  client: pg.ClientBase,
  table: string,
  key: Row,
  expectedVersion: number | bigint | string,
  changes: Row,
  versionColumn = 'version',
): Promise<Result> {
  if (Object.keys(key).length === 0) throw usageError('the key names no columns')
  if (Object.hasOwn(changes, versionColumn)) throw usageError(`"${versionColumn}" is counted up, not set`)
  const values: unknown[] = []
  const placed = (value: unknown): string => `$${values.push(parameter(value))}`
  const version = identifier(versionColumn)
  const set = [
    ...Object.entries(changes).map(([name, value]) => `${identifier(name)} = ${placed(value)}`),
    `${version} = ${version} + 1`,
  ]
  const where = [
    ...Object.entries(key).map(([name, value]) => `${identifier(name)} = ${placed(value)}`),
    `${version} = ${placed(expectedVersion)}`,
  ]
  const target = qualified(tableName(table))
  const { rows } = await client.query(
    `update ${target} set ${set.join(', ')} where ${where.join(' and ')} returning *`,
    values,
  )
  if (rows.length > 1) throw usageError(`the key picks ${rows.length} rows of ${target}`, 'name a whole unique key')
  if (rows.length === 1) return rows[0] as Result
  throw new ArxError({
    code: 'conflict',
    message: `the row of ${target} no longer has ${versionColumn} ${expectedVersion}`,
    detail: 'somebody else changed it or removed it since it was read',
    hint: 'read it again and repeat the change',
    exit: EXIT.refused,
  })
}
