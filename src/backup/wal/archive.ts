// The WAL of a repository as it lies there: per cluster and timeline, without a gap from where to where.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { atOnce } from '../at-once.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { StoredObject } from '../stores/store.ts'
import { HEADER_BYTES, readHeader } from './header.ts'
import { historyName, segmentName, segmentNumber, walFile, walFolder, walKey } from './names.ts'

/** Segments that follow each other, numbers inclusive. */
export interface Run {
  readonly first: number
  readonly last: number
}

/** Where a timeline left its parent, by its history file. */
export interface Branch {
  readonly parent: number
  readonly lsn: string
}

export interface Timeline {
  readonly timeline: number
  readonly runs: readonly Run[]
  /** Nearest parent first; null when its history file is missing, and it is not the first timeline. */
  readonly history: readonly Branch[] | null
}

export interface SystemArchive {
  readonly systemId: string
  readonly segmentBytes: number
  readonly timelines: ReadonlyMap<number, Timeline>
  /** When each segment came into the store, by its name. */
  readonly stored: ReadonlyMap<string, Date>
  /** Segments that were never filled: the end of a timeline that was left, or of a server that was lost. */
  readonly partials: readonly string[]
  /** Objects that are nothing of ours, empty or cut, in words. */
  readonly broken: readonly string[]
  /** Those of them that go by the name of a segment: they count as missing, also behind the last good one. */
  readonly damaged: ReadonlyMap<string, string>
}

const DEFAULT_SEGMENT = 16 << 20
const PROBES = 3

/** Says what is wrong with an object, or undefined; a segment that fails is counted as missing. */
export type ObjectCheck = (object: StoredObject, systemId: string) => Promise<string | undefined>

export interface ArchiveSearch {
  /** Only this cluster's. */
  readonly systemId?: string | undefined
  readonly check?: ObjectCheck | undefined
  /** Opens history files that are encrypted; without it their branches are not known. */
  readonly key?: Key | undefined
}

/** Reads the archive of every cluster in the repository, or of one. */
export async function readArchive(
  repository: Repository,
  { systemId, check, key }: ArchiveSearch = {},
): Promise<readonly SystemArchive[]> {
  const { store } = repository
  const objects = await store.list(systemId === undefined ? 'wal/' : walFolder(systemId))
  const systems = new Map<string, StoredObject[]>()
  for (const object of objects) {
    const system = object.key.split('/')[1]!
    if (!systems.get(system)?.push(object)) systems.set(system, [object])
  }
  const read: SystemArchive[] = []
  for (const [system, of] of systems) read.push(await readSystem(repository, system, of, { check, key }))
  return read
}

async function readSystem(
  { store }: Repository,
  systemId: string,
  objects: readonly StoredObject[],
  { check = async () => undefined, key: secret }: ArchiveSearch,
): Promise<SystemArchive> {
  const broken: string[] = []
  const damaged = new Map<string, string>()
  const partials: string[] = []
  const stored = new Map<string, Date>()
  const histories = new Map<number, readonly Branch[]>()
  const names: string[] = []
  const problems = await atOnce(objects, (object) => check(object, systemId))
  for (const [at, { key, bytes, modified }] of objects.entries()) {
    const problem = problems[at]
    const name = key.slice(key.lastIndexOf('/') + 1)
    const file = walFile(name)
    const ours = file && key === walKey(systemId, name)
    const wrong = !ours ? 'no file of an archive' : bytes === 0 ? 'empty' : problem
    if (!ours || wrong !== undefined) {
      const text = `${key}: ${wrong}`
      broken.push(text)
      if (ours && file.kind === 'segment') damaged.set(name, text)
    } else if (file.kind === 'partial') partials.push(name)
    else if (file.kind === 'segment') {
      names.push(name)
      stored.set(name, modified)
    } else if (file.kind === 'history') {
      const branches = await readHistory(await store.read(key), { name, systemId, key: secret })
      if (typeof branches === 'string') broken.push(`${key}: ${branches}`)
      else histories.set(file.timeline, branches)
    }
  }
  const segmentBytes = await sizeOf(store, systemId, names, broken)
  const timelines = timelinesOf(names, segmentBytes, histories)
  return { systemId, segmentBytes, timelines, stored, partials, broken, damaged }
}

/** Runs of segments by timeline; `histories` are those whose files can be read. */
export function timelinesOf(
  names: readonly string[],
  segmentBytes: number,
  histories: ReadonlyMap<number, readonly Branch[]>,
): ReadonlyMap<number, Timeline> {
  const timelines = new Map<number, Timeline>()
  for (const name of [...names].sort()) {
    const timeline = Number.parseInt(name.slice(0, 8), 16)
    const runs = [...(timelines.get(timeline)?.runs ?? [])]
    const number = segmentNumber(name, segmentBytes)
    const last = runs.at(-1)
    if (last && last.last + 1 === number) runs[runs.length - 1] = { first: last.first, last: number }
    else runs.push({ first: number, last: number })
    timelines.set(timeline, { timeline, runs, history: histories.get(timeline) ?? (timeline === 1 ? [] : null) })
  }
  return timelines
}

/** From the headers of a few segments; what has none is told. */
async function sizeOf(
  store: Repository['store'],
  systemId: string,
  names: readonly string[],
  broken: string[],
): Promise<number> {
  for (const name of names.slice(0, PROBES)) {
    const key = walKey(systemId, name)
    const found = readHeader(await store.read(key, { first: HEADER_BYTES }))
    if (found) return found.header.bytes
    broken.push(`${key}: no header of arxdb`)
  }
  return DEFAULT_SEGMENT
}

/** The branches that a history file tells of, or what is wrong with it. */
async function readHistory(
  bytes: Buffer,
  { name, systemId, key }: { readonly name: string; readonly systemId: string; readonly key: Key | undefined },
): Promise<readonly Branch[] | string> {
  const found = readHeader(bytes)
  if (!found) return 'it does not begin with a header of arxdb'
  const { header, length } = found
  if (header.name !== name) return `it holds ${header.name}`
  if (header.systemId !== systemId) return `it is of system ${header.systemId}`
  if (header.sealed.includes('age') && !key) return []
  const { unsealed } = await import('../sealing/seal.ts')
  try {
    const pieces: Buffer[] = []
    const payload = Readable.from([bytes.subarray(length)])
    for await (const piece of await unsealed(payload, header.sealed, key)) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces)
    if (createHash('sha256').update(text).digest('hex') !== header.sha256) return 'its content is not what was archived'
    return parseHistory(text.toString())
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`
  }
}

/** `1\t0/5000000\tno recovery target specified`, oldest first in the file; nearest first here. */
export const parseHistory = (text: string): readonly Branch[] =>
  text
    .split('\n')
    .map((line) => /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/i.exec(line))
    .filter((match) => match !== null)
    .map((match) => ({ parent: Number(match[1]), lsn: match[2]! }))
    .reverse()

/** Segments that are missing, by name, both included. */
export interface Gap {
  readonly timeline: number
  readonly first: string
  readonly last: string
  readonly segments: number
}

/** The segments of a timeline that are missing from `first` to `last`, runs of them as one. */
export function gapsBetween(
  { timelines, segmentBytes }: SystemArchive,
  timeline: number,
  first: number,
  last: number,
): readonly Gap[] {
  const told: Gap[] = []
  const name = (number: number): string => segmentName(timeline, number, segmentBytes)
  let next = first
  const missing = (until: number): void => {
    if (until < next) return
    told.push({ timeline, first: name(next), last: name(until), segments: until - next + 1 })
  }
  for (const run of timelines.get(timeline)?.runs ?? []) {
    if (run.last < next) continue
    if (run.first > last) break
    missing(run.first - 1)
    next = run.last + 1
  }
  missing(last)
  return told
}

/** The last segment of a timeline that is there, good or not; undefined for none. */
export function newestOf({ timelines, damaged, segmentBytes }: SystemArchive, timeline: number): number | undefined {
  const good = timelines.get(timeline)?.runs.at(-1)?.last
  const bad = [...damaged.keys()]
    .filter((name) => Number.parseInt(name.slice(0, 8), 16) === timeline)
    .map((name) => segmentNumber(name, segmentBytes))
  const all = [...(good === undefined ? [] : [good]), ...bad]
  return all.length === 0 ? undefined : all.reduce((a, b) => Math.max(a, b))
}

export const gapText = ({ first, last }: Gap): string =>
  first === last ? `segment ${first} is missing` : `segments ${first} to ${last} are missing`

/** Whether the history of a timeline other than the first can be followed. */
export const historyMissing = ({ timelines }: SystemArchive): readonly string[] =>
  [...timelines.values()].filter(({ history }) => history === null).map(({ timeline }) => historyName(timeline))
