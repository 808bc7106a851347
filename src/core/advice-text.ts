// Advice for people: a table of it would cut the reasons off, which are what it is worth.

export interface Advised {
  readonly table: string
  readonly setting: string
  readonly now: string | null
  readonly actual: string | null
  readonly advised: string | null
  readonly change: boolean
  readonly confident: boolean
  readonly reason: string
}

const INDENT = 4

/** Words in lines of at most `width` characters, each with `indent` before it. */
function folded(text: string, width: number, indent: number): string {
  const room = Math.max(20, width - indent)
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!
    if (last !== '' && last.length + 1 + word.length > room) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`).join('')
}

function headline({ setting, now, actual, advised, change }: Advised): string {
  const here = actual ?? now ?? 'none'
  const move = change ? `${here} -> ${advised ?? 'none'}` : here
  return `  ${setting}: ${move}${change ? '' : ' (keep)'}\n`
}

/** A paragraph a setting, what should change in each table first. */
export function adviceText(rows: readonly Advised[], width: number): string {
  const tables = [...new Set(rows.map(({ table }) => table))]
  return tables
    .map((table) => {
      const own = rows.filter((row) => row.table === table).sort((a, b) => Number(b.change) - Number(a.change))
      const reasons = new Set(own.map(({ reason }) => reason))
      // Of an empty table all that can be said is one thing.
      if (reasons.size === 1 && own.length > 1) return `${table}: ${own[0]!.reason}\n`
      return `${table}\n${own.map((row) => headline(row) + folded(row.reason, width, INDENT)).join('')}`
    })
    .join('\n')
}
