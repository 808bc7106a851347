// What is not in the archive although more of its timeline is: a hole, and not the end. PostgreSQL would promote in front of
// it, and everything behind it would be lost without a word.
import { setTimeout as sleep } from 'node:timers/promises'
import { ArxError } from '../../errors.ts'
import type { Repository } from '../repository.ts'
import { readKnownGaps } from './known-gaps.ts'
import { walFile, walFolder, walKey } from './names.ts'

/** A batch stores several at once: the one that is asked for may come after those behind it, and no later than this. */
const LATE_MS = 10_000

/**
 * Throws where `name`, which is absent, is followed by what is there, unless somebody acknowledged that it is missing;
 * `came late` when it was on its way only, `end` when nothing follows.
 */
export async function refuseHole(
  repository: Repository,
  systemId: string,
  name: string,
  signal: AbortSignal,
): Promise<'end' | 'came late'> {
  const { store } = repository
  const later = await following(repository, systemId, name)
  if (later === undefined) return 'end'
  if ((await readKnownGaps(repository))(systemId, { first: name, last: name })) return 'end'
  for (const until = Date.now() + LATE_MS; Date.now() < until; await sleep(500, undefined, { signal })) {
    if (await store.stat(walKey(systemId, name))) return 'came late'
  }
  throw hole(name, later, store.where)
}

/** What is there of the same timeline behind it; of a history, anything of the timeline that it tells of. */
async function following({ store }: Repository, systemId: string, name: string): Promise<string | undefined> {
  const { kind, timeline } = walFile(name)!
  if ((kind !== 'segment' && kind !== 'history') || (kind === 'history' && timeline === 1)) return undefined
  const folder = `${walFolder(systemId)}${name.slice(0, 8)}/`
  const segments = (await store.list(folder))
    .map(({ key }) => key.slice(folder.length))
    .filter((other) => walFile(other)?.kind === 'segment')
  return segments.filter((other) => kind === 'history' || other > name).sort()[0]
}

const hole = (name: string, later: string, where: string): ArxError =>
  new ArxError({
    code: 'wal-gap',
    message: `${where} has no ${name}, and has ${later}, which follows it: that is a gap, and not the end of the archive`,
    detail: 'recovery stops here rather than lose what follows',
    hint: name.endsWith('.history')
      ? "bring it back from another copy; recovery_target_timeline = 'current' leaves that timeline alone"
      : `bring it back from another copy; or give a recovery target before it (and recovery_prefetch = off, where that is close), or end there on purpose: arxdb wal status --ack ${name}`,
  })
