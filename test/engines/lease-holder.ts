// A process of its own that holds jobs, to be killed while it does. Says `held` once it holds them.
import { holdJobs } from '../../src/storage/job-leases.ts'
import { openSession } from '../../src/storage/session.ts'
import { connectionOf } from '../servers/connection.ts'

const { url, table, holder, leaseMs } = JSON.parse(process.argv[2]!) as {
  url: string
  table: string
  holder: string
  leaseMs: number
}
const session = await openSession(connectionOf(url), { statementTimeoutMs: 0, lockTimeoutMs: 0, command: 'test' })
const { jobs } = await holdJobs(session, { table, holder, leaseMs })
process.stdout.write(jobs === 1 ? 'held\n' : `${jobs} jobs\n`)
setInterval(() => {}, 1000)
