// Where the server's own settings are too small for the number of partitions.
import type { AdviceRow, ServerFacts, TableFacts } from './facts.ts'

const row = (table: string, setting: string, now: string, advised: string, n: number, reason: string): AdviceRow => ({
  ...{ table, setting, now, actual: null, advised, n, reason },
  change: true,
  confident: true,
  entry: null,
})

/** A statement that touches every partition locks each with its indexes: whether all the locks there are would do. */
export function lockRow(
  { policy, parts, span, indexes }: TableFacts,
  interval: number,
  { locks_per_transaction, lock_slots }: ServerFacts,
): readonly AdviceRow[] {
  const most = Math.max(parts, Math.ceil(span / interval))
  const locks = most * (1 + indexes)
  if (locks <= lock_slots) return []
  const enough = 2 ** Math.ceil(Math.log2((locks / lock_slots) * locks_per_transaction))
  const [many, slots] = [locks, lock_slots].map((n) => n.toLocaleString('en-US'))
  const reason = `${most.toLocaleString('en-US')} partitions with ${indexes} indexes each are ${many} locks for a statement that reads them all, and the server has ${slots}`
  return [row(policy.table, 'max_locks_per_transaction', String(locks_per_transaction), String(enough), most, reason)]
}

/** Advice rests on the planner's estimates, and they on autovacuum. */
export const autovacuumRow = ({ autovacuum }: ServerFacts): readonly AdviceRow[] =>
  autovacuum
    ? []
    : [row('*', 'autovacuum', 'off', 'on', 0, 'partitions are neither vacuumed nor analysed by themselves')]
