// The file by which a place says that it is a repository, and which one.
import { createHash } from 'node:crypto'
import { ArxError } from '../errors.ts'
import { ObjectAbsent } from './stores/outcomes.ts'
import type { Store } from './stores/store.ts'

export const MARKER = 'arxdb-repository.json'

export interface RepositoryMarker {
  readonly format: 1
  readonly id: string
  /** ISO 8601. */
  readonly created: string
}

/** What a marker without a digest may hold; the first ones had none. */
const UNCHECKED: ReadonlySet<string> = new Set(['format', 'id', 'created'] satisfies (keyof RepositoryMarker)[])

const digest = (marker: object): string => createHash('sha256').update(JSON.stringify(marker)).digest('hex')

/** With a digest of itself, so that a flipped bit does not make it another repository's. */
export const markerBytes = (marker: RepositoryMarker): Buffer =>
  Buffer.from(`${JSON.stringify({ ...marker, check: digest(marker) })}\n`)

/** The store's marker; undefined where there is none. One that is damaged, or of a format to come, throws. */
export async function readMarker(store: Store): Promise<RepositoryMarker | undefined> {
  let marker: Partial<Record<string, unknown>> | null
  try {
    marker = JSON.parse((await store.read(MARKER)).toString())
  } catch (error) {
    if (error instanceof ObjectAbsent) return undefined
    if (error instanceof SyntaxError) throw damaged(store.where)
    throw error
  }
  if (typeof marker !== 'object' || marker === null) throw damaged(store.where)
  const { check, ...rest } = marker
  if (check === undefined ? Object.keys(rest).some((name) => !UNCHECKED.has(name)) : check !== digest(rest)) {
    throw damaged(store.where)
  }
  if (typeof rest.format !== 'number' || typeof rest.id !== 'string') throw damaged(store.where)
  if (rest.format !== 1) throw newer(store.where)
  return rest as unknown as RepositoryMarker
}

/**
 * Throws unless the same repository is still there. Asked before "it has no such file" is believed: a file system that went
 * away in between has no such file either.
 */
export async function mustStillBe({ store, id }: { readonly store: Store; readonly id: string }): Promise<void> {
  const marker = await readMarker(store)
  if (marker?.id === id) return
  throw new ArxError({
    code: 'repository-changed',
    message: marker ? `${store.where} is another repository by now` : `${store.where} is no repository any more`,
  })
}

const newer = (where: string): ArxError =>
  new ArxError({
    code: 'repository-format',
    message: `${where}/${MARKER} is of no format that this arxdb knows`,
    hint: 'a newer arxdb may have made it: update arxdb',
  })

const damaged = (where: string): ArxError =>
  new ArxError({
    code: 'repository-damaged',
    message: `${where}/${MARKER} is damaged`,
    detail: 'what lies beside it may be whole, but nobody has looked at it',
    hint: `put {"format":1,"id":"of-today"} into it, then judge the rest: arxdb backup verify --all --repo ${where}`,
  })
