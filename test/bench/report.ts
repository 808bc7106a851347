// Tables as Markdown has them, printed as they come and kept for --json.

export interface Table {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Report {
  readonly tables: readonly Table[]
  say(text: string): void
  table(table: Table): void
  /** A target, and whether it was met. */
  claim(what: string, figure: string, target: string, met: boolean): void
  /** An answer that differs from the one it has to equal: the run is a failure. */
  wrong(text: string): void
  readonly failures: number
}

export function newReport(): Report {
  const tables: Table[] = []
  let failures = 0
  return {
    tables,
    say: (text) => console.log(text),
    table(table) {
      tables.push(table)
      console.log(`\n### ${table.title}\n\n${markdown(table)}`)
    },
    claim: (what, figure, target, met) => console.log(`- ${what}: ${figure} (${target}: ${met ? 'met' : 'MISSED'})`),
    wrong(text) {
      failures += 1
      console.log(`- WRONG: ${text}`)
    },
    get failures() {
      return failures
    },
  }
}

function markdown({ header, rows }: Table): string {
  const widths = header.map((_, i) => Math.max(3, ...[header, ...rows].map((row) => row[i]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return `${[header, rule, ...rows].map(line).join('\n')}\n`
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en')
export const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
/** Three digits that count: 0.42, 12.3, 4,210. */
export const ms = (value: number): string =>
  value < 1 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value)
export const times = (value: number): string => `${value < 10 ? value.toFixed(2) : whole(value)}x`
