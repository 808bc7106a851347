// `arxdb backup` as cron calls it, on a repository of its own, and what is asked after every fault: what is listed, what
// the records of runs say, and whether the next run is well.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openRepository } from '../../../src/backup/repository.ts'
import { type RunRecord, readRuns } from '../../../src/backup/runs.ts'
import type { S3Settings } from '../../../src/backup/settings.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import type { TestDatabase } from '../../servers/databases.ts'
import { withClient } from '../../servers/databases.ts'
import { type Fault, planted } from '../harness/faulty.ts'

export interface Listed {
  readonly label: string
  readonly status: string
  readonly started: string
}

export interface Desk {
  readonly home: string
  readonly repo: string
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  /** The words of `backup run`, for who starts it himself. */
  words(...more: string[]): readonly string[]
  run(
    more?: readonly string[],
    planned?: { readonly fault?: Fault; readonly env?: Record<string, string> },
  ): Promise<Outcome>
  backup(verb: string, ...more: string[]): Promise<Outcome>
  list(): Promise<readonly Listed[]>
  /** Newest first. */
  records(): Promise<readonly RunRecord[]>
  /** A run that is well, and all there is verifies; how many there are. */
  recovers(): Promise<number>
  end(): void
}

export interface Place {
  /** A folder when left out. */
  readonly repo?: string
  readonly s3?: S3Settings
  /** The same store by a way without faults. */
  readonly sound?: S3Settings
  readonly env?: Readonly<Record<string, string>>
  readonly kind?: string
}

export function deskOf(database: Pick<TestDatabase, 'url'>, place: Place = {}): Desk {
  const home = mkdtempSync('/tmp/arxdb-desk-')
  const repo = place.repo ?? join(home, 'repo')
  if (!repo.startsWith('s3://')) mkdirSync(repo, { recursive: true })
  const { s3 = {} } = place
  // The repository is looked at from here, too.
  Object.assign(process.env, place.env)
  const env = { ARXDB_BACKUP_KEY: join(home, 'key'), ...place.env }
  const at = (endpoint = s3.endpoint) =>
    endpoint === undefined
      ? ['--repo', repo]
      : ['--repo', repo, '--s3-endpoint', endpoint, '--s3-path-style', '--s3-region', 'us-east-1']
  const soundly = () => at((place.sound ?? s3).endpoint)
  const arxdb = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    runBeside('plain', args, home, { env: { ...env, ...more } })

  const desk: Desk = {
    ...{ home, repo, env, url: database.url },
    words: (...more) => ['backup', 'run', '--kind', place.kind ?? 'copy', '--url', database.url, ...at(), ...more],
    run: (more = [], { fault, env: own = {} } = {}) =>
      arxdb(desk.words(...more), { ...own, ...(fault ? planted('plain', fault) : {}) }),
    backup: (verb, ...more) => arxdb(['backup', verb, ...soundly(), ...more]),
    async list() {
      const listed = await desk.backup('list', '-o', 'json')
      expect(listed, listed.stderr).toMatchObject({ code: 0 })
      return JSON.parse(listed.stdout)
    },
    async records() {
      const repository = await openRepository({ repo, s3: place.sound ?? s3 }, 'must exist')
      return readRuns(repository).finally(() => repository.close())
    },
    async recovers() {
      const next = await desk.run(['-o', 'json'])
      expect(next, next.stderr).toMatchObject({ code: 0 })
      const listed = await desk.list()
      expect(listed.map(({ status }) => status)).toEqual(listed.map(() => 'good'))
      const checked = await desk.backup('verify', '--all')
      expect(checked, checked.stderr).toMatchObject({ code: 0 })
      const held = `select from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and d.datname = current_database()`
      expect((await withClient(database.url, (client) => client.query(held))).rowCount).toBe(0)
      return listed.length
    },
    end: () => rmSync(home, { recursive: true, force: true }),
  }
  return desk
}

/** The error that `-o json` prints. */
export function toldError({ stderr }: Outcome): {
  readonly code: string
  readonly exit: number
  readonly message: string
  readonly detail?: string
  readonly hint?: string
} {
  return JSON.parse(stderr.trim().split('\n').at(-1)!).error
}

/** A config file of that name at the desk, for `--config`. */
export function configured({ home }: Desk, name: string, backup: object): readonly string[] {
  const file = join(home, name)
  writeFileSync(file, JSON.stringify({ backup }), { mode: 0o600 })
  return ['--config', file]
}
