// kind dump: pg_dump's custom format of one database, and what that database held in the very same snapshot.

import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { cancelling } from '../../db/cancel.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { readSequences, takeEvidence } from '../evidence/take.ts'
import { isOfHost } from '../host-failure.ts'
import { type Decoded, digestOf } from './decoded.ts'
import { holdAllJobs } from './held-jobs.ts'
import { surveyed } from './logical-preflight.ts'
import type { DecodeTask, Making, Method, Outcome } from './method.ts'
import { LOCK_WAIT_MS, openSnapshot } from './snapshot.ts'
import { libpqEnv, runTool, type ToolRun, toolVersion } from './tool.ts'

export const DUMP = 'dump.pgdump'
/** Chunks' and partitions' too: a restore has to bring as many. */
export interface DefinitionCounts {
  readonly indexes: number
  readonly constraints: number
  readonly triggers: number
}

const TRIES = 3
/** A chunk was dropped, a table was altered, a lock was not to be had: in a moment it may all be well. */
const PASSING =
  /lock timeout|could not obtain lock|deadlock detected|relation .* does not exist|could not open relation with OID/

export const dumpMethod: Method = {
  async preflight(making) {
    await checkedPrograms(making)
    await surveyed(making)
  },

  async make(making) {
    const { dump, restore } = await checkedPrograms(making)
    const mould = await surveyed(making)
    const held = await holdAllJobs(making.connection)
    try {
      for (let tries = 1; ; tries++) {
        making.check()
        const outcome = await attempt(making, dump.file)
        if (typeof outcome !== 'string') {
          making.progress('decoding the dump')
          const file = join(making.staging, DUMP)
          const decoded = await decode(restore.file, file, { env: {}, signal: making.signal })
          if (typeof decoded === 'string') throw dumpFailed(`what it wrote does not decode: ${decoded}`)
          const tools = [dump.text]
          const { counts, ...made } = outcome
          const method = { database: mould, decoded, decodedBy: restore.text, counts, heldJobs: held.jobs, tries }
          return { ...made, tools, method }
        }
        await rm(join(making.staging, DUMP), { force: true })
        if (tries === TRIES || !PASSING.test(outcome)) throw dumpFailed(outcome)
        making.progress(`pg_dump gave up (${outcome}), again`)
        await sleep(1_000 * tries, undefined, { signal: making.signal })
      }
    } finally {
      await held.release()
    }
  },

  async decode(task) {
    const object = task.manifest.objects.find(({ name }) => name.startsWith(DUMP))
    if (!object) return [`${DUMP} is not among the objects`]
    const file = join(task.staging, DUMP)
    try {
      await pipeline(await task.read(object), createWriteStream(file), { signal: task.signal })
      const found = await decode(task.programs.need('pg_restore'), file, { env: {}, signal: task.signal })
      if (typeof found === 'string') return [`${object.name} does not decode: ${found}`]
      return await differences(object.name, found, task)
    } catch (error) {
      if (task.signal.aborted || isOfHost(error)) throw error
      return [`${object.name} cannot be read: ${(error as Error).message}`]
    } finally {
      await rm(file, { force: true })
    }
  },
}

/** The text beside rows is each pg_restore's own, so it is compared where the same one wrote it. */
async function differences(name: string, found: Decoded, task: DecodeTask): Promise<readonly string[]> {
  const { decoded, decodedBy } = task.manifest.method as { decoded?: Decoded; decodedBy?: string }
  if (!decoded) return []
  if (decoded.rows !== found.rows) return [`${name} decodes to other rows than were dumped`]
  const same = decodedBy === (await toolVersion(task.programs.need('pg_restore'), {})).text
  return same && decoded.rest !== found.rest ? [`${name} decodes to another schema than was dumped`] : []
}

/** A flipped bit can send pg_restore round in circles (once in 400, measured); its output never waits this long. */
const STALL_MS = 30_000

/** Decodes all of it: `pg_restore --list` reads the table of contents alone, and is content with 40 % of a dump. */
async function decode(program: string, file: string, run: ToolRun): Promise<Decoded | string> {
  let decoded: Decoded | undefined
  let last = performance.now()
  const stalled = new AbortController()
  const watch = setInterval(() => {
    if (performance.now() - last > STALL_MS) stalled.abort()
  }, 1_000)
  async function* beating(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of stream) {
      last = performance.now()
      yield chunk
    }
  }
  try {
    const outcome = await runTool(program, ['-f', '-', file], {
      env: run.env,
      signal: AbortSignal.any([run.signal, stalled.signal]),
      async stdout(stream) {
        decoded = await digestOf(beating(stream as AsyncIterable<Buffer>))
      },
    })
    return outcome.ok && decoded ? decoded : outcome.reason || 'pg_restore said nothing'
  } catch (error) {
    if (stalled.signal.aborted && !run.signal.aborted) return `pg_restore came to no end within ${STALL_MS / 1000} s`
    throw error
  } finally {
    clearInterval(watch)
  }
}

/** pg_dump and pg_restore, of the server's major or newer: an older one refuses, and half-way. */
async function checkedPrograms({ programs, server, env }: Making) {
  const checked = async (name: 'pg_dump' | 'pg_restore') => {
    const file = programs.need(name)
    const { text, major } = await toolVersion(file, env)
    if (major >= server.major) return { file, text }
    throw new ArxError({
      code: 'program-old',
      message: `${name} is of PostgreSQL ${major}, and the server is ${server.version}`,
      detail: file,
      hint: `apt install postgresql-client-${server.major}, or give its folder with --bindir or ARXDB_PG_BINDIR`,
      exit: EXIT.unsupported,
    })
  }
  return { dump: await checked('pg_dump'), restore: await checked('pg_restore') }
}

/** A lock that was not to be had may be there the next time, as it is with pg_dump's own. */
function inPassing(error: ArxError): string {
  const said = `${error.message}; ${error.detail ?? ''}`
  if (PASSING.test(said)) return said
  throw error
}

type Attempt = Omit<Outcome, 'tools' | 'method'> & { readonly counts: DefinitionCounts }

/** One snapshot, one dump; a text says why there is none. */
async function attempt(making: Making, program: string): Promise<Attempt | string> {
  const { connection, staging, settings, signal, server } = making
  const snapshot = await openSnapshot(connection).catch(inPassing)
  if (typeof snapshot === 'string') return snapshot
  try {
    const compress = settings.compression === 'zstd' && server.major < 16 ? 'gzip' : settings.compression
    const args = [
      '--format=custom',
      server.major < 16 ? `--compress=${compress === 'none' ? 0 : 6}` : `--compress=${compress}`,
      ...['--no-password', '--no-sync', `--lock-wait-timeout=${LOCK_WAIT_MS}`],
      ...[`--snapshot=${snapshot.id}`, `--file=${join(staging, DUMP)}`],
    ]
    // Before pg_dump reads them: they go on beside the snapshot.
    const sequences = await readSequences(snapshot.client)
    making.progress(`pg_dump of ${connection.database}`)
    const ran = await runTool(program, args, { env: await libpqEnv(connection, making.env, staging), signal })
    if (!ran.ok) return ran.reason
    making.check()
    making.progress('counting rows')
    const evidence = await cancelling(snapshot.client, signal, () =>
      takeEvidence(snapshot.client, { at: snapshot.at, exact: true, sequences }),
    )
    const [counted] = await snapshot.run<DefinitionCounts>('backup/logical/counted-definitions')
    const files = [{ name: DUMP, file: join(staging, DUMP), seals: [] }]
    return { files, wal: null, mark: null, parent: null, evidence, warnings: ran.warnings, counts: counted! }
  } finally {
    await snapshot.close()
  }
}

const dumpFailed = (reason: string): ArxError =>
  new ArxError({
    code: 'dump-failed',
    message: 'pg_dump failed',
    detail: reason,
    hint: 'nothing was put into the repository; earlier backups are as they were',
  })
