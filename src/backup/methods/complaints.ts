// What pg_dump and pg_restore say on stderr, told apart: what is known and harmless, what is a warning to keep with the
// backup, and what is an error although the exit code may say otherwise.

export interface Complaints {
  /** Lines that nobody here knows: they go into the manifest. */
  readonly warnings: readonly string[]
  readonly errors: readonly string[]
}

/** TimescaleDB's catalogue refers to itself; its tables are restored in an order that copes with it. */
const CIRCULAR = /^pg_dump: warning: there are circular foreign-key constraints (on this table|among these tables):$/
const TIMESCALEDB_TABLES = [
  'hypertable',
  'chunk',
  'continuous_agg',
  'bgw_job',
  'compression_settings',
  'chunk_constraint',
]
const CIRCULAR_HINTS = [
  /^pg_dump: hint: You might not be able to restore the dump without using --disable-triggers or temporarily dropping/,
  /^pg_dump: hint: Consider using a full dump instead of a --data-only dump to avoid this problem\.$/,
  /^pg_dump: (detail|hint):\s+$/,
]
/** Of -v, of nobody's interest. */
const CHATTER = /^pg_(dump|restore): (last built-in OID|reading|identifying|finding|flagging|saving|implied)/

/** Splits stderr into what matters. The circular-key text is known only for TimescaleDB's own tables. */
export function judged(stderr: string): Complaints {
  const warnings: string[] = []
  const errors: string[] = []
  let circular: string[] | undefined
  const settle = (): void => {
    if (circular && circular.length > 1) {
      const tables = circular.slice(1).map((line) => line.replace(/^pg_dump: detail:\s*/, '').trim())
      if (!tables.every((table) => TIMESCALEDB_TABLES.includes(table))) {
        warnings.push(`circular foreign keys between ${tables.join(', ')}: a restore of data alone would not do`)
      }
    }
    circular = undefined
  }
  for (const line of stderr.split('\n').map((text) => text.trimEnd())) {
    if (line === '' || CHATTER.test(line)) continue
    if (CIRCULAR.test(line)) {
      settle()
      circular = [line]
    } else if (circular && /^pg_dump: detail:/.test(line)) circular.push(line)
    else if (circular && CIRCULAR_HINTS.some((hint) => hint.test(line))) continue
    else {
      settle()
      if (/^pg_\w+: error:|^pg_\w+: fatal:|^pg_\w+: detail: (Error|Query)|^\w+: FATAL/.test(line)) errors.push(line)
      else warnings.push(line)
    }
  }
  settle()
  return { warnings, errors }
}
