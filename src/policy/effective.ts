// The policies that are in force: what was applied, and for arxdb's own tables without one what does no harm.
import { reading, type StorageSession } from '../storage/session.ts'
import type { Applied } from './actual.ts'
import { type TablePolicy, wantedPolicies } from './wanted.ts'

export interface Effective {
  readonly policies: readonly TablePolicy[]
  /** No policy was applied to any table. */
  readonly unapplied: boolean
}

/** Without an applied policy nothing is thrown away and nothing compressed: partitions and rollups are kept up. */
export async function effectivePolicies(session: StorageSession): Promise<Effective> {
  const applied = await reading(session, (run) => run<Applied>('policy/applied'))
  const own = wantedPolicies({}, session.tier).map((policy) => ({ ...policy, compress_after: null }))
  const given = applied.map(({ policy }) => policy)
  const rest = own.filter(({ table }) => !given.some((policy) => policy.table === table))
  return { policies: [...given, ...rest], unapplied: applied.length === 0 }
}
