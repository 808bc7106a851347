// What pgBackRest's verify found. It exits with 0 whatever it finds, says nothing at all without --output=text, and passes
// over a backup whose manifest is gone (2.45, measured): so only the line that calls our backup valid counts.

/** Problems with the backup `label` in the text of `verify --output=text --verbose`. */
export function judged(text: string, label: string): readonly string[] {
  const lines = text.split('\n')
  const problems: string[] = []
  let found: string | undefined
  for (const [index, line] of lines.entries()) {
    const detail = (lines[index + 1] ?? '').trim()
    const [, name, status] = /^\s*backup: (\S+), status: (.+?)(?:, total|$)/.exec(line) ?? []
    if (name === label) {
      found = status
      if (status !== 'valid') problems.push(`pgBackRest calls ${label} ${status}: ${detail}`)
    }
    const [, archive] = /^\s*archiveId: (\S+?),/.exec(line) ?? []
    const bad = /(missing|checksum invalid|size invalid|other): [1-9]/.exec(detail)
    if (archive !== undefined && bad) problems.push(`WAL in pgBackRest's archive ${archive} is damaged: ${detail}`)
    if (/^\s*No usable /.test(line)) problems.push(line.trim())
  }
  if (found === undefined && problems.length === 0) problems.push(`pgBackRest's verify does not know ${label}`)
  return problems
}

/** Names of the segments from `start` to `stop`, both included, on one timeline. */
export function segmentNames(start: string, stop: string, segmentBytes: number): readonly string[] {
  const perLog = 0x1_0000_0000 / segmentBytes
  const numberOf = (name: string): number =>
    Number.parseInt(name.slice(8, 16), 16) * perLog + Number.parseInt(name.slice(16, 24), 16)
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0')
  const [first, last] = [numberOf(start), numberOf(stop)]
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const number = first + i
    return `${start.slice(0, 8)}${hex(Math.floor(number / perLog))}${hex(number % perLog)}`
  })
}
