// The statements as a user looks at them.
import { usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { anyVariant, applies, statement, statementNames, type Target } from './load.ts'

/** Newer than every variant's minimum, so that the newest text is shown. */
const NEWEST = 990_000

/** Name, title, lock level and file of every statement. */
export const statements = () =>
  statementNames().map((name) => {
    const { file, header } = anyVariant(name, NEWEST)
    return { name, title: header.title, locks: header.locks, file }
  })

/** The file of one statement; throws a usage error with near names. */
export function source(name: string, engine: string): string {
  const names = statementNames()
  if (!names.includes(name)) {
    const near = nearest(name, names, 3)
    throw usageError(`no statement "${name}"`, near.length ? `near it: ${near.join(', ')}` : 'arxdb sql list')
  }
  if (engine !== 'postgres' && engine !== 'timescaledb')
    throw usageError(`no engine "${engine}"`, 'postgres or timescaledb')
  const target: Target = { engine, server: NEWEST }
  if (!applies(name, target))
    throw usageError(`${name} is not asked of ${engine}`, `arxdb sql show ${name} --engine timescaledb`)
  return statement(name, target).source
}
