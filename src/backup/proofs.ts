// What verifications and drills found, kept in the repository beside what they looked at: proofs/LABEL/TIME-LEVEL.json.
import { hostname } from 'node:os'
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

/**
 * All proofs by label, oldest first. One that cannot be read proves nothing, and is left out; so is, with the key at hand,
 * what was not signed with it.
 */
export async function readProofs(
  { store }: Repository,
  key: Key | undefined,
): Promise<ReadonlyMap<string, readonly Proof[]>> {
  const proofs = new Map<string, Proof[]>()
  for (const { key: name } of await store.list('proofs/')) {
    const label = name.split('/')[1]!
    const proof = parsed(await store.read(name).catch(ifRemoved), key)
    if (proof?.label === label) proofs.set(label, [...(proofs.get(label) ?? []), proof])
  }
  // By what was signed: a copy of an old one under a younger name is as old as it says.
  for (const of of proofs.values()) of.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return proofs
}

/** Its backup may be pruned while proofs are read. */
function ifRemoved(error: unknown): Buffer {
  if (error instanceof ObjectAbsent) return Buffer.alloc(0)
  throw error
}

function parsed(bytes: Buffer, key: Key | undefined): Proof | undefined {
  try {
    const { mac, ...proof } = JSON.parse(bytes.toString()) as SignedProof
    return key && !(mac?.key === key.id && sameMac(key.mac(signedText(proof)), mac.hmac)) ? undefined : proof
  } catch {
    return undefined
  }
}

/** How far a backup is proven now: the highest level that passed after the last failure; -1 for none. */
export function provenLevel(proofs: readonly Proof[]): Level | -1 {
  const failed = proofs.findLastIndex(({ passed }) => !passed)
  return Math.max(-1, ...proofs.slice(failed + 1).map(({ level }) => level)) as Level | -1
}
