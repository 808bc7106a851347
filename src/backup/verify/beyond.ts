// Levels 3 to 5: the WAL that a backup needs, and restoring it. What does the work is of other parts.
import { readCatalogue } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import { readArchive } from '../wal/archive.ts'
import { checkWal } from '../wal/continuous.ts'
import { behind, plainCheck, wholeCheck } from '../wal/inspect.ts'
import { readKnownGaps } from '../wal/known-gaps.ts'
import type { Decoding } from './decoded.ts'

/** Level 3: every byte of the WAL from the backup's start to the archive's newest. Dumps and copies need none. */
export async function walProblems(
  manifest: Manifest,
  { repository, key, settings, env, signal }: Decoding,
): Promise<readonly string[]> {
  if (manifest.kind === 'pgbackrest')
    return (await import('../methods/pgbackrest.ts')).walGaps({ manifest, env, signal })
  if (manifest.wal === null) return []
  const { store } = repository
  const { systemId } = manifest.server
  const check = behind(manifest.wal, wholeCheck(store, key))
  const [archive] = await readArchive(repository, { systemId, key, check })
  const problems = checkWal(archive, manifest, await readKnownGaps(repository))
  if (!settings.encrypt || problems.length > 0) return problems
  const [plain] = await readArchive(repository, { systemId, key, check: behind(manifest.wal, plainCheck(store)) })
  return plain!.broken
}

/** Levels 4 and 5: a drill, which keeps no proof of its own here. */
export async function drillProblems(manifest: Manifest, level: 4 | 5, decoding: Decoding): Promise<readonly string[]> {
  const { drillManifest } = await import('../drill/drill.ts')
  const entries = await readCatalogue(decoding.repository, decoding.key)
  const done = await drillManifest(manifest, entries, { ...decoding, level, progress: () => {} })
  // What was asked for is level 5: rows that could not be compared prove nothing.
  const thin =
    level === 5 && done.level < 5 ? done.remarks.filter((text) => text.startsWith('rows were not compared')) : []
  return [...done.problems, ...thin]
}
