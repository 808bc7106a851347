// What has to hold of a repository, a server and a host after arxdb was killed, whatever it was at and at whichever step.
// Asked in this process, where that says the same: a fault test asks it after each of many steps.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { manifestKey, objectKey, readCatalogue } from '../../../src/backup/catalogue.ts'
import { sweepReaders } from '../../../src/backup/reading.ts'
import { openRepository, type Repository, type RepositoryAddress } from '../../../src/backup/repository.ts'
import { findKey } from '../../../src/backup/sealing/keys.ts'
import { type Ended, session } from '../../cli/session.ts'
import { withClient } from '../../servers/databases.ts'

export interface Place {
  readonly address: RepositoryAddress
  readonly keyFile: string
  /** What an arxdb there gets to see: HOME, credentials of the store. */
  readonly env: Readonly<Record<string, string>>
  /** PostgreSQL's programs, where they are not found by themselves. */
  readonly bindir?: string | undefined
}

export interface ListedRow {
  readonly label: string
  readonly kind: string | null
  readonly status: string
  readonly proven_level: number | null
}

/** The words that name the repository. */
export const repositoryWords = ({ address: { repo, s3 }, keyFile, bindir }: Place): readonly string[] => [
  ...['--repo', repo, '--key-file', keyFile],
  ...(s3.endpoint === undefined ? [] : ['--s3-endpoint', s3.endpoint, '--s3-region', s3.region ?? 'us-east-1']),
  ...(s3.pathStyle ? ['--s3-path-style'] : []),
  ...(bindir === undefined ? [] : ['--bindir', bindir]),
]

/** `arxdb` in this process, on the repository. */
export const asked = (place: Place, ...words: readonly string[]): Promise<Ended> =>
  session([...words, ...repositoryWords(place)], {
    env: { PATH: process.env.PATH, ...place.env },
    cwd: tmpdir(),
    now: new Date().toISOString(),
  })

/** With the repository opened and closed around. Credentials of an S3 are looked for in this process's environment. */
export async function within<T>(place: Place, body: (repository: Repository) => Promise<T>): Promise<T> {
  const repository = await openRepository(place.address, 'must exist')
  try {
    return await body(repository)
  } finally {
    await repository.close()
  }
}

/** What `backup list` says; nothing where there is no repository yet. */
export async function listed(place: Place): Promise<readonly ListedRow[]> {
  const ended = await asked(place, 'backup', 'list', '-o', 'json')
  // The first run of all may have been killed before it began the repository.
  if (ended.code === 1 && /is no repository of arxdb/.test(ended.stderr)) return []
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  return JSON.parse(ended.stdout)
}

/**
 * At once after the kill: nothing half made is listed as good, every object that a good one names is there with the bytes
 * that it names. Gives what is listed; `others` are the states that a backup may be in beside good.
 */
export async function listsNothingHalf(place: Place, others: readonly string[] = []): Promise<readonly ListedRow[]> {
  const rows = await listed(place)
  for (const { label, status } of rows) expect(['good', ...others], `${label} is ${status}`).toContain(status)
  if (rows.length === 0) return rows
  await within(place, async (repository) => {
    const good = new Set(rows.filter(({ status }) => status === 'good').map(({ label }) => label))
    for (const { label, manifest, trust } of await readCatalogue(repository, await findKey(place.keyFile))) {
      if (!good.has(label)) continue
      expect(trust, label).toBe('signed')
      for (const { name, bytes, sha256 } of manifest!.objects) {
        const found = { bytes: 0, hash: createHash('sha256') }
        for await (const chunk of await repository.store.get(objectKey(label, name))) {
          found.bytes += (chunk as Buffer).length
          found.hash.update(chunk as Buffer)
        }
        expect({ bytes: found.bytes, sha256: found.hash.digest('hex') }, `${label}/${name}`).toEqual({ bytes, sha256 })
      }
    }
  })
  return rows
}

/** All of them decode; at least `least` are there. Nothing is written. */
export async function verifiesAll(place: Place, least = 1): Promise<void> {
  const ended = await asked(place, 'backup', 'verify', '--all', '--level', '2', '--no-record', '-o', 'json')
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  const rows = JSON.parse(ended.stdout) as { label: string; outcome: string }[]
  expect(rows.length).toBeGreaterThanOrEqual(least)
  for (const { label, outcome } of rows) expect([label, outcome]).toEqual([label, 'passed'])
}

/** The labels that a prune would remove now. */
export async function plannedAway(place: Place): Promise<readonly string[]> {
  const ended = await asked(place, 'backup', 'prune', '--dry-run', '-o', 'json')
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  const rows = JSON.parse(ended.stdout) as { label: string; action: string }[]
  return rows.filter(({ action }) => action === 'remove').map(({ label }) => label)
}

/** What lies in a directory store beside its objects: temporary files, folders of runs, guards. */
function besideObjects({ address: { repo } }: Place): readonly string[] {
  if (repo.startsWith('s3://')) return []
  const below = (folder: string): readonly string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.name === '.arxdb-tmp') return readdirSync(path).map((name) => join(path, name))
      return entry.isDirectory() ? below(path) : entry.name.endsWith('.swap') ? [path] : []
    })
  return existsSync(repo) ? below(repo) : []
}

/**
 * After the next run ended: nobody holds a lease, every object belongs to something that is listed, to WAL, or to a record;
 * and what is temporary goes with a sweep. `young` are folders without a manifest that may stay until they are old.
 */
export async function nothingAstray(place: Place, young: 'young folders may stay' | 'none' = 'none'): Promise<void> {
  const labels = new Set((await listed(place)).map(({ label }) => label))
  await within(place, async (repository) => {
    await repository.store.sweep(0)
    // Marks of readers that were killed stay until a run or a prune looks.
    await sweepReaders(repository, Date.now())
    expect(besideObjects(place)).toEqual([])
    const known = new Set(['arxdb-repository.json', ...[...labels].map(manifestKey)])
    for (const { label, manifest } of await readCatalogue(repository, await findKey(place.keyFile)))
      for (const { name } of manifest?.objects ?? []) known.add(objectKey(label, name))
    const astray = (await repository.store.list('')).filter(({ key }) => {
      const [top] = key.split('/')
      if (known.has(key) || top === 'wal' || top === 'runs' || top === 'proofs') return false
      return !(top === 'backups' && young !== 'none' && !labels.has(key.split('/')[1]!))
    })
    expect(astray.map(({ key }) => key)).toEqual([])
  })
}

/** Databases of this name, and what restores into it left under other names. */
export const databasesOf = (server: string, name: string): Promise<readonly string[]> =>
  withClient(server, async (client) => {
    const all = 'select datname from pg_database where datname = $1 or starts_with(datname, $2) order by 1'
    return (await client.query(all, [name, `${name}_arxdb_restoring_`])).rows.map(({ datname }) => datname as string)
  })

/** What arxdb made in a folder for the time of a run, and should have removed. */
export const leftIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('arxdb-')) : []

/** The folders of isolated servers whose data directory lies below `folder`. */
export function isolatedBelow(folder: string): readonly string[] {
  const names = readdirSync('/tmp').filter((name) => name.startsWith('arxdb-i-'))
  return names.filter((name) => {
    const record = join('/tmp', name, 'owner.json')
    try {
      return (JSON.parse(readFileSync(record, 'utf8')) as { dataDir: string }).dataDir.startsWith(folder)
    } catch {
      return false
    }
  })
}

/** A step without what differs from object to object. */
const kindOf = (step: string | undefined): string | undefined => step?.replace(/[0-9a-f]*\d[0-9a-f]*/g, '*')

export interface Sampled {
  /** Counted from 1. */
  readonly at: number
  readonly step: string
}

/**
 * All of them when ARXDB_FAULT_ALL=1 is set. Else of a row of steps that do the same with one object after another the
 * first and the last, and of what is left at most so many, spread evenly, always the same; and those that `always` names.
 */
export function sampled(steps: readonly string[], most = 25, always?: RegExp): readonly Sampled[] {
  const all = steps.map((step, index) => ({ at: index + 1, step }))
  if (process.env.ARXDB_FAULT_ALL === '1') return all
  const edges = all.filter(({ step }, i) =>
    [steps[i - 1], steps[i + 1]].some((other) => kindOf(other) !== kindOf(step)),
  )
  const picked = Array.from({ length: most }, (_, i) => Math.round((i * (edges.length - 1)) / Math.max(1, most - 1)))
  return edges.filter(({ step }, i) => edges.length <= most || picked.includes(i) || always?.test(step))
}

/** Does something for each step; what fails there tells at which it was. */
export async function atEach(
  steps: readonly Sampled[],
  body: (at: number, step: string) => Promise<void>,
): Promise<void> {
  for (const { at, step } of steps) {
    try {
      await body(at, step)
    } catch (error) {
      const failure = error as Error
      failure.message = `killed at step ${at}, "${step}": ${failure.message}`
      throw failure
    }
  }
}
