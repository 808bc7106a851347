// All that a load leaves behind, in a form that two loads can be compared by.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../../engines/ingest-files.ts'
import type { Running } from './program.ts'

const COUNTERS = ['rows_read', 'inserted', 'updated', 'unchanged', 'duplicates', 'skipped', 'rejected', 'merged']

export interface Picture {
  readonly rows: number
  /** Of all rows in the order of their time, import_id apart. */
  readonly md5: string | null
  /** Of the one import that is done. */
  readonly counters: Readonly<Record<string, number>>
  /** What the ledger's byte ranges add up to; a whole import's do not overlap and leave nothing out. */
  readonly booked: Readonly<Record<string, number | boolean>>
  readonly rejects: { readonly lines: number; readonly sha256: string } | null
}

/** Throws unless one import is done, all rows are its own and no other is being loaded. */
export async function pictureOf(b: Bench, file: string): Promise<Picture> {
  const states = await statesOf(b)
  const live = states.filter(({ state }) => state !== 'failed')
  if (live.length !== 1 || live[0]!.state !== 'done') throw new Error(`imports: ${JSON.stringify(states)}`)
  const id = live[0]!.import_id
  const owners = await b.rows<{ import_id: number }>('select distinct import_id from arxdb.candles')
  if (owners.some(({ import_id }) => import_id !== id))
    throw new Error(`rows of other imports: ${JSON.stringify(owners)}`)
  const [counters] = await b.rows<Record<string, number>>(
    `select ${COUNTERS.map((c) => `${c}::int`).join(', ')}, content_bytes::int, encode(content_sha256, 'hex') as sha
       from arxdb.imports where import_id = $1`,
    [id],
  )
  const [booked] = await b.rows<Record<string, number | boolean>>(
    `select ${COUNTERS.map((c) => `sum(${c})::int as ${c}`).join(', ')}, max(byte_to)::int as until,
            bool_and(byte_from = before) as whole
       from (select *, lag(byte_to, 1, 0::bigint) over (order by byte_from) as before
               from arxdb.import_batches where import_id = $1) _`,
    [id],
  )
  return { ...(await rowsOf(b)), counters: counters!, booked: booked!, rejects: rejectsOf(file) }
}

export async function rowsOf(b: Bench): Promise<Pick<Picture, 'rows' | 'md5'>> {
  const [found] = await b.rows<Pick<Picture, 'rows' | 'md5'>>(
    `select count(*)::int as rows, md5(string_agg(c::text, '')) as md5
       from (select timestamp, open, high, low, close, volume, quote_volume, trades,
                    observed_at
               from arxdb.candles join arxdb.markets using (market_id)
              order by market_id, timestamp) c`,
  )
  return found!
}

export interface State {
  readonly import_id: number
  readonly state: string
  readonly batches: number
}

export const statesOf = (b: Bench): Promise<State[]> =>
  b.rows(
    `select import_id, state, (select count(*)::int from arxdb.import_batches b where b.import_id = i.import_id) as batches
       from arxdb.imports i order by import_id`,
  )

/** Waits until so many batches of a load are committed, or it has ended. */
export async function committed(b: Bench, batches: number, { child }: Running): Promise<void> {
  while (child.exitCode === null) {
    if ((await statesOf(b)).some((found) => found.state === 'loading' && found.batches >= batches)) return
    await sleep(5)
  }
}

function rejectsOf(file: string): Picture['rejects'] {
  const path = rejectsFile(file)
  if (!existsSync(path)) return null
  const bytes = readFileSync(path)
  return { lines: bytes.toString().split('\n').length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

export const rejectsFile = (file: string): string => `${file}.rejects.csv`

/** Everything out again: the next load is the first. */
export async function forget(b: Bench, ...files: readonly string[]): Promise<void> {
  await b.client.query('truncate arxdb.candles; delete from arxdb.imports')
  for (const file of files) rmSync(rejectsFile(file), { force: true })
}
