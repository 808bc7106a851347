// kind copy: schema and rows of a database without any client program, in one snapshot; arxdb alone makes it, and arxdb
// alone brings it back.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { cancelling } from '../../../db/cancel.ts'
import { sqlState, translate } from '../../../db/sqlstate.ts'
import { readSequences, takeEvidence } from '../../evidence/take.ts'
import { isOfHost } from '../../host-failure.ts'
import { compressionHere, type Seal, SUFFIX, sealed, unsealed } from '../../sealing/seal.ts'
import { holdAllJobs } from '../held-jobs.ts'
import { type DatabaseMould, surveyed } from '../logical-preflight.ts'
import type { DecodeTask, Made, Making, Method, Outcome } from '../method.ts'
import { joinSnapshot, openSnapshot, type Snapshot } from '../snapshot.ts'
import { type CopiedTable, readRows, writeRows } from './rows.ts'
import { type CopySchema, readSchema, sequenceState } from './schema.ts'

export interface CopiedSequence {
  readonly schema: string
  readonly name: string
  readonly last: string
  readonly called: boolean
}

/** `schema.json` in the backup: all but the rows. */
export type CopiedSchema = Pick<CopySchema, 'before' | 'after' | 'roles'> & { readonly format: 1 }

/** What the manifest keeps of a copy. */
export interface CopyManifest {
  readonly database: DatabaseMould
  /** How each file is compressed, by itself and not by the repository. */
  readonly compression: readonly Seal[]
  readonly schema: string
  /** Of its text, before it was compressed. */
  readonly schemaSha256: string
  readonly tables: readonly CopiedTable[]
  readonly sequences: readonly CopiedSequence[]
}

/** More connections than this gain little, and the server has others to serve. */
const MOST_CONNECTIONS = 4
const TRIES = 3
/** A lock was not to be had, a deadlock, a chunk that was dropped. */
const PASSING = ['55P03', '40P01', '42P01', 'XX000']

export const copyMethod: Method = {
  async preflight(making) {
    await surveyed(making)
    const snapshot = await openSnapshot(making.connection)
    try {
      await readSchema(snapshot)
    } finally {
      await snapshot.close()
    }
  },

  async make(making) {
    const database = await surveyed(making)
    const compression = await compressionHere(making.settings.compression)
    await mkdir(join(making.staging, 'tables'), { recursive: true })
    const held = await holdAllJobs(making.connection)
    try {
      for (let tries = 1; ; tries++) {
        let snapshot: Snapshot | undefined
        try {
          snapshot = await openSnapshot(making.connection)
          return await attempt(making, snapshot, database, compression)
        } catch (error) {
          const state = sqlState(error)
          if (tries === TRIES || state === undefined || !PASSING.includes(state))
            throw translate(error, making.connection)
          making.progress(`the copy was stopped (${(error as Error).message}), again`)
        } finally {
          await snapshot?.close()
        }
        await sleep(1_000 * tries, undefined, { signal: making.signal })
      }
    } finally {
      await held.release()
    }
  },

  async decode(task) {
    const method = task.manifest.method as unknown as CopyManifest
    const problems: string[] = []
    const check = async (file: string, body: (stream: Readable) => Promise<void>): Promise<void> => {
      const object = task.manifest.objects.find(({ name }) => name.startsWith(file))
      if (!object) return void problems.push(`${file} is not among the objects`)
      try {
        await body(await unsealed((await task.read(object)) as Readable, method.compression, undefined))
      } catch (error) {
        if (task.signal.aborted || isOfHost(error)) throw error
        problems.push(`${object.name}: ${(error as Error).message}`)
      }
    }
    await check(method.schema, async (stream) => void (await readCopiedSchema(stream, method.schemaSha256)))
    for (const table of method.tables) await check(table.file, (stream) => drained(readRows(stream, table), task))
    return problems
  },
}

async function drained(rows: AsyncGenerator<Buffer>, { signal }: DecodeTask): Promise<void> {
  for await (const _ of rows) signal.throwIfAborted()
}

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** The schema file as it was written. */
export async function readCopiedSchema(stream: Readable, sha256: string): Promise<CopiedSchema> {
  const parts: Buffer[] = []
  for await (const chunk of stream) parts.push(chunk as Buffer)
  const bytes = Buffer.concat(parts)
  if (digestOf(bytes) !== sha256) throw new Error('it is not what was written')
  const schema = JSON.parse(bytes.toString()) as CopiedSchema
  if (schema.format !== 1) throw new Error('its format is none that this arxdb knows')
  return schema
}

async function attempt(
  making: Making,
  snapshot: Snapshot,
  database: DatabaseMould,
  compression: readonly Seal[],
): Promise<Outcome> {
  const { staging, progress, signal } = making
  // Before the copy reads them: they go on beside the snapshot.
  const stood = await readSequences(snapshot.client)
  progress('reading the schema')
  const schema = await readSchema(snapshot)
  const suffix = compression.map((seal) => SUFFIX[seal]).join('')
  const path = (file: string): string => join(staging, file)

  const schemaFile = `schema.json${suffix}`
  const { before, after, roles } = schema
  const text = Buffer.from(JSON.stringify({ format: 1, before, after, roles } satisfies CopiedSchema))
  const packed = await sealed(Readable.from([text]), compression, undefined)
  await pipeline(packed, createWriteStream(path(schemaFile), { mode: 0o600 }), { signal })

  const tables = await inParallel(making, snapshot, schema, (number) => {
    const file = `tables/${String(number).padStart(4, '0')}.copy${suffix}`
    return { file, path: path(file), seals: compression, signal }
  })
  const sequences: CopiedSequence[] = []
  for (const sequence of schema.sequences) {
    sequences.push((await snapshot.client.query<CopiedSequence>(sequenceState(sequence))).rows[0]!)
  }
  progress('counting rows')
  const evidence = await cancelling(snapshot.client, signal, () =>
    takeEvidence(snapshot.client, { at: snapshot.at, exact: true, sequences: stood }),
  )
  const files: Made[] = [schemaFile, ...tables.map(({ file }) => file)].map((name) => ({
    name,
    file: path(name),
    seals: [],
  }))
  const schemaSha256 = digestOf(text)
  const method: CopyManifest = { database, compression, schema: schemaFile, schemaSha256, tables, sequences }
  return {
    ...{ files, wal: null, mark: null, evidence, parent: null, tools: [], warnings: schema.warnings },
    method: method as unknown as Record<string, unknown>,
  }
}

type Target = Parameters<typeof writeRows>[2]

/** Every table by whichever connection is free, all in the same snapshot. */
async function inParallel(
  making: Making,
  snapshot: Snapshot,
  { tables }: CopySchema,
  target: (number: number) => Target,
): Promise<readonly CopiedTable[]> {
  const done: CopiedTable[] = []
  let next = 0
  const stop = new AbortController()
  const signal = AbortSignal.any([making.signal, stop.signal])
  const work = async (): Promise<void> => {
    const client = await joinSnapshot(making.connection, snapshot)
    try {
      while (next < tables.length && !signal.aborted) {
        const at = next++
        making.check()
        making.progress(`copying ${tables[at]!.schema}.${tables[at]!.name} (${at + 1} of ${tables.length})`)
        done[at] = await writeRows(client, tables[at]!, { ...target(at + 1), signal })
      }
    } catch (error) {
      stop.abort()
      throw error
    } finally {
      await client.end().catch(() => {})
    }
  }
  const connections = Math.max(1, Math.min(MOST_CONNECTIONS, availableParallelism(), tables.length))
  const ended = await Promise.allSettled(Array.from({ length: connections }, work))
  making.signal.throwIfAborted()
  // The first failure is the cause; what it stopped fails by the abort.
  const failures = ended.filter((one) => one.status === 'rejected').map(({ reason }) => reason as Error)
  const cause = failures.find((error) => error.name !== 'AbortError') ?? failures[0]
  if (cause) throw cause
  return done
}
