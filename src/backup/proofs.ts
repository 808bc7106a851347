// What verifications and drills found, kept in the repository beside what they looked at: proofs/LABEL/TIME-LEVEL.json.
import { hostname } from 'node:os'
import { atOnce } from './at-once.ts'
import type { Repository } from './repository.ts'
import { type Key, sameMac } from './sealing/keys.ts'
import { ObjectAbsent } from './stores/outcomes.ts'

/** 0 exists, 1 checksums, 2 decoded in full, 3 WAL continuous, 4 started and queried, 5 content equal. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5

export const LEVELS: readonly string[] = [
  'every object is there, in its size',
  'every byte has its SHA-256, the manifest its MAC',
  'decoded in full by the tool that will restore it',
  'WAL is there without a gap, from its start to the end that was asked for',
  'restored, started and queried',
  'restored with the same content',
]

export interface Proof {
  readonly label: string
  readonly at: string
  readonly host: string
  /** The level that was asked for. */
  readonly level: Level
  readonly passed: boolean
  readonly problems: readonly string[]
  /** Of a drill, seconds: until the restored server answered; and what would have been lost. */
  readonly rtoSeconds?: number | undefined
  readonly rpoSeconds?: number | undefined
}

/** As it lies there: a proof decides what a prune keeps, so nobody without the key is to make one. */
interface SignedProof extends Proof {
  readonly mac?: { readonly key: string; readonly hmac: string } | undefined
}

/** What is signed: never the text of a manifest. */
const signedText = (proof: Proof): string => `proof ${JSON.stringify(proof)}`

/** Keeps a proof; it never replaces another one. */
export async function keepProof(
  { store }: Repository,
  key: Key | undefined,
  proof: Omit<Proof, 'host'>,
): Promise<void> {
  const at = proof.at.replace(/[-:.]/g, '')
  // As it will be read again: what is undefined is not there.
  const full = JSON.parse(JSON.stringify({ ...proof, host: hostname() })) as Proof
  const file: SignedProof = { ...full, ...(key ? { mac: { key: key.id, hmac: key.mac(signedText(full)) } } : {}) }
  const name = `proofs/${proof.label}/${at}-L${proof.level}-${process.pid}.json`
  await store.put(name, Buffer.from(`${JSON.stringify(file)}\n`))
}

export interface Proofs {
  /** Oldest first. */
  readonly byLabel: ReadonlyMap<string, readonly Proof[]>
  /** Labels of those that count for nothing because they are not signed, or with another key; one for each proof. */
  readonly unsigned: readonly string[]
}

/**
 * All proofs by label. One that cannot be read proves nothing, and is left out; so is, with the key at hand, what was not
 * signed with it.
 */
export async function readProofs({ store }: Repository, key: Key | undefined): Promise<Proofs> {
  const byLabel = new Map<string, Proof[]>()
  const unsigned: string[] = []
  const names = (await store.list('proofs/')).map((object) => object.key)
  const files = await atOnce(names, (name) => store.read(name).catch(ifRemoved))
  for (const [at, name] of names.entries()) {
    const label = name.split('/')[1]!
    const file = parsed(files[at]!)
    if (file?.label !== label) continue
    const { mac, ...proof } = file
    if (key && mac?.key !== key.id) unsigned.push(label)
    // A flipped bit may have made it anything.
    else if (!key || sameMac(key.mac(signedText(proof)), String(mac!.hmac)))
      byLabel.set(label, [...(byLabel.get(label) ?? []), proof])
  }
  // By what was signed: a copy of an old one under a younger name is as old as it says.
  for (const of of byLabel.values()) of.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return { byLabel, unsigned }
}

/** Proofs that count for nothing, and what to do, for people; undefined where all count. */
export function unsignedText(unsigned: readonly string[]): string | undefined {
  if (unsigned.length === 0) return undefined
  const [proofs, are] = unsigned.length === 1 ? ['proof', 'is'] : ['proofs', 'are']
  const backups = new Set(unsigned).size
  return `${unsigned.length} ${proofs} of ${backups} backup${backups > 1 ? 's' : ''} ${are} not signed with this key and count${unsigned.length > 1 ? '' : 's'} for nothing: arxdb backup verify --all proves them anew`
}

/** Its backup may be pruned while proofs are read. */
function ifRemoved(error: unknown): Buffer {
  if (error instanceof ObjectAbsent) return Buffer.alloc(0)
  throw error
}

function parsed(bytes: Buffer): SignedProof | undefined {
  try {
    return (JSON.parse(bytes.toString()) as SignedProof | null) ?? undefined
  } catch {
    return undefined
  }
}

/** How far a backup is proven now: the highest level that passed after the last failure; -1 for none. */
export function provenLevel(proofs: readonly Proof[]): Level | -1 {
  const failed = proofs.findLastIndex(({ passed }) => !passed)
  return Math.max(-1, ...proofs.slice(failed + 1).map(({ level }) => level)) as Level | -1
}
