// The rules for sql/: a statement says what it takes, gives and locks, and somebody asks it.
import { parseHeader } from '../../src/statements/header.ts'
import type { Sources } from './graph.ts'
import type { Rule } from './rules.ts'

const statements = (sources: Sources): readonly [string, string][] =>
  [...sources].filter(([path]) => path.endsWith('.sql') && !path.startsWith('sql/migrations/'))

/** `sql/twap/window.timescaledb.sql` is a variant of twap/window. */
const nameOf = (path: string): string => path.replace(/^sql\//, '').replace(/\.[^/]*$/, '')

/** Title, @params, @returns and @locks stand in front. */
export const headers: Rule = (sources) =>
  statements(sources).flatMap(([file, text]) => {
    try {
      parseHeader(text, file)
      return []
    } catch (error) {
      return [{ file, text: (error as Error).message }]
    }
  })

/** `ingest/undo-${table}` asks ingest/undo-prices and its like; a name that is open from its folder on asks nothing. */
const COMPOSED = /`([a-z-]+\/[a-z][a-z0-9-]*)\$\{[^}]*\}([a-z0-9-]*)`/g

/** A statement that no source names would rot unseen. */
export const asked: Rule = (sources) => {
  const code = [...sources]
    .filter(([path]) => path.endsWith('.ts') && !path.endsWith('.gen.ts'))
    .map(([, text]) => text)
  const composed = code.flatMap((text) => [...text.matchAll(COMPOSED)].map(([, start, end]) => [start!, end!] as const))
  return statements(sources)
    .map(([file]) => ({ file, name: nameOf(file) }))
    .filter(({ name }) => !code.some((text) => text.includes(`'${name}'`)))
    .filter(({ name }) => !composed.some(([start, end]) => name.startsWith(start) && name.endsWith(end)))
    .map(({ file, name }) => ({ file, text: `no source asks '${name}'` }))
}

/** Every parameter is used and cast where it stands: PostgreSQL infers untyped ones wrongly. */
export const castParameters: Rule = (sources) =>
  statements(sources).flatMap(([file, text]) => {
    const body = text
      .split('\n')
      .filter((line) => !line.trimStart().startsWith('--'))
      .join('\n')
    const bare = [...body.matchAll(/(?<![:\w]):([a-z_]\w*)\b(?!::)/g)].map(([, name]) => name!)
    return bare.length === 0 ? [] : [{ file, text: `parameters without a cast: ${[...new Set(bare)].join(', ')}` }]
  })

/** Keywords are lower case, as in all of sql/. */
export const lowerCase: Rule = (sources) =>
  statements(sources).flatMap(([file, text]) => {
    const body = text.replace(/--.*$/gm, '').replace(/'[^']*'/g, "''")
    const found = /\b(SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|CREATE|JOIN|WITH|ORDER BY|GROUP BY)\b/.exec(body)
    return found ? [{ file, text: `${found[0]} in upper case` }] : []
  })
