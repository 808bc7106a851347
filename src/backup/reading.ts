// Who reads a backup says so in the repository, so that a prune on another host leaves it alone: leases/reading/ID.json,
// written anew while it is read. Each side writes first and looks then - the reader its mark, the prune its note -, so of
// two that meet one at least sees the other.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArxError } from '../errors.ts'
import { here, isHere, isRunning } from '../programs/process.ts'
import { step } from '../steps.ts'
import { type CatalogueEntry, manifestKey, objectKey } from './catalogue.ts'
import { alive, type Holder, holderOf, leaseKey } from './lease.ts'
import type { Manifest } from './manifest.ts'
import type { Repository } from './repository.ts'
import { ObjectAbsent } from './stores/outcomes.ts'
import { REMOVING } from './verify/present.ts'

const FOLDER = 'leases/reading/'
const RENEW_MS = 600_000
/** Of a reader elsewhere nothing came for so long: it is dead. More than two clocks of one repository may differ. */
const LIVE_MS = 7_200_000

/** What a prune calls itself in its lease. */
export const PRUNE = 'backup prune'

type Reader = Omit<Holder, 'until'> & { readonly labels: readonly string[] }

export interface Mark {
  /** When it was written, by the store's clock; undefined where nothing can be written. */
  written(): Promise<Date | undefined>
  end(): Promise<void>
}

/**
 * Says that these backups are read. A repository that can only be read is read without it; one that did not answer once
 * may do so the next time.
 */
export async function markReading({ store }: Repository, labels: readonly string[], command: string): Promise<Mark> {
  const id = randomUUID()
  const key = `${FOLDER}${id}.json`
  const reader: Reader = { id, command, ...here(), since: new Date().toISOString(), labels }
  const body = Buffer.from(`${JSON.stringify(reader)}\n`)
  const write = (): Promise<boolean> =>
    store.put(key, body, { replace: true }).then(
      () => true,
      () => false,
    )
  if (await write()) step('reading marked')
  let renewing: Promise<unknown> | undefined
  const timer = setInterval(() => {
    renewing ??= write().finally(() => {
      renewing = undefined
    })
  }, RENEW_MS)
  timer.unref()
  return {
    async written() {
      return (await store.stat(key))?.modified
    },
    async end() {
      clearInterval(timer)
      await renewing
      await store.remove(key).catch(() => {})
    },
  }
}

/** Does what reads these backups, marked; when one of them goes nevertheless, that is the error. */
export async function reading<T>(
  repository: Repository,
  labels: readonly string[],
  command: string,
  body: () => Promise<T>,
): Promise<T> {
  const mark = await markReading(repository, labels, command)
  try {
    await assertThere(repository, labels)
    return await body()
  } catch (error) {
    // What is wrong with a store that does not answer was said already.
    if (error instanceof ArxError && error.code !== PRUNED) {
      await assertThere(repository, labels, error).catch((other: unknown) => {
        if ((other as ArxError).code === PRUNED) throw other
      })
    }
    throw error
  } finally {
    await mark.end()
  }
}

/** A backup and all that it stands on, as far as it is there. */
export function chainLabels({ label, parent }: Manifest, entries: readonly CatalogueEntry[]): readonly string[] {
  const parents = new Map(entries.map(({ label: one, manifest }) => [one, manifest?.parent ?? null]))
  const chain = [label]
  for (let at = parent; at !== null && !chain.includes(at) && parents.has(at); at = parents.get(at)!) chain.push(at)
  return chain
}

/** Which backups are being read now, and by whom; `now` is compared with the store's time. */
export async function readersOf({ store }: Repository, now: number): Promise<ReadonlyMap<string, string>> {
  const readers = new Map<string, string>()
  for (const { key, modified } of await store.list(FOLDER)) {
    const reader = await readerIn(store, key)
    if (!reader || !lives(reader, modified, now)) continue
    const text = `arxdb ${reader.command}, pid ${reader.pid} on ${reader.host}`
    for (const label of reader.labels) readers.set(label, text)
  }
  return readers
}

/** Removes the marks of readers that are no more. */
export async function sweepReaders({ store }: Repository, now: number): Promise<void> {
  for (const { key, modified } of await store.list(FOLDER)) {
    const reader = await readerIn(store, key)
    if (!reader || !lives(reader, modified, now)) await store.remove(key).catch(() => {})
  }
}

function lives(reader: Reader, modified: Date, now: number): boolean {
  return isHere(reader) ? isRunning(reader) : now - modified.getTime() < LIVE_MS
}

/** Undefined when it has ended, or is no mark. */
async function readerIn(store: Repository['store'], key: string): Promise<Reader | undefined> {
  try {
    const reader = JSON.parse((await store.read(key)).toString()) as Reader
    return Array.isArray(reader.labels) ? reader : undefined
  } catch (error) {
    if (error instanceof ObjectAbsent || error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * Whether a backup is there to be read. A prune that has noted it and not removed it yet will see our mark, or has looked
 * for marks before: what it does is waited for. The note of one that died says nothing, for the manifest goes first.
 */
async function outlives(store: Repository['store'], label: string): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    if (!(await store.stat(manifestKey(label)))) return false
    if (!(await store.stat(objectKey(label, REMOVING))) || !(await isPruning(store))) return true
    await sleep(POLL_MS)
  }
  return true
}

async function isPruning(store: Repository['store']): Promise<boolean> {
  const bytes = await store.read(leaseKey('repository')).catch((error: unknown) => {
    if (error instanceof ObjectAbsent) return undefined
    throw error
  })
  const holder = bytes && holderOf(bytes)
  return holder !== undefined && holder.command === PRUNE && alive(holder)
}

const PATIENCE_MS = 60_000
const POLL_MS = 250

const PRUNED = 'backup-pruned'

async function assertThere({ store }: Repository, labels: readonly string[], cause?: ArxError): Promise<void> {
  for (const label of labels) {
    if (await outlives(store, label)) continue
    throw new ArxError({
      code: PRUNED,
      message: `${label} was pruned while it was wanted`,
      detail: cause && [cause.message, cause.detail].filter(Boolean).join(': '),
      hint: 'nothing of it was left behind; arxdb backup list shows what else there is',
      cause,
    })
  }
}
