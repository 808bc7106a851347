import { count, roughly } from '../../wording.ts'
import { type Check, type Measure, needsMonitor } from '../check.ts'
import { type Involved, type LockTree, lockTrees } from '../lock-tree.ts'

interface Session extends Involved {
  readonly role_name: string | null
  readonly application: string | null
  readonly state: string | null
  readonly state_seconds: number | null
  readonly since: string | null
  readonly query: string | null
}

/** Waiting sessions that are told one by one. */
const MOST_WAITING = 5

export const blocking: Check = {
  ...{ name: 'blocking', group: 'server', unit: 's', threshold: { warn: 30, crit: 300 } },
  why: 'what waits holds its own locks meanwhile, and soon everything waits',
  try: 'arxdb locks; select pg_terminate_backend(PID)',
  clear: 'nobody waits for a lock',
  async measure(vantage) {
    needsMonitor(vantage, 'who waits for whom')
    return lockTrees(await vantage.run<Session>('health/blocking')).map(measured)
  },
}

function measured({ root, waiting }: LockTree<Session>): Measure {
  const [longest] = waiting
  const told = waiting.slice(0, MOST_WAITING).map(waits)
  const rest = waiting.length > told.length ? [`and ${waiting.length - told.length} more`] : []
  const measure = {
    value: longest!.seconds,
    since: longest!.since,
    text: `${doing(root)} holds up ${count(waiting.length, 'session')}: ${[...told, ...rest].join(', ')}${asking(root)}`,
  }
  if (root.pid !== 0) {
    return { ...measure, object: `pid ${root.pid}`, try: `select pg_terminate_backend(${root.pid})` }
  }
  const find = 'select gid, prepared, owner from pg_prepared_xacts order by prepared'
  return { ...measure, object: 'prepared transaction', try: `${find}; rollback prepared 'GID'` }
}

const waits = ({ pid, role_name, seconds, blockers }: Session): string =>
  `pid ${pid} (${role_name ?? 'nobody'}) waits for ${roughly(seconds ?? 0)} on ${[...new Set(blockers)].join(' and ')}`

function doing({ pid, role_name, application, state, state_seconds }: Session): string {
  if (pid === 0) return 'a prepared transaction'
  const who = `${role_name ?? 'nobody'} (${application || 'no name'})`
  return state === null || state_seconds === null ? who : `${who}, ${state} for ${roughly(state_seconds)},`
}

const asking = ({ query }: Session): string => (query ? `; it said: ${query}` : '')
