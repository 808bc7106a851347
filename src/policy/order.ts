// Lists of columns as TimescaleDB shows them: `market_id, "timestamp" DESC`.

const ITEM = /\s*(?:"((?:[^"]|"")+)"|([^",\s]+))(?:\s+(asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*(?:,|$)/giy

/** As a policy writes them: `market_id`, `timestamp desc`. */
export function columnsIn(text: string | null): readonly string[] {
  const columns: string[] = []
  ITEM.lastIndex = 0
  while (text !== null && ITEM.lastIndex < text.length) {
    const match = ITEM.exec(text)
    // A shape that is not known is no shape that was wanted.
    if (!match) return [text]
    const name = match[1]?.replaceAll('""', '"') ?? match[2]!
    columns.push(match[3]?.toLowerCase() === 'desc' ? `${name} desc` : name)
  }
  return columns
}
