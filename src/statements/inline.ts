// A statement with its values written into it: what a person can run again in psql.
import type { Statement } from './load.ts'
import { replaced } from './placeholders.ts'

/**
 * The text with every :name replaced by a literal. Every parameter is cast where it stands, so a quoted text serves for
 * all types.
 */
export function inlined({ source, header }: Statement, values: readonly unknown[]): string {
  const names = header.params.map(({ name }) => name)
  return `${replaced(source, (name) => literal(values[names.indexOf(name)] ?? null)).trimEnd()};\n`
}

function literal(value: unknown): string {
  if (value === null) return 'null'
  const text = Array.isArray(value) ? `{${value.map(element).join(',')}}` : String(value)
  return `'${text.replaceAll("'", "''")}'`
}

const element = (value: unknown): string =>
  value === null ? 'null' : `"${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
