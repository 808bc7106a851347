// One backup, up the ladder: each level builds on those below it, and the first that fails is the end.
import type { CatalogueEntry } from '../catalogue.ts'
import type { Level } from '../proofs.ts'
import { drillProblems, walProblems } from './beyond.ts'
import { hashAll } from './checksums.ts'
import { type Decoding, decodeAll } from './decoded.ts'
import { type Findings, lookAt } from './present.ts'

export interface Climb extends Omit<Decoding, 'unchecked'> {
  readonly level: Level
  /** Without level 1: to see what the levels above it find by themselves. */
  readonly skipChecksums: boolean
  read(bytes: number): void
}

/** Everything that is wrong with a backup by itself, up to `climb.level`. */
export async function climbed(entry: CatalogueEntry, climb: Climb): Promise<Findings> {
  const { manifest } = entry
  const distrust = distrusted(entry, climb)
  if (manifest === null) return { problems: distrust, warnings: [] }
  const there = await lookAt(climb.repository, manifest, climb.settings.encrypt)
  const problems = [...distrust, ...there.problems]
  const decoding = { ...climb, unchecked: climb.skipChecksums }
  const steps: Readonly<Record<number, () => Promise<readonly string[]>>> = {
    1: async () => (climb.skipChecksums ? [] : hashAll(climb.repository, manifest, climb)),
    2: () => decodeAll(manifest, decoding),
    3: () => walProblems(manifest, decoding),
    4: async () => (climb.level === 4 ? drillProblems(manifest, 4, decoding) : []),
    5: () => drillProblems(manifest, 5, decoding),
  }
  // What lies in pgBackRest's repository is read by pgBackRest alone: levels 1 and 2 are one to it.
  if (problems.length === 0 && climb.level < 2 && manifest.kind === 'pgbackrest')
    problems.push(...(await decodeAll(manifest, decoding, climb.level === 0 ? 'present' : 'decode')))
  for (let level = 1; level <= climb.level; level++) {
    // What is known to be damaged is not decoded; but all of its objects are hashed, so that every bad one is named.
    if (level > 1 && problems.length > 0) break
    const missing = new Set(there.problems.map((text) => text.split(' ')[0]))
    const more = await steps[level]!()
    problems.push(...more.filter((text) => !missing.has(text.split(/[ :]/)[0])))
  }
  return { problems, warnings: there.warnings }
}

/** Whether the manifest is what was written by one who has the key. */
function distrusted({ trust, label }: CatalogueEntry, { key, settings }: Climb): readonly string[] {
  if (trust === 'unreadable') return [`manifest.json of ${label} cannot be read: it is no manifest`]
  if (trust === 'forged') return ['manifest.json was changed after it was signed: its MAC is wrong']
  if (trust === 'signed') return []
  const other = key ? `is signed with another key than ${settings.keyFile}` : `cannot be proven without its key`
  return [`manifest.json ${other}: give the right one with --key-file`]
}
