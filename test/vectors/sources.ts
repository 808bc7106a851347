// Other people's bars and numbers. They are not ours to ship: they lie beside the checkout, or where ARXDB_VECTORS says.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/statements/package-root.ts'

/** The folder, or nothing where there is none. */
export function vectorsFolder(): string | undefined {
  const folder = process.env.ARXDB_VECTORS ?? join(packageRoot(), '../shared/vectors')
  return existsSync(join(folder, 'README.md')) ? folder : undefined
}

export interface Columns {
  readonly [name: string]: readonly (number | null)[]
}

export interface Quotes {
  /** YYYY-MM-DD, or the bar's number where the file has no dates. */
  readonly date: readonly string[]
  readonly open: readonly number[]
  readonly high: readonly number[]
  readonly low: readonly number[]
  readonly close: readonly number[]
  readonly volume: readonly number[]
}

export function sourcesIn(folder: string) {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8').replace(/^\ufeff/, '')
  const cells = (name: string) => {
    const [header = '', ...rows] = text(name).trim().split(/\r?\n/)
    return { names: header.split(','), rows: rows.map((row) => row.split(',')) }
  }
  return {
    json: (name: string): unknown => JSON.parse(text(name)),
    /** A field of each object of a JSON array. */
    series(name: string, field: string): readonly (number | null)[] {
      return (JSON.parse(text(name)) as Record<string, number | null>[]).map((row) => row[field] ?? null)
    },
    /** A column of a CSV file; an empty cell is null. */
    column(name: string, field: string): readonly (number | null)[] {
      const { names, rows } = cells(name)
      const index = names.indexOf(field)
      if (index < 0) throw new Error(`${name} has no column ${field}: ${names.join(', ')}`)
      return rows.map((row) => (row[index] === '' || row[index] === undefined ? null : Number(row[index])))
    },
    quotes(name: string): Quotes {
      const { names, rows } = cells(name)
      const of = (field: string) => rows.map((row) => Number(row[names.indexOf(field)]))
      const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume'].map(of)
      const quotes = { open: open!, high: high!, low: low!, close: close!, volume: volume! }
      return { date: rows.map((row) => row[0]!), ...quotes }
    },
  }
}

export type Vectors = ReturnType<typeof sourcesIn>
