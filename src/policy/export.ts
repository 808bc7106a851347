// `policy export`: the wanted state as SQL, for those who want no tool.
import type { Tier } from '../engines/engine.ts'
import { reading, type StorageSession } from '../storage/session.ts'
import { relationOf } from './actual.ts'
import { dropAfter, setInterval, setWidth, wordsOf } from './ddl.ts'
import { factsOf } from './names.ts'
import { retentionText } from './retention.ts'
import { type TablePolicy, type WrittenPolicy, wantedPolicies } from './wanted.ts'

/** A script for a database of that tier in which no policy was set yet; for this one in the words that it understands. */
export async function exportPolicies(
  session: StorageSession,
  written: Readonly<Record<string, WrittenPolicy>>,
  tier: Tier = session.tier,
): Promise<string> {
  const [spoken] = await reading(session, (run) => run<{ columnstore: boolean }>('policy/dialect'))
  const words = wordsOf(session.tier === 'plain' ? { columnstore: true } : spoken!)
  const parts = wantedPolicies(written, tier)
    .filter(({ enabled }) => enabled)
    .map((policy) => [`-- ${policy.table}`, ...statements(policy, tier, words)].join('\n'))
  return `-- Policies for ${TITLES[tier]}, as arxdb would set them where there are none yet.\n\n${parts.join('\n\n')}\n`
}

const TITLES: Readonly<Record<Tier, string>> = {
  plain: 'plain PostgreSQL',
  apache: 'TimescaleDB, Apache edition',
  community: 'TimescaleDB, Community edition',
}

function statements(policy: TablePolicy, tier: Tier, words: ReturnType<typeof wordsOf>): readonly string[] {
  const relation = relationOf(policy.table)
  const facts = factsOf(policy.table)
  const byRun = Object.keys(policy.retain_by).length > 0
  const kept = retentionText(policy)
  if (tier === 'plain') {
    if (!facts) return ['-- left out: plain PostgreSQL keeps arxdb tables only']
    return [
      `${setWidth(facts, policy.chunk_interval)};`,
      `-- new partitions: select arxdb.ensure_partitions('${facts}', now(), now() + interval '30 days');`,
      ...(kept === 'forever' ? [] : [`-- kept ${kept}: what has expired is dropped by arxdb policy run`]),
    ]
  }
  return [
    `${setInterval(relation, policy.chunk_interval)};`,
    ...(tier === 'community' && policy.compress_after !== null
      ? [`${words.settings(relation, policy)};`, `${words.compressAfter(relation, policy.compress_after)};`]
      : []),
    ...retained(policy, tier, relation, byRun, kept),
  ]
}

function retained(policy: TablePolicy, tier: Tier, relation: string, byRun: boolean, kept: string): readonly string[] {
  if (policy.retain_for === null && !byRun) return []
  if (tier === 'community' && !byRun && policy.retain_for !== null)
    return [`${dropAfter(relation, policy.retain_for)};`]
  return [`-- kept ${kept}: what has expired is dropped by arxdb policy run`]
}
