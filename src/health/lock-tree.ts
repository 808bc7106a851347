// Who waits for whom: from the edges that the server tells to trees, each below the one that nobody holds up.

/** A session that waits for a lock, or that is waited for. */
export interface Involved {
  /** 0 for a prepared transaction, which has no session. */
  readonly pid: number
  /** Whom it waits for; nobody for a root. */
  readonly blockers: readonly number[]
  /** Of waiting; null for who does not wait. */
  readonly seconds: number | null
}

export interface LockTree<Session extends Involved> {
  readonly root: Session
  /** All that wait for it, through others too; the longest first. */
  readonly waiting: readonly Session[]
}

/** One tree for each root. Sessions that wait for each other in a ring have the lowest pid of it for a root. */
export function lockTrees<Session extends Involved>(sessions: readonly Session[]): readonly LockTree<Session>[] {
  const byPid = new Map(sessions.map((session) => [session.pid, session]))
  const below = new Map<number, Session[]>()
  for (const session of sessions) {
    if (session.blockers.length === 0) continue
    for (const root of rootsOf(session, byPid)) below.set(root, [...(below.get(root) ?? []), session])
  }
  const longest = (waiting: readonly Session[]): number => Math.max(...waiting.map(({ seconds }) => seconds ?? 0))
  return [...below]
    .map(([pid, waiting]) => ({
      root: byPid.get(pid)!,
      waiting: waiting.filter((one) => one.pid !== pid).sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0)),
    }))
    .filter(({ waiting }) => waiting.length > 0)
    .sort((a, b) => longest(b.waiting) - longest(a.waiting))
}

function rootsOf<Session extends Involved>(session: Session, byPid: ReadonlyMap<number, Session>): ReadonlySet<number> {
  const roots = new Set<number>()
  const seen = new Set([session.pid])
  for (const pid of seen) {
    const { blockers = [] } = byPid.get(pid) ?? {}
    if (blockers.length === 0 && byPid.has(pid)) roots.add(pid)
    for (const blocker of blockers) seen.add(blocker)
  }
  if (roots.size === 0) roots.add(Math.min(...[...seen].filter((pid) => byPid.has(pid))))
  return roots
}
