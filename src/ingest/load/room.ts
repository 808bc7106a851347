// Heavy loads and the server's own jobs: a compression that starts in the middle of a load waits for it, and it for that.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type HeldJobs, holdJobs } from '../../storage/job-leases.ts'
import type { StorageSession } from '../../storage/session.ts'
import type { Target } from '../plan/targets.ts'

/** Bytes of content that make a load heavy, some 600,000 candles: seconds of work. Below, jobs do not notice. */
const HEAVY = 32 * 1024 * 1024

export interface Room {
  /**
   * Counts content on its way into a table, and has the table's jobs wait for the rest of the command once it is heavy;
   * `known` is how much is to come at least.
   */
  weigh(target: Target, bytes: number, known: number): Promise<void>
  /** What jobs did not make room for, told once. */
  notes(): readonly string[]
  /** Gives the jobs back. */
  release(): Promise<void>
}

export function openRoom(clerk: StorageSession): Room {
  const holder = `ingest ${process.pid}@${hostname()} ${randomBytes(3).toString('hex')}`
  const weights = new Map<string, number>()
  const held = new Map<string, HeldJobs>()
  let notes: string[] = []
  return {
    async weigh({ relation }, bytes, known) {
      if (held.has(relation)) return
      const weight = (weights.get(relation) ?? 0) + bytes
      weights.set(relation, weight)
      if (Math.max(weight, known) < HEAVY) return
      const table = `arxdb.${relation}`
      const jobs = await holdJobs(clerk, { table, holder: `${holder} ${relation}`, onLapse: (why) => notes.push(why) })
      held.set(relation, jobs)
      if (jobs.reason) notes.push(jobs.reason)
    },
    notes() {
      const told = notes
      notes = []
      return told
    },
    async release() {
      await Promise.all([...held.values()].map((jobs) => jobs.release()))
    },
  }
}
