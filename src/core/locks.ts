// Who waits for whom: a tree for each session that is in the way of others and waits for nobody.
import type { Engine, Statements } from '../engines/engine.ts'
import { count, roughly } from '../wording.ts'
import { HIDDEN, queryText } from './query-text.ts'
import { columns, echoes, info, type Note, type Result, warn } from './result.ts'

export interface LockRow {
  /** The session among those it blocks and is blocked by: `311`, `└ 312`; `prepared NAME` for a prepared transaction. */
  readonly session: string
  /** The table: the hypertable of a chunk, the partitioned table of a partition, the table of an index. */
  readonly relation: string | null
  readonly holds: string | null
  readonly wants: string | null
  /** Seconds; null for who waits for nothing, and for the moment before the server noted it. */
  readonly waits: number | null
  /** How many wait for this one, directly or behind others. */
  readonly blocks: number
  readonly query: string | null
  readonly try: string | null
  /** Null for a prepared transaction. */
  readonly pid: number | null
  /** Comma-separated pids; a prepared transaction by its name. */
  readonly blocked_by: string | null
  readonly depth: number
  readonly lock_type: string | null
  /** The chunk, partition or index, where it is that and not the table itself. */
  readonly part: string | null
  readonly role_name: string | null
  readonly application: string | null
  readonly state: string | null
  /** Age of the transaction in seconds. */
  readonly transaction: number | null
  readonly database: string | null
}

const COLUMNS = [
  ...columns({
    ...{ session: 'text', relation: 'text', holds: 'text', wants: 'text', waits: 'duration', blocks: 'int' },
    ...{ state: 'text', transaction: 'duration', query: 'text', try: 'text' },
  }),
  ...echoes(['pid', 'blocked_by', 'depth', 'lock_type', 'part', 'role_name', 'application', 'database'], {
    ...{ pid: 'int', blocked_by: 'text', depth: 'int', lock_type: 'text', part: 'text', role_name: 'text' },
    ...{ application: 'text', database: 'text' },
  }),
]

/** Waiting sessions that are told; those that wait longest. */
const MOST = 200

type Session = Statements['locks/waiting']['row']

/** Root blockers first, those that block most before others; below each who waits for it, the longest first. */
export function locks(engine: Engine): Promise<Result<LockRow>> {
  return engine.question(async (ask) => {
    const sessions = await ask('locks/waiting', { most: MOST })
    const rows = tree(sessions)
    return { columns: COLUMNS, rows, notes: notesOn(sessions, rows) }
  })
}

interface Place {
  readonly session: Session
  readonly depth: number
}

/** Each session once: below the first of those that it waits for. */
export function tree(sessions: readonly Session[]): readonly LockRow[] {
  const byPid = new Map(sessions.map((one) => [one.pid, one]))
  const behind = new Map<number, Session[]>()
  for (const one of sessions) {
    for (const blocker of one.blocked_by) behind.set(blocker, [...(behind.get(blocker) ?? []), one])
  }
  const blocks = (pid: number): number => reached(pid, behind).size - 1
  const waited = ({ waits }: Session): number => waits ?? 0
  const placed = new Map<number, Place>()
  const place = (session: Session, depth: number): void => {
    if (placed.has(session.pid)) return
    placed.set(session.pid, { session, depth })
    const next = [...(behind.get(session.pid) ?? [])].sort((a, b) => waited(b) - waited(a))
    for (const one of next) place(one, depth + 1)
  }
  const most = [...sessions].sort((a, b) => blocks(b.pid) - blocks(a.pid) || waited(b) - waited(a))
  for (const one of most) if (!one.blocked_by.some((pid) => byPid.has(pid))) place(one, 0)
  // Those that wait for each other have no root, until the server ends one of them.
  for (const one of most) place(one, 0)
  const nameOf = (pid: number): string => {
    const prepared = byPid.get(pid)?.prepared
    return prepared == null ? String(pid) : `prepared ${prepared}`
  }
  return [...placed.values()].map(({ session, depth }) => ({
    ...shown(session, depth),
    session: `${depth > 0 ? `${'  '.repeat(depth - 1)}└ ` : ''}${nameOf(session.pid)}`,
    blocks: blocks(session.pid),
    blocked_by: session.blocked_by.length > 0 ? session.blocked_by.map(nameOf).join(', ') : null,
  }))
}

/** A session and all that wait for it, directly or behind others. */
function reached(pid: number, behind: ReadonlyMap<number, readonly Session[]>): ReadonlySet<number> {
  const seen = new Set([pid])
  for (const one of seen) for (const next of behind.get(one) ?? []) seen.add(next.pid)
  return seen
}

const shown = (one: Session, depth: number): Omit<LockRow, 'session' | 'blocks' | 'blocked_by'> => ({
  ...{ relation: one.relation, holds: one.holds, wants: one.wants, waits: one.waits },
  ...{ state: one.state, transaction: one.transaction },
  query: one.query === null ? null : queryText(one.query),
  try: one.blocked_by.length > 0 ? null : remedy(one),
  pid: one.prepared === null ? one.pid : null,
  ...{ depth, lock_type: one.lock_type, part: one.part, role_name: one.role_name, application: one.application },
  database: one.database,
})

/** What ends the wait of all behind it, for the operator to decide and to type. */
function remedy({ pid, prepared, state, kind }: Session): string {
  if (prepared !== null) return `rollback prepared '${prepared.replaceAll("'", "''")}'`
  // A statement can be cancelled; a transaction that only sits there has none, and its session has to go.
  const active = state === 'active' || (kind !== null && kind !== 'client backend')
  return active ? `select pg_cancel_backend(${pid})` : `select pg_terminate_backend(${pid})`
}

function notesOn(sessions: readonly Session[], rows: readonly LockRow[]): readonly Note[] {
  const waiting = sessions.filter(({ blocked_by }) => blocked_by.length > 0)
  if (waiting.length === 0) return [info('nobody waits for a lock')]
  const roots = rows.filter(({ depth }) => depth === 0).length
  const longest = Math.max(...waiting.map(({ waits }) => waits ?? 0))
  const notes = [
    warn(`${count(waiting.length, 'session')} waiting behind ${roots}, the longest for ${roughly(longest)}`),
  ]
  const all = Math.max(...sessions.map((one) => one.waiting))
  if (all > MOST) notes.push(warn(`${all} sessions wait in all: the ${MOST} that wait longest are shown`))
  if (sessions.some(({ query }) => query === HIDDEN))
    notes.push(warn("others' statements are hidden from this role: grant pg_monitor to it"))
  return notes
}
