// The server's own jobs would be at the same chunks as a run: they wait, by leases that end by themselves.
import { hostname } from 'node:os'
import { tableName } from '../../db/identifier.ts'
import { holdJobs } from '../../storage/job-leases.ts'
import type { Done, Kept, Work } from './work.ts'

/** Has the jobs of a table wait while `body` works on it. Where they cannot be held, locks keep the two apart. */
export const besideJobs =
  (body: (work: Work, one: Kept) => Promise<Done>) =>
  async (work: Work, one: Kept): Promise<Done> => {
    const { schema = 'public', name } = tableName(one.policy.table)
    const holder = `policy run ${process.pid}@${hostname()} ${schema}.${name}`
    const held = await holdJobs(work.session, { table: `${schema}.${name}`, holder })
    return body(work, one).finally(() => held.release())
  }
