// What a prune would do, from one look at the repository: the same plan is shown by --dry-run and carried out.
import { ArxError } from '../../errors.ts'
import { manifestKey, objectKey } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import { unsignedText } from '../proofs.ts'
import { readersOf } from '../reading.ts'
import type { Repository } from '../repository.ts'
import { readRuns } from '../runs.ts'
import type { Key } from '../sealing/keys.ts'
import type { Retention } from '../settings.ts'
import { type Candidate, type Decision, decide, floorOf } from './retention.ts'
import { candidateOf, readShelf, type Shelf, type Shelved, type Unfinished } from './shelf.ts'
import { walPlan } from './wal.ts'

const DAY_MS = 86_400_000
/** A folder without a manifest may be a backup that is being made, here or elsewhere, until nothing came for so long. */
export const YOUNG_MS = 2 * DAY_MS
/** Proofs and records of backups that are gone are kept so long. */
export const MEMORY_MS = 400 * DAY_MS

export interface Planned extends Decision {
  readonly kind: string | null
  readonly status: string
  readonly bytes: number
}

export interface PrunePlan {
  /** Every backup and every folder without one, newest first. */
  readonly backups: readonly Planned[]
  /** Backups to remove, children before what they stand on. */
  readonly remove: readonly Manifest[]
  /** Abandoned or half-removed folders to sweep. */
  readonly sweep: readonly Unfinished[]
  readonly wal: readonly string[]
  /** Old proofs and run records of what is gone. */
  readonly memory: readonly string[]
  readonly notes: readonly string[]
}

/** Plans. Throws, and so removes nothing, when a list fails or does not show what is there. */
export async function planPrune(
  repository: Repository,
  key: Key | undefined,
  retention: Retention,
  now: number,
): Promise<PrunePlan> {
  const shelf = await readShelf(repository, key)
  await assertComplete(repository, shelf)
  const readers = await readersOf(repository, now)
  const seen = shelf.backups.map((one) => ({ ...candidateOf(one), reader: readers.get(one.entry.label) }))
  const bare = stoodOn(shelf)
  const byLabel = new Map(shelf.backups.map((one) => [one.entry.label, one]))
  const all = decide([...seen, ...[...bare.keys()].map(unreadable)], retention, now)
  const decisions = all.filter(({ label }) => byLabel.has(label))
  const going = decisions.filter(({ keep }) => !keep).map(({ label }) => byLabel.get(label)!)
  const sweep = shelf.unfinished.filter(
    (one) => one.removing || (now - one.touched.getTime() > YOUNG_MS && !bare.has(one.label)),
  )
  // Without a backup in sight there is nothing to measure anything by.
  const blind = shelf.backups.length === 0
  const wal = blind ? { remove: [], notes: [] } : await walOf(repository, shelf, going, sweep)
  const left = shelf.unfinished.map((one) => described(one, sweep.includes(one), now, bare.get(one.label)))
  const rows = decisions.map((decision) => ({ ...decision, ...about(byLabel.get(decision.label)!) }))
  return {
    backups: [...rows, ...left].sort((a, b) => (a.label < b.label ? 1 : -1)),
    remove: going.map(({ entry }) => entry.manifest!),
    sweep: blind ? sweep.filter(({ removing }) => removing) : sweep,
    wal: wal.remove,
    memory: blind ? [] : await forgotten(repository, byLabel, now),
    notes: [...notesOf(shelf, retention, going.length), ...wal.notes],
  }
}

const about = ({ entry, status, bytes }: Shelved) => ({ kind: entry.manifest?.kind ?? null, status, bytes })

/** Folders that have no manifest any more while backups stand on them, and one of those: of these a human decides. */
function stoodOn({ backups, unfinished }: Shelf): ReadonlyMap<string, string> {
  const bare = new Set(unfinished.filter(({ removing }) => !removing).map(({ label }) => label))
  const pairs = backups.map(({ entry }) => [entry.manifest?.parent ?? '', entry.label] as const)
  return new Map(pairs.filter(([parent]) => bare.has(parent)))
}

const unreadable = (label: string): Candidate => ({ label, parent: null, trusted: false, good: false, verified: false })

function described(
  { label, bytes, removing, touched }: Unfinished,
  swept: boolean,
  now: number,
  child: string | undefined,
): Planned {
  const age = `${((now - touched.getTime()) / DAY_MS).toFixed(1)} d`
  const why = removing ? 'a prune began to remove it' : `no manifest, last written ${age} ago`
  const stays = child === undefined ? 'may be at work' : `${child} stands on it: left for a human`
  const status = removing ? 'being removed' : swept ? 'abandoned' : 'unfinished'
  return { label, kind: null, status, bytes, keep: !swept, reasons: [swept ? why : `${why}: ${stays}`] }
}

/** A list that leaves out what is there would be taken for less than there is: what must be there is asked for by name. */
async function assertComplete(repository: Repository, { backups, unfinished, proven }: Shelf): Promise<void> {
  const { store } = repository
  const listed = new Set(backups.map(({ entry }) => entry.label))
  // A backup whose manifest alone was left out looks like one that never got it.
  const bare = unfinished.map(({ label }) => label)
  const runs = await readRuns(repository)
  const told = runs.map(({ job, outcome, label }) => (job === 'run' && outcome === 'ok' ? label : null))
  const parents = backups.map(({ entry }) => entry.manifest?.parent ?? null)
  const expected = new Set(
    [...told, ...parents, ...proven, ...bare].filter((label) => label !== null && !listed.has(label)),
  )
  // The newest are what a removal could wrongly pass over.
  const labels = [...(expected as Set<string>)].sort().slice(-200)
  for (const label of labels) {
    const key = manifestKey(label)
    if (await store.stat(key)) throw partial(store.where, key)
  }
  for (const { entry, status } of backups) {
    if (status !== 'incomplete') continue
    const found = await Promise.all(
      entry.manifest!.objects.map(
        async ({ name, bytes }) => (await store.stat(objectKey(entry.label, name)))?.bytes === bytes,
      ),
    )
    // Nothing is missing, and yet the list said so.
    if (found.every((there) => there)) throw partial(store.where, objectKey(entry.label, ''))
  }
}

async function walOf(
  { store }: Repository,
  { backups, unfinished }: Shelf,
  going: readonly Shelved[],
  sweep: readonly Unfinished[],
): Promise<{ readonly remove: readonly string[]; readonly notes: readonly string[] }> {
  const keys = (await store.list('wal/')).map(({ key }) => key)
  if (keys.length === 0) return { remove: [], notes: [] }
  const kept = backups.filter((one) => !going.includes(one))
  if (kept.some(({ entry }) => entry.trust !== 'signed'))
    return { remove: [], notes: ['WAL stays: a backup whose manifest cannot be trusted may need it'] }
  if (unfinished.some((one) => !sweep.includes(one)))
    return { remove: [], notes: ['WAL stays: a backup that is not finished may need it'] }
  return walPlan(
    keys,
    kept.map(({ entry }) => entry.manifest!),
  )
}

/** Records that are older than anybody asks for, of backups that are gone. */
async function forgotten({ store }: Repository, listed: ReadonlyMap<string, unknown>, now: number) {
  const old = ({ modified }: { readonly modified: Date }): boolean => now - modified.getTime() > MEMORY_MS
  const proofs = (await store.list('proofs/')).filter(({ key }) => !listed.has(key.split('/')[1]!))
  return [...proofs, ...(await store.list('runs/'))].filter(old).map(({ key }) => key)
}

function notesOf({ backups, foreign, unsigned }: Shelf, retention: Retention, going: number): readonly string[] {
  const candidates = backups.map(candidateOf)
  const verified = candidates.filter((one) => one.verified).length
  const floor = floorOf(candidates, retention)
  const strange = [...foreign, ...backups.flatMap((one) => one.foreign)]
  const distrusted = backups.filter((one) => !candidateOf(one).trusted).map(({ entry }) => entry.label)
  return [
    ...(verified < retention.keepVerified && backups.length > 0
      ? [
          `${verified} of the ${retention.keepVerified} verified backups that are to be kept: the newest ${floor} stay whatever their age (arxdb backup verify --all)`,
        ]
      : []),
    ...[unsignedText(unsigned)].filter((text) => text !== undefined),
    ...(going > 0 && verified === 0 ? ['no backup is verified'] : []),
    ...distrusted.map((label) => `${label} has a manifest that cannot be trusted: it stays`),
    ...strange.slice(0, 20).map((key) => `${key} is not of arxdb: it stays`),
    ...(strange.length > 20 ? [`${strange.length - 20} more that are not of arxdb`] : []),
  ]
}

const partial = (where: string, key: string): ArxError =>
  new ArxError({
    code: 'list-incomplete',
    message: `the list of ${where} does not show all that is there: nothing was removed`,
    detail: `${key} is there, and not in the list`,
    hint: 'look at the store; arxdb backup prune again when it answers in full',
  })
