// `wal push`: what archive_command calls. Success means that the file is in the repository, whole and durable, and that
// nothing which was there has been replaced.
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { ArxError, EXIT } from '../../errors.ts'
import { step } from '../../steps.ts'
import { openRepository, type Repository, type RepositoryAddress } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import { compressionHere, type Seal, sealed } from '../sealing/seal.ts'
import type { BackupSettings } from '../settings.ts'
import { ObjectExists } from '../stores/outcomes.ts'
import type { Store } from '../stores/store.ts'
import type { Acknowledged } from './acknowledged.ts'
import type { Hashed } from './hashed.ts'
import { HEADER_BYTES, headerLine, readHeader, type WalHeader } from './header.ts'
import { type WalFile, walFile, walKey } from './names.ts'
import { putByProgram } from './pack.ts'
import { type FoundFile, inspectFile } from './segment-file.ts'

/** Segments that are ready too are taken along: PostgreSQL asks for them one at a time, each with a new process. */
const BATCH = 8
const AT_ONCE = 4
/** What is not begun by then is left to later calls: PostgreSQL waits for this one. */
const BATCH_MS = 5_000

export interface PushTask {
  readonly settings: Pick<BackupSettings, 'compression' | 'encrypt'> & RepositoryAddress
  /** For encryption; asked for when there is something to send. */
  key(): Promise<Key | undefined>
  /** What an earlier call stored in the repository of that id, as this host noted it; undefined where asking is as cheap. */
  readonly acknowledged: ((id: string) => Acknowledged) | undefined
  /** What an earlier call hashed. */
  readonly hashed?: Hashed | undefined
  readonly systemId?: string | undefined
  readonly batch?: boolean | undefined
  readonly signal: AbortSignal
}

export interface Pushed {
  readonly name: string
  readonly outcome: 'stored' | 'there'
  readonly bytes: number
  /** How many more were stored along with it. */
  readonly along: number
}

/** Stores one file. Throws when it is not there for certain; one that is there with other bytes is refused. */
export async function pushFile(path: string, task: PushTask): Promise<Pushed> {
  const found = await inspectFile(path, task.systemId, task.hashed?.recall)
  const { name } = found.file
  const repository = await openRepository(task.settings, 'must exist')
  try {
    const noted = await task.acknowledged?.(repository.id).has(found)
    if (noted) return { name, outcome: 'there', bytes: found.bytes, along: 0 }
    const outcome = await store(path, found, repository, task)
    // What was there came with a batch; its end has not been reached yet, and this call is to be a short one.
    const along = task.batch === false || outcome === 'there' ? 0 : await pushReady(path, found, repository, task)
    return { name, outcome, bytes: found.bytes, along }
  } finally {
    await repository.close()
  }
}

async function store(
  path: string,
  found: FoundFile,
  { store: to, id }: Repository,
  task: PushTask,
): Promise<Pushed['outcome']> {
  const { file, bytes, sha256, systemId } = found
  const key = walKey(systemId, file.name)
  if (await to.stat(key)) return compare(await to.read(key, { first: HEADER_BYTES }), found, to.where, key)
  const seals = await sealsFor(file, task.settings)
  const header: WalHeader = {
    ...{ name: file.name, sha256, bytes, systemId },
    ...{ sealed: seals, at: new Date().toISOString() },
  }
  try {
    if (!(await putByProgram(to, key, path, header, task.signal))) await putStream(to, key, path, header, task)
  } catch (error) {
    if (!(error instanceof ObjectExists)) throw error
    return compare(await to.read(key, { first: HEADER_BYTES }), found, to.where, key)
  }
  step('stored', key)
  await task.acknowledged?.(id).note(found)
  return 'stored'
}

async function putStream(to: Store, key: string, path: string, header: WalHeader, task: PushTask): Promise<void> {
  const { sealed: seals } = header
  const source = createReadStream(path, { highWaterMark: 1 << 20 })
  const payload = await sealed(source, seals, seals.includes('age') ? await task.key() : undefined)
  await to.put(key, Readable.from(behind(headerLine(header), payload), { objectMode: false }), { signal: task.signal })
}

/** Where a timeline or a backup began is no secret, and every report needs it: those few lines stay readable. */
async function sealsFor({ kind }: WalFile, { compression, encrypt }: PushTask['settings']): Promise<readonly Seal[]> {
  if (kind === 'history' || kind === 'backup') return []
  return [...(await compressionHere(compression)), ...(encrypt ? (['age'] as const) : [])]
}

async function* behind(line: Buffer, payload: Readable): AsyncGenerator<Buffer> {
  yield line
  for await (const chunk of payload) yield chunk as Buffer
}

/** The same file pushed twice is well: PostgreSQL does that after a crash. Another one under its name never is. */
function compare(first: Buffer, { file, sha256 }: FoundFile, where: string, key: string): 'there' {
  const header = readHeader(first)?.header
  if (header?.sha256 === sha256) return 'there'
  throw new ArxError({
    code: 'wal-differs',
    message: `${where} has another ${file.name} already, and keeps it`,
    detail: header
      ? `there: sha256 ${header.sha256}, archived ${header.at}; here: sha256 ${sha256}`
      : `${key} has no header of arxdb`,
    hint: 'a clone of this cluster archives there: set archive_mode=off on the clone, or give it a repository of its own',
    exit: EXIT.refused,
  })
}

/** Those that wait behind this one. What fails here is not told: PostgreSQL will ask for it, and hear it then. */
async function pushReady(path: string, first: FoundFile, repository: Repository, task: PushTask): Promise<number> {
  const late = AbortSignal.timeout(BATCH_MS)
  const signal = AbortSignal.any([task.signal, late])
  const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  const folder = dirname(path)
  const ready = await readdir(join(folder, 'archive_status')).catch(() => [])
  const own = path.slice(folder.length + 1)
  const waiting = ready
    .filter((name) => name.endsWith('.ready'))
    .map((name) => name.slice(0, -'.ready'.length))
    .filter((name) => name > own && walFile(name)?.kind === 'segment')
    .sort()
    .slice(0, BATCH)
  let along = 0
  const next = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined && !signal.aborted; name = waiting.shift()) {
      try {
        if (await repository.store.stat(walKey(first.systemId, name))) continue
        const file = join(folder, name)
        const found = await inspectFile(file, first.systemId, task.hashed?.note)
        if ((await store(file, found, repository, { ...task, signal })) === 'stored') along++
      } catch {
        return
      }
    }
  }
  await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, next)), ended])
  return along
}
