// The statements as a user looks at them.
import { usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { fingerprint } from './fingerprint.ts'
import { anyVariant, applies, statement, statementNames, type Target } from './load.ts'

/** Newer than every variant's minimum, so that the newest text is shown. */
const NEWEST = 990_000

/** Name, title, lock level and file of every statement. */
export const statements = () =>
  statementNames().map((name) => {
    const { file, header } = anyVariant(name, NEWEST)
    return { name, title: header.title, locks: header.locks, file }
  })

/** Versions that variants are made for; see the names of files in sql/. */
const VERSIONS = [150_000, 170_000, NEWEST]

/** Tells which of arxdb's own statements a text is, as pg_stat_statements keeps it; undefined for somebody else's. */
export function recogniser(): (text: string) => string | undefined {
  const known = new Map<string, string>()
  for (const name of statementNames()) {
    for (const engine of ['postgres', 'timescaledb'] as const) {
      for (const server of VERSIONS) {
        const target: Target = { engine, server }
        if (applies(name, target)) known.set(fingerprint(statement(name, target).text), name)
      }
    }
  }
  return (text) => known.get(fingerprint(text))
}

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
