// Which indexes are not worth their writes, which are missing, and which have grown hollow: told, never changed.
import type { Engine, Statements } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { count, roughly } from '../wording.ts'
import {
  bloated,
  INDEX_KINDS,
  type Index,
  type IndexFinding,
  type IndexKind,
  repeated,
  sequential,
  unindexedKeys,
  unused,
} from './index-findings.ts'
import { columns, info, type Note, type Result, warn } from './result.ts'

/** The same database seen from another server of the same cluster: a standby, or the primary. */
export interface Elsewhere {
  /** For messages. */
  readonly place: string
  readonly system_id: string
  readonly counted_since: string | null
  readonly scans: readonly { readonly index: string; readonly scans: number }[]
}

export interface IndexesQuery {
  readonly kinds?: readonly IndexKind[] | undefined
  /** Indexes, or tables that lack one, below this are left alone. */
  readonly minBytes: number
  /** Milliseconds that use has to have been counted for before an index is called unused. */
  readonly minAge: number
  readonly elsewhere: readonly Elsewhere[]
  /** UTC instant, ISO 8601. */
  readonly now: string
}

const COLUMNS = columns({
  ...{ kind: 'text', table: 'text', index: 'text', bytes: 'bytes', finding: 'text', try: 'text', why: 'text' },
})

/** Of each kind. */
const MOST = 50
/** Of smaller B-trees nothing is estimated: a megabyte. */
const LEAST_PAGES = 128
/** Tables for which the statement that took most is looked for. */
const MOST_BUSY = 10
const DAY_MS = 86_400_000

type Standing = Statements['indexes/standing']['row']

/** In at most seven statements however many chunks there are. Throws a usage error where `elsewhere` is another cluster. */
export function indexFindings(engine: Engine, query: IndexesQuery): Promise<Result<IndexFinding>> {
  return engine.question(async (ask) => {
    const [extension] = await ask('slow/extension', {})
    const [standing] = await ask('indexes/standing', {})
    for (const { place, system_id } of query.elsewhere)
      if (system_id !== extension!.system_id)
        throw usageError(`--also ${place} is another cluster`, 'name a standby of this server, or its primary')
    const hypertables = new Set((await ask('indexes/hypertables', {})).map(({ table }) => table))
    const kinded = <Row extends { readonly table: string; readonly kind: string }>(row: Row): Row =>
      hypertables.has(row.table) ? { ...row, kind: 'hypertable' } : row
    const here = (await ask('indexes/usage', { least_pages: LEAST_PAGES })).map(kinded)
    const tables = (await ask('indexes/tables', {})).map(kinded)
    const keys = await ask('indexes/keys', {})
    const { minBytes } = query
    const indexes = together(here, query.elsewhere)
    const age = standing ? ageOf(standing, query) : { days: 0, enough: false, notes: [] }
    const large = sequential(tables, minBytes, []).map(({ table }) => table)
    const names = tables.flatMap(({ table, name }) => (large.includes(table) ? [name] : [])).slice(0, MOST_BUSY)
    // Without the library, or the right to see others' statements, there is nothing to tell of them.
    const counts = extension!.loaded && extension!.version !== null && names.length > 0
    const busy = counts ? await ask('indexes/statements', { names }) : []
    const never = age.enough ? unused(indexes, minBytes, age.days, query.elsewhere.length + 1) : []
    const found = [
      ...never,
      ...repeated(indexes, minBytes, never),
      ...unindexedKeys(keys, indexes, tables, minBytes),
      ...sequential(tables, minBytes, busy),
      ...bloated(indexes, minBytes),
    ]
    const wanted = query.kinds?.length ? query.kinds : INDEX_KINDS
    const { rows, notes } = bounded(found.filter(({ kind }) => wanted.includes(kind)))
    const remarks = wanted.includes('unused') ? age.notes : []
    const unseen = wanted.includes('bloated') ? hollowUnknown(here) : []
    const none = rows.length === 0 ? [info(`nothing found among ${here.length.toLocaleString('en-US')} indexes`)] : []
    return { columns: COLUMNS, rows, notes: [...remarks, ...unseen, ...notes, ...none] }
  })
}

/** Scans of all servers that were asked. */
function together(here: readonly Index[], elsewhere: readonly Elsewhere[]): readonly Index[] {
  const more = new Map<string, number>()
  for (const { scans } of elsewhere)
    for (const one of scans) more.set(one.index, (more.get(one.index) ?? 0) + one.scans)
  return here.map((one) => ({ ...one, scans: one.scans + (more.get(one.index) ?? 0) }))
}

/** Whether use was counted long enough, on every server that was asked. */
function ageOf(
  standing: Standing,
  { elsewhere, minAge, now }: IndexesQuery,
): { readonly days: number; readonly enough: boolean; readonly notes: readonly Note[] } {
  const all = [{ place: 'here', counted_since: standing.counted_since }, ...elsewhere]
  const ages = all.map(({ place, counted_since }) => ({
    place,
    ms: counted_since === null ? 0 : Date.parse(now) - Date.parse(counted_since),
  }))
  const youngest = ages.reduce((a, b) => (b.ms < a.ms ? b : a))
  const enough = youngest.ms >= minAge
  const notes: Note[] = []
  if (!enough)
    notes.push(
      warn(
        `unused indexes are not judged: use is counted for ${roughly(Math.max(0, youngest.ms) / 1000)} only, ${youngest.place}; wait until it is ${roughly(minAge / 1000)}, or say --min-age`,
      ),
    )
  const missing = standing.standbys - elsewhere.length
  if (standing.standby && elsewhere.length === 0)
    notes.push(
      warn(
        'this is a standby: its primary and its other standbys may use what is unused here; ask them too: --also URL',
      ),
    )
  else if (missing > 0)
    notes.push(
      warn(
        `${count(missing, 'standby')} may use what is unused here, and count by themselves; ask them too: --also URL`,
      ),
    )
  return { days: Math.floor(youngest.ms / DAY_MS), enough, notes }
}

/** What nothing could be estimated of: a role that may not read a table does not see its statistics. */
function hollowUnknown(indexes: readonly Index[]): readonly Note[] {
  const large = indexes.filter(
    ({ method, bytes, parts }) => method === 'btree' && parts === null && bytes >= LEAST_PAGES * 8_192,
  )
  const blank = large.filter(({ wasted_bytes }) => wasted_bytes === null)
  if (blank.length === 0) return []
  const named = blank
    .slice(0, 3)
    .map(({ index }) => index)
    .join(', ')
  return [
    info(
      `not estimated how empty: ${named}${blank.length > 3 ? ` and ${blank.length - 3} more` : ''}: never analysed, or not to be read by this role`,
    ),
  ]
}

/** The largest of each kind. */
function bounded(found: readonly IndexFinding[]): {
  readonly rows: readonly IndexFinding[]
  readonly notes: readonly Note[]
} {
  const notes: Note[] = []
  const rows = INDEX_KINDS.flatMap((kind) => {
    const all = found.filter((one) => one.kind === kind).sort((a, b) => b.bytes - a.bytes)
    if (all.length > MOST) notes.push(warn(`${all.length - MOST} more ${kind}: the largest ${MOST} are shown`))
    return all.slice(0, MOST)
  })
  return { rows, notes }
}
