// A record of every run, kept in the repository and so outside the host: who looks from elsewhere sees that a job failed,
// that it is still running, or that it never ran.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { atOnce } from './at-once.ts'
import type { Repository } from './repository.ts'
import { ObjectAbsent } from './stores/outcomes.ts'

export interface RunRecord {
  readonly job: 'run' | 'verify' | 'drill' | 'prune'
  readonly host: string
  readonly pid: number
  readonly started: string
  /** Null while it runs, and for ever when it was killed. */
  readonly ended: string | null
  readonly outcome: 'running' | 'ok' | 'failed'
  readonly label: string | null
  readonly message: string | null
}

export interface OpenRun {
  end(outcome: 'ok' | 'failed', told: { readonly label?: string; readonly message?: string }): Promise<void>
}

/** Notes that a run has begun; the record is completed by `end`. */
export async function beginRun({ store }: Repository, job: RunRecord['job']): Promise<OpenRun> {
  const started = new Date().toISOString()
  const base = { job, host: hostname(), pid: process.pid, started }
  const newest = (await store.list('runs/')).at(-1)?.key
  const key = `runs/${stampAfter(newest, started)}-${job}-${randomBytes(3).toString('hex')}.json`
  const write = (record: RunRecord) => store.put(key, Buffer.from(`${JSON.stringify(record)}\n`), { replace: true })
  await write({ ...base, ended: null, outcome: 'running', label: null, message: null })
  return {
    async end(outcome, { label = null, message = null }: { label?: string | null; message?: string | null }) {
      // A clock that was set back meanwhile makes no end before the start.
      const ended = new Date(Math.max(Date.parse(started), Date.now())).toISOString()
      await write({ ...base, ended, outcome, label, message })
    },
  }
}

const stamp = (moment: string): string => moment.replace(/[-:.]/g, '')

/** Records are read by their names: one that was made under a clock that was ahead must not hide those that come after. */
function stampAfter(newest: string | undefined, now: string): string {
  const [, ...parts] = /^runs\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-/.exec(newest ?? '') ?? []
  if (parts.length === 0) return stamp(now)
  const [year, month, day, hour, minute, second, ms] = parts
  const then = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`)
  return Number.isNaN(then) || then < Date.parse(now) ? stamp(now) : stamp(new Date(then + 1).toISOString())
}

/** The newest records, newest first. */
export async function readRuns({ store }: Repository, most = 200): Promise<readonly RunRecord[]> {
  const keys = (await store.list('runs/')).map(({ key }) => key)
  const records = await atOnce(keys.slice(-most).reverse(), async (key) => {
    try {
      return JSON.parse((await store.read(key)).toString()) as RunRecord
    } catch (error) {
      // One that is torn or gone tells nothing; a store that does not answer must not look like jobs that never ran.
      if (error instanceof SyntaxError || error instanceof ObjectAbsent) return undefined
      throw error
    }
  })
  return records.filter((record) => record !== undefined)
}
