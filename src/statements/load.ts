// Finds a statement of sql/ by name and picks the variant made for the server at hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Header, parseHeader } from './header.ts'
import { packageRoot } from './package-root.ts'
import { positional } from './placeholders.ts'

/** What decides between variants. */
export interface Target {
  readonly engine: 'postgres' | 'timescaledb'
  /** As server_version_num. */
  readonly server: number
}

export interface Statement {
  readonly name: string
  /** Path below the package, for messages and `arxdb sql show`. */
  readonly file: string
  readonly header: Header
  /** As written, with :names. */
  readonly source: string
  /** As sent, with $n. */
  readonly text: string
}

const MIGRATIONS = 'migrations'
const cache = new Map<string, Statement>()

/** How well `name[.engine][.pgNN].sql` fits; undefined when it does not apply. More parts are more specific. */
function fit(suffixes: readonly string[], target: Target): number | undefined {
  let score = 0
  for (const suffix of suffixes) {
    const since = /^pg(\d+)$/.exec(suffix)?.[1]
    if (since !== undefined) {
      if (target.server < Number(since) * 10_000) return undefined
      score += Number(since)
    } else if (suffix === target.engine) score += 1000
    else return undefined
  }
  return score
}

/** The file of the variant that fits best, or undefined where none fits. */
function pick(name: string, target: Target): string | undefined {
  const slash = name.lastIndexOf('/')
  const [folder, base] = [name.slice(0, slash), name.slice(slash + 1)]
  const directory = join(packageRoot(), 'sql', folder)
  if (!existsSync(directory)) return undefined
  return readdirSync(directory)
    .map((file) => ({ file, parts: file.split('.') }))
    .filter(({ parts }) => parts[0] === base && parts.at(-1) === 'sql')
    .map(({ file, parts }) => ({ file: `sql/${folder}/${file}`, score: fit(parts.slice(1, -1), target) }))
    .filter((found) => found.score !== undefined)
    .sort((a, b) => b.score! - a.score!)[0]?.file
}

/** Loads a statement by name, e.g. `twap/window`. Throws when no file of that name fits the server. */
export function statement(name: string, target: Target): Statement {
  const key = `${name} ${target.engine} ${target.server}`
  const known = cache.get(key)
  if (known) return known
  const file = pick(name, target)
  if (!file) throw new Error(`no statement ${name} for ${target.engine} ${target.server}`)
  const source = readFileSync(join(packageRoot(), file), 'utf8')
  const header = parseHeader(source, file)
  const names = header.params.map((p) => p.name)
  const loaded = { name, file, header, source, text: positional(source, names, file) }
  cache.set(key, loaded)
  return loaded
}

/** Whether there is a variant for such a server: of what only TimescaleDB can be asked, plain PostgreSQL has none. */
export const applies = (name: string, target: Target): boolean => pick(name, target) !== undefined

/** What a server without TimescaleDB is asked, or, where it cannot be, what one with it is. */
export function anyVariant(name: string, server: number): Statement {
  const plain: Target = { engine: 'postgres', server }
  return statement(name, applies(name, plain) ? plain : { engine: 'timescaledb', server })
}

/** Names of all statements, sorted; migrations are not statements. */
export function statementNames(): string[] {
  const root = join(packageRoot(), 'sql')
  const names = new Set<string>()
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const folder = (entry.parentPath ?? entry.path).slice(root.length + 1)
    if (!entry.isFile() || !entry.name.endsWith('.sql') || folder.split('/')[0] === MIGRATIONS) continue
    names.add(`${folder}/${entry.name.split('.')[0]}`)
  }
  return [...names].sort()
}
