// Which table a name in a config means. One table may be spelled in several ways: `candles`, `arxdb.candles`,
// `"arxdb"."candles"`. Inside, each has one name: with its schema, quoted only where it has to be.
import { tableName, writtenName } from '../db/identifier.ts'
import { usageError } from '../errors.ts'

const FACTS = ['prices', 'candles', 'analytics'] as const

/** The tables that arxdb brings along. */
export type Facts = (typeof FACTS)[number]

export const isFacts = (name: string): name is Facts => (FACTS as readonly string[]).includes(name)

/** The facts behind a table's full name, where it is one of arxdb's own. */
export function factsOf(table: string): Facts | undefined {
  const name = /^arxdb\.(.+)$/.exec(table)?.[1]
  return name !== undefined && isFacts(name) ? name : undefined
}

/** `arxdb.candles` of `candles`, and of every other spelling. Throws where only a name is given and arxdb has no such table. */
function fullName(written: string): string {
  const { schema, name } = tableName(written)
  if (schema !== undefined) return writtenName({ schema, name })
  if (isFacts(name)) return `arxdb.${name}`
  const own = writtenName({ schema: 'public', name })
  throw usageError(
    `policy of ${JSON.stringify(written)}: arxdb has no such table`,
    `write ${JSON.stringify(own)} for a table of your own, or ${FACTS.join(', ')}`,
  )
}

/** What a config says of each table, by its full name. Throws where it names one twice: neither could be said to count. */
export function byTable<Policy>(written: Readonly<Record<string, Policy>>): ReadonlyMap<string, Policy> {
  const spellings = new Map<string, string>()
  for (const name of Object.keys(written)) {
    const table = fullName(name)
    const other = spellings.get(table)
    if (other !== undefined) {
      const both = [other, name].map((text) => JSON.stringify(text)).join(' and ')
      throw usageError(`the policy names ${table} twice: as ${both}`, 'write all of it under one of them')
    }
    spellings.set(table, name)
  }
  return new Map([...spellings].map(([table, name]) => [table, written[name]!]))
}

/** How a config spells a table; undefined where it does not name it. `table`: its full name. */
export const spellingOf = (written: Readonly<Record<string, unknown>>, table: string): string | undefined =>
  Object.keys(written).find((name) => isFullNameOf(name, table))

function isFullNameOf(written: string, table: string): boolean {
  try {
    return fullName(written) === table
  } catch {
    return false
  }
}
