// The import graph of a tree of sources, read from text: TypeScript 7 has no API to ask.
import { posix } from 'node:path'

/** Path below the repository (`src/core/twap.ts`, `sql/twap/window.sql`) to its text. */
export type Sources = ReadonlyMap<string, string>

export interface Import {
  readonly from: string
  /** As written: `./twap.ts`, `pg`, `node:fs`. */
  readonly specifier: string
  /** Path of the file for a relative specifier, whether or not it exists. */
  readonly target: string | undefined
  readonly kind: 'static' | 'type' | 'dynamic'
  readonly reexport: boolean
}

// Biome puts every declaration at the start of a line, which keeps texts that look like code out.
const DECLARATION =
  /^(import|export)\s+(type\s+)?((?:\*(?:\s+as\s+\w+)?|[\w$]+|[\w$]+\s*,\s*\{[^}]*\}|\{[^}]*\}))\s+from\s+(['"])([^'"]+)\4/gm
const BARE = /^import\s+(['"])([^'"]+)\1/gm
const TYPEOF = /\btypeof\s+import\(\s*(['"])([^'"]+)\1\s*\)/g
const CALL = /(?<!\btypeof\s+)\bimport\(\s*(['"])([^'"]+)\1\s*\)/g

const COMMENT_LINE = /^\s*(\/\/|\/\*|\*)/

/** Drops lines that are comments; lines keep their number. */
export const withoutComments = (text: string): string =>
  text
    .split('\n')
    .map((line) => (COMMENT_LINE.test(line) ? '' : line))
    .join('\n')

/** `{ type A, type B }` brings nothing at run time either. */
const onlyTypes = (clause: string): boolean =>
  clause.startsWith('{') &&
  clause
    .slice(1, -1)
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
    .every((name) => name.startsWith('type '))

/** Every import and re-export of one file. */
export function importsOf(from: string, text: string): readonly Import[] {
  const code = withoutComments(text)
  const found: Import[] = []
  const add = (specifier: string, kind: Import['kind'], reexport = false) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined
    found.push({ from, specifier, target, kind, reexport })
  }
  for (const [, word, type, clause, , specifier] of code.matchAll(DECLARATION)) {
    add(specifier!, type || onlyTypes(clause!) ? 'type' : 'static', word === 'export')
  }
  for (const match of code.matchAll(BARE)) add(match[2]!, 'static')
  for (const match of code.matchAll(TYPEOF)) add(match[2]!, 'type')
  for (const match of code.matchAll(CALL)) add(match[2]!, 'dynamic')
  return found
}

/** The imports of all TypeScript files. */
export const graphOf = (sources: Sources): readonly Import[] =>
  [...sources].filter(([path]) => /\.tsx?$/.test(path)).flatMap(([path, text]) => importsOf(path, text))

/** `csv-parse/sync` is a part of `csv-parse`; undefined for files. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined
  if (specifier.startsWith('node:')) return 'node:'
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
