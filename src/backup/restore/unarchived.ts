// WAL of a stopped server that its archive does not have: the only copy of its last commits, which no restore brings back.
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programsOf } from '../programs.ts'
import { lsnBytes, segmentAt, segmentNumber, walFile } from '../wal/names.ts'
import { type ControlFile, readControl } from './control.ts'
import type { RunOptions } from './run.ts'
import { archiveOf } from './windows.ts'

type Stopped = Pick<RunOptions, 'into' | 'settings' | 'env' | 'repository' | 'key'>

/** In words, with what to do; undefined where all is archived, or where it is no cluster of these backups. */
export async function unarchivedIn({ into, settings, env, repository, key }: Stopped): Promise<string | undefined> {
  try {
    const version = Number.parseInt(await readFile(join(into, 'PG_VERSION'), 'utf8'), 10)
    const control = await readControl(into, { programs: programsOf(version, settings.bindir, env), env })
    const { stored } = await archiveOf(repository, control.systemId, key)
    if (stored.size === 0) return undefined
    const folder = join(into, 'pg_wal')
    const names = (await readdir(folder)).filter((name) => walFile(name)?.kind === 'segment' && !stored.has(name))
    const lost: string[] = []
    for (const name of names.sort()) {
      if (!isLast(name, control) && (await holds(folder, name, control.segmentBytes))) lost.push(name)
    }
    if (lost.length === 0) return undefined
    const span = lost.length === 1 ? lost[0] : `${lost[0]} to ${lost.at(-1)}`
    return `its pg_wal has ${lost.length} WAL ${lost.length === 1 ? 'file' : 'files'} (${span}) that the archive does not: what they hold is not restored; to have it, arxdb wal push each of them first`
  } catch {
    return undefined
  }
}

/** Begun when the server was stopped in order: it holds the checkpoint of that moment, and no commit. */
const isLast = (name: string, { state, checkpoint, segmentBytes }: ControlFile): boolean =>
  state === 'shut down' &&
  segmentNumber(name, segmentBytes) === segmentAt(checkpoint, segmentBytes) &&
  lsnBytes(checkpoint) % BigInt(segmentBytes) === BigInt(LONG_HEADER)

/** Bytes before the first record of a segment. */
const LONG_HEADER = 40

/** Files that wait to be filled have names that they do not hold yet: the first page says what it is. */
async function holds(folder: string, name: string, segmentBytes: number): Promise<boolean> {
  const file = await open(join(folder, name))
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
    return (
      bytesRead === 16 && buffer.readBigUInt64LE(8) === BigInt(segmentNumber(name, segmentBytes)) * BigInt(segmentBytes)
    )
  } finally {
    await file.close()
  }
}
