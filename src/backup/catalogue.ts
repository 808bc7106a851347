// The backups of a repository, read from their manifests: what is listed is there in full, or is told as broken.
import { ArxError } from '../errors.ts'
import { atOnce } from './at-once.ts'
import type { Manifest, SignedManifest } from './manifest.ts'
import type { Repository } from './repository.ts'
import { type Key, sameMac } from './sealing/keys.ts'
import { ObjectAbsent } from './stores/outcomes.ts'

export const LABEL = /^\d{8}T\d{6}Z-[a-z]+-[0-9a-f]{6}$/
export const manifestKey = (label: string): string => `backups/${label}/manifest.json`
export const objectKey = (label: string, name: string): string => `backups/${label}/${name}`

/** How far a manifest can be trusted: `unknown-key` is one that was signed with a key which is not at hand. */
export type Trust = 'signed' | 'forged' | 'unknown-key' | 'unreadable'

export interface CatalogueEntry {
  readonly label: string
  readonly trust: Trust
  /** Null when it cannot be read. */
  readonly manifest: Manifest | null
}

/** The text that is signed, and its place in a repository's file. Keys in the order in which they were written. */
export function signed(manifest: Manifest, key: Key): Buffer {
  const file: SignedManifest = { manifest, mac: { key: key.id, hmac: key.mac(JSON.stringify(manifest)) } }
  return Buffer.from(`${JSON.stringify(file, null, 1)}\n`)
}

/** Reads one manifest's file. Throws nothing: what is wrong with it is the answer. */
export function readSigned(label: string, bytes: Buffer, key: Key | undefined): CatalogueEntry {
  try {
    const { manifest, mac } = JSON.parse(bytes.toString()) as SignedManifest
    if (manifest.format !== 1 || manifest.label !== label || !Array.isArray(manifest.objects)) throw new Error('format')
    const trust =
      mac.key !== key?.id ? 'unknown-key' : sameMac(key.mac(JSON.stringify(manifest)), mac.hmac) ? 'signed' : 'forged'
    return { label, trust, manifest }
  } catch {
    return { label, trust: 'unreadable', manifest: null }
  }
}

/** Every backup of the repository, oldest first. Folders without a manifest are none: they are made, or were abandoned. */
export async function readCatalogue(repository: Repository, key: Key | undefined): Promise<readonly CatalogueEntry[]> {
  const labels = (await repository.store.list('backups/'))
    .map(({ key: name }) => /^backups\/([^/]+)\/manifest\.json$/.exec(name)?.[1])
    .filter((label) => label !== undefined && LABEL.test(label)) as string[]
  const entries = await atOnce(labels.sort(), (label) => rereadBackup(repository, key, label))
  // It may have been pruned since it was listed.
  return entries.filter((entry) => entry !== undefined)
}

/** The backup of that label, `latest`, or a beginning of a label that only one has. Throws when there is none. */
export async function findBackup(
  repository: Repository,
  key: Key | undefined,
  wanted: string,
): Promise<CatalogueEntry> {
  const entries = await readCatalogue(repository, key)
  const found = wanted === 'latest' ? entries.slice(-1) : entries.filter(({ label }) => label.startsWith(wanted))
  if (found.length === 1) return found[0]!
  throw new ArxError({
    code: 'no-such-backup',
    message:
      found.length > 1
        ? `"${wanted}" begins ${found.length} labels`
        : `no backup "${wanted}" in ${repository.store.where}`,
    detail: entries.length === 0 ? 'there is no backup at all' : undefined,
    hint: 'arxdb backup list',
  })
}

/** One manifest again, or undefined when it is gone by now. */
export async function rereadBackup(
  { store }: Repository,
  key: Key | undefined,
  label: string,
): Promise<CatalogueEntry | undefined> {
  try {
    return readSigned(label, await store.read(manifestKey(label)), key)
  } catch (error) {
    if (error instanceof ObjectAbsent) return undefined
    throw error
  }
}
