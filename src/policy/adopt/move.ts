// The act itself: one transaction, so that a table is a hypertable with all its rows, or is what it was.
import { setTimeout as sleep } from 'node:timers/promises'
import { inTransaction, interrupted } from '../../db/session.ts'
import { sqlState } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { type Client, reading, runner } from '../../storage/session.ts'
import { readFacts } from './facts.ts'
import type { AdoptStep, Chosen } from './plan.ts'
import { refuseTable } from './refusals.ts'
import { ALL_ROWS, type Asking } from './survey.ts'

export interface Acting extends Asking {
  /** How long to go on trying for the lock, each time for no longer than `limits.lockTimeoutMs`. */
  readonly patienceMs: number
  readonly onStep?: ((step: string) => void) | undefined
}

const LONGEST_WAIT_MS = 5_000
/** A lock that is held, a deadlock, a transaction that came between. */
const BUSY: readonly string[] = ['55P03', '40P01', '40001']

/** Runs `steps` up to and without `statistics` in one transaction; resolves to the steps with the seconds each took. */
export async function move(acting: Acting, chosen: Chosen, steps: readonly AdoptStep[]): Promise<readonly AdoptStep[]> {
  const begun = performance.now()
  for (let tries = 0; ; tries++) {
    try {
      return await once(acting, chosen, steps)
    } catch (error) {
      const state = sqlState(error) ?? ''
      if (!BUSY.includes(state)) throw explained(error, state)
      if (performance.now() - begun > acting.patienceMs) throw await held(acting, chosen, error)
      acting.onStep?.('waiting for the lock')
      const wait = Math.min(LONGEST_WAIT_MS, 200 * 2 ** tries) * (0.5 + Math.random() / 2)
      await sleep(wait, undefined, { signal: acting.signal }).catch(() => {})
      if (acting.signal?.aborted) throw interrupted()
    }
  }
}

interface Fingerprint {
  readonly rows: string
  readonly first: string | null
  readonly last: string | null
  readonly checksum: string | null
}

function once({ session, limits, signal, onStep }: Acting, chosen: Chosen, steps: readonly AdoptStep[]) {
  const { client, connection } = session
  return inTransaction({ client, connection, limits, signal, write: true }, async (c) => {
    const done: AdoptStep[] = []
    await noticeDeath(c as Client)
    await c.query(ALL_ROWS)
    let before: Fingerprint | undefined
    for (const step of steps) {
      if (step.step === 'statistics') continue
      onStep?.(step.step)
      const begun = performance.now()
      const result = await c.query(step.sql)
      const seconds = Math.round(performance.now() - begun) / 1000
      // Somebody may have changed it since the plan; from here on nobody can.
      if (step.step === 'lock') await unchanged(c as Client, chosen)
      if (step.step === 'read') before = result.rows[0] as Fingerprint
      if (step.step === 'compare') same(chosen, before!, result.rows[0] as Fingerprint)
      const counted = step.rows === null ? {} : { rows: Number(before!.rows), basis: 'counted' }
      done.push({ ...step, ...counted, seconds })
    }
    return done
  })
}

/** A process that is killed cannot cancel: the server is to notice by itself, and not lock the table to the end. Not every system can. */
async function noticeDeath(client: Client): Promise<void> {
  await client.query('savepoint arxdb_check')
  await client
    .query("set local client_connection_check_interval = '1s'")
    .catch(() => client.query('rollback to savepoint arxdb_check'))
}

async function unchanged(client: Client, { facts }: Chosen): Promise<void> {
  const now = await readFacts(client, facts.table)
  refuseTable(now)
  const shape = ({ columns, indexes, triggers }: typeof facts) =>
    JSON.stringify([columns.map(({ name, type, generated }) => [name, type, generated]), indexes, triggers])
  if (shape(now) !== shape(facts))
    throw new ArxError({
      code: 'changed-meanwhile',
      message: `${facts.sql} was changed after it was looked at: nothing was done`,
      hint: 'run it again, and look at the new plan',
    })
}

function same({ facts }: Chosen, before: Fingerprint, after: Fingerprint): void {
  const keys = ['rows', 'first', 'last', 'checksum'] as const
  const other = keys.filter((key) => before[key] !== after[key])
  if (other.length === 0) return
  throw new ArxError({
    code: 'rows-differ',
    message: `the rows of ${facts.sql} were not the same after they were moved: everything was rolled back`,
    detail: other.map((key) => `${key}: ${before[key]} before, ${after[key]} after`).join('; '),
    hint: 'the table is as it was',
  })
}

/** What of the server's words needs another one here. Nothing is left half done, whatever it was. */
function explained(error: unknown, state: string): unknown {
  if (state !== '53200' || !(error instanceof ArxError)) return error
  return new ArxError({
    code: 'too-many-chunks',
    message: 'the server has no room for the locks of so many chunks: everything was rolled back',
    detail: error.message,
    hint: 'fewer chunks with a wider --chunk-interval, or a larger max_locks_per_transaction',
    cause: error,
  })
}

async function held({ session }: Acting, { facts }: Chosen, error: unknown): Promise<ArxError> {
  const run = (name: string) =>
    reading(session, () => runner(session.client, facts.target)<Holder>(name, { relation: facts.sql }))
  const holders = await run('policy/adopt-holders').catch(() => [])
  return new ArxError({
    code: 'lock-timeout',
    message: `${facts.sql} is in use, and was not locked in time: nothing was changed`,
    detail: holders.length > 0 ? holders.map(holderText).join('\n       ') : (error as Error).message,
    hint: 'try again when it is quiet, or wait longer: --lock-wait 10m',
    exit: EXIT.refused,
    cause: error,
  })
}

interface Holder {
  readonly pid: number
  readonly application_name: string | null
  readonly state: string | null
  readonly seconds: number | null
}

const holderText = ({ pid, application_name, state, seconds }: Holder): string =>
  `process ${pid}${application_name ? ` (${application_name})` : ''} holds it: ${state ?? 'no state'}, for ${Math.round(seconds ?? 0)} s`
