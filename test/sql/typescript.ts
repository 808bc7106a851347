// Spells the headers of sql/ as TypeScript: what each statement takes and gives.
import type { Field } from '../../src/statements/header.ts'
import { anyVariant, statementNames } from '../../src/statements/load.ts'

/** How src/db/types.ts hands a type over. */
const SPELLING: Readonly<Record<string, string>> = {
  int: 'number',
  bigint: 'number',
  float8: 'number',
  numeric: 'string',
  text: 'string',
  timestamptz: 'string',
  tstzrange: 'string',
  interval: 'string',
  boolean: 'boolean',
  bytea: 'Buffer',
  jsonb: 'unknown',
}

export function spell({ name, type, nullable }: Field): string {
  const base = type.replace('[]', '')
  const plain = SPELLING[base]
  if (!plain) throw new Error(`no TypeScript for ${type}; add it to SPELLING`)
  const full = type.endsWith('[]') ? `readonly ${plain}[]` : plain
  return `readonly ${name}: ${full}${nullable ? ' | null' : ''}`
}

const object = (fields: readonly Field[]): string =>
  fields.length === 0 ? 'Record<never, never>' : `{ ${fields.map(spell).join('; ')} }`

/** The whole file: one entry a statement, in order of name. */
export function statementTypes(): string {
  const entries = statementNames().map((name) => {
    const { header } = anyVariant(name, 180_000)
    return `  /** ${header.title} */\n  '${name}': {\n    params: ${object(header.params)}\n    row: ${object(header.returns)}\n  }`
  })
  return `// Made from the headers in sql/ by \`npm run docs\`; a test compares. Do not edit.
export interface Statements {
${entries.join('\n')}
}
export type StatementName = keyof Statements
`
}
