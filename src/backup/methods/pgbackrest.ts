// kind pgbackrest: backups stay in the repository of pgBackRest, which makes, expires and restores them; arxdb's manifest
// says which one it is, proves that it was not changed, and counts it among the others.
import { setTimeout as sleep } from 'node:timers/promises'
import { ArxError, EXIT, usageError } from '../../errors.ts'
import { readCatalogue } from '../catalogue.ts'
import { walFile } from '../wal/names.ts'
import { askCluster } from './cluster.ts'
import { marked } from './marked.ts'
import type { DecodeTask, Making, Method, Outcome } from './method.ts'
import { listArchive } from './pgbackrest/archive.ts'
import { type Made, rangeOf, type Stanza, stanzaOf, tablespacesOf } from './pgbackrest/info.ts'
import { judged, segmentNames } from './pgbackrest/judge.ts'
import { type Answer, ask, failed, findPgbackrest, type Pgbackrest, programOf } from './pgbackrest/program.ts'

export const pgbackrestMethod: Method = {
  async preflight(making) {
    const program = forMaking(making)
    const { db } = await stanzaOf(program)
    const known = db.map((one) => one['system-id'])
    if (!known.includes(making.server.systemId)) throw otherCluster(program.stanza, known, making.server.systemId)
  },

  async make(making) {
    const program = forMaking(making)
    const { before, answer } = await alone(making, program)
    const known = new Set(before.backup.map(({ label }) => label))
    const made = (await stanzaOf(program)).backup.filter(({ label }) => !known.has(label)).at(-1)
    if (!made) throw failed('backup', { ...answer, told: ['it says that all went well, and info does not show it'] })
    const { label, prior, info, lsn, archive, error } = made
    making.check()
    const cluster = await askCluster(making)
    const { mark, evidence, warnings } = await marked(making, cluster)
    return {
      ...{ files: [], wal: rangeOf(made, cluster.segment_bytes), mark, evidence },
      parent: await parentOf(making, program.stanza, prior),
      tools: [`pgBackRest ${made.backrest.version}`],
      warnings: [...answer.told, ...(error ? ['pages with wrong checksums were found'] : []), ...warnings],
      method: {
        ...{ stanza: program.stanza, config: program.config ?? null, label, type: made.type, prior, lsn, archive },
        ...{ bytes: info.size, repositoryBytes: info.repository.delta ?? null, database: made.database.id },
        ...{ superuser: cluster.superuser, tablespaces: await tablespacesOf(program, label) },
      },
    } satisfies Outcome
  },

  async present(task) {
    const found = await madeOf(task)
    return Array.isArray(found) ? found : []
  },

  async decode(task) {
    const found = await madeOf(task)
    if (Array.isArray(found)) return found
    const { program, made, stanza } = found as Found
    const verified = await ask(program, 'verify', ['--output=text', '--verbose'])
    const problems = verified.code === 0 ? judged(verified.stdout, program.label) : verified.told
    return [
      ...(made.error ? [`${program.label} holds pages whose checksums were wrong when it was made`] : []),
      ...(verified.code !== 0 && problems.length === 0 ? [`verify exited with ${verified.code}`] : problems),
      ...(await missingWal(task, program, stanza.archive.find((one) => one.database.id === made.database.id)?.id)),
    ]
  },
}

/** pgBackRest's word for a lock that it did not get, and why: one that it may not open never comes free. */
const LOCKED = 50
const HELD = /Resource temporarily unavailable/
/** What an arxdb that was killed had begun goes on by itself, and so do backups that others begin. */
const BUSY_MS = 10 * 60_000

/** Has it make one, when it is not at another; and what was there straight before. */
async function alone(making: Making, program: Pgbackrest): Promise<{ before: Stanza; answer: Answer }> {
  for (const until = Date.now() + BUSY_MS; ; await sleep(1_000, undefined, { signal: making.signal }).catch(() => {})) {
    const before = await stanzaOf(program)
    const type = making.full || !before.backup.some((one) => one.type === 'full' && !one.error) ? 'full' : 'incr'
    making.check()
    making.progress(`pgbackrest backup --type=${type}`)
    const answer = await ask(program, 'backup', [`--type=${type}`, '--start-fast'])
    if (answer.code === 0) return { before, answer }
    if (answer.code !== LOCKED || !answer.told.some((line) => HELD.test(line))) throw failed('backup', answer)
    if (Date.now() > until) throw busy(program.stanza, answer)
    making.progress('pgbackrest is at another backup: waiting for it')
  }
}

const busy = (stanza: string, { told }: Answer): ArxError =>
  new ArxError({
    code: 'pgbackrest-busy',
    message: `pgBackRest is at another backup of stanza "${stanza}" still`,
    detail: told.find((line) => line.startsWith('ERROR')),
    hint: 'it may have been begun by hand, by cron, or by an arxdb that was killed: ps shows it; run this again when it ended',
    exit: EXIT.refused,
  })

interface Found {
  readonly program: ReturnType<typeof programOf>
  readonly stanza: Stanza
  readonly made: Made
}

/** What pgBackRest knows of the backup now, or why it knows nothing. */
async function madeOf(task: Pick<DecodeTask, 'manifest' | 'env' | 'signal'>): Promise<Found | readonly string[]> {
  const program = programOf(task.manifest, task.env ?? {}, task.signal)
  try {
    const stanza = await stanzaOf(program)
    const made = stanza.backup.find(({ label }) => label === program.label)
    if (made) return { program, stanza, made }
    return [`${program.label} is not in pgBackRest's repository: it expired, or was removed`]
  } catch (error) {
    if (error instanceof ArxError && error.code === 'pgbackrest-stanza') return [error.message]
    throw error
  }
}

/** Its verify does not miss what is not there: the segments that make the backup consistent are looked up by name. */
async function missingWal({ manifest }: DecodeTask, program: Pgbackrest, archive: string | undefined) {
  const { archive: range } = manifest.method as { archive: { start: string | null; stop: string | null } }
  if (range.start === null || range.stop === null || manifest.wal === null) return []
  if (archive === undefined) return ['its WAL archive is gone']
  const there = await segmentsIn(program, archive)
  return segmentNames(range.start, range.stop, manifest.wal.segmentBytes)
    .filter((name) => !there.has(name))
    .map((name) => `WAL segment ${name}, which it needs to be consistent, is not in archive ${archive}`)
}

/** Level 3: gaps from the backup's start to the newest segment of its timeline. */
export async function walGaps(task: Pick<DecodeTask, 'manifest' | 'env' | 'signal'>): Promise<readonly string[]> {
  const found = await madeOf(task)
  if (Array.isArray(found)) return found
  const { program, made, stanza } = found as Found
  const archive = stanza.archive.find(({ database }) => database.id === made.database.id)?.id
  const { wal } = task.manifest
  if (archive === undefined || wal === null || made.archive.start === null) return ['its WAL archive is gone']
  const there = await segmentsIn(program, archive)
  const newest = [...there]
    .filter((name) => name.startsWith(made.archive.start!.slice(0, 8)))
    .sort()
    .at(-1)
  const missing = segmentNames(made.archive.start, newest ?? made.archive.start, wal.segmentBytes).filter(
    (name) => !there.has(name),
  )
  if (missing.length === 0) return []
  return [`${missing.length} WAL segments between its start and ${newest} are missing, the first is ${missing[0]}`]
}

async function segmentsIn(program: Pgbackrest, archive: string): Promise<ReadonlySet<string>> {
  const files = await listArchive(program, `archive/${program.stanza}/${archive}`)
  return new Set(files.map(({ name }) => name).filter((name) => walFile(name)?.kind === 'segment'))
}

function forMaking({ settings, env, signal }: Making): Pgbackrest {
  if (settings.stanza === undefined) {
    throw usageError('pgbackrest needs the name of its stanza', '--stanza main, or "stanza" in the backup section')
  }
  return { path: findPgbackrest(env), stanza: settings.stanza, config: env.PGBACKREST_CONFIG, env, signal }
}

/** arxdb's label of the backup that this one adds to; null where it was made without arxdb. */
async function parentOf({ repository, key }: Making, stanza: string, prior: string | null): Promise<string | null> {
  if (prior === null) return null
  const entries = await readCatalogue(repository, key)
  const found = entries.find(({ manifest }) => manifest?.method.label === prior && manifest.method.stanza === stanza)
  return found?.label ?? null
}

const otherCluster = (stanza: string, known: readonly string[], here: string): ArxError =>
  new ArxError({
    code: 'other-cluster',
    message: `pgBackRest's stanza "${stanza}" is of another cluster than the one that arxdb is connected to`,
    detail: `it knows system id ${known.join(', ') || 'none'}, the server has ${here}`,
    hint: 'give the stanza of this server, or the --url of the other one',
    exit: EXIT.refused,
  })
