// What must not be switched off for speed, and what must not be limited for everybody.
import type { Rule } from '../rules.ts'

const MINUTE = 60_000

export const safety: Rule = () => [
  { setting: 'fsync', value: 'on', reason: 'without it a power cut leaves a database that cannot be trusted' },
  {
    ...{ setting: 'full_page_writes', value: 'on' },
    reason: 'without it a power cut leaves pages half old and half new',
  },
  {
    ...{ setting: 'synchronous_commit', value: 'on', enough: ['on', 'local', 'remote_write', 'remote_apply'] },
    reason: 'what was committed survives a crash; a load that can be repeated may switch it off for itself',
  },
  {
    ...{ setting: 'statement_timeout', value: 0 },
    reason: 'arxdb limits each of its questions; for everybody it would cut dumps, vacuums and index builds',
  },
  {
    ...{ setting: 'idle_in_transaction_session_timeout', value: 15 * MINUTE, enough: 'less' },
    reason: 'a forgotten transaction keeps vacuum from cleaning; pg_dump and arxdb have limits of their own',
  },
]
