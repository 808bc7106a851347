// A migration directory and the processes that run it.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import type { ArxError } from '../../../src/errors.ts'
import { eventText, type MigrateEvent } from '../../../src/migrate/events.ts'
import type { UpWish } from '../../../src/migrate/up.ts'
import { type TestDatabase, withClient } from '../../servers/databases.ts'

export interface Project {
  readonly path: string
  readonly database: TestDatabase
  write(file: string, sql: string): void
  remove(file: string): void
  wish(more?: Partial<UpWish>): UpWish & { readonly events: MigrateEvent[]; readonly told: () => string }
  /** Rows of a query, as a superuser. */
  rows<T = Record<string, unknown>>(sql: string): Promise<T[]>
  /** `version state done` of every ledger row. */
  ledger(): Promise<string[]>
}

export const ROOT = new URL('../../..', import.meta.url).pathname

const folders: string[] = []
export const removeFolders = (): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

export function project(database: TestDatabase, files: Readonly<Record<string, string>> = {}): Project {
  const path = mkdtempSync(join(tmpdir(), 'arxdb-migrations-'))
  folders.push(path)
  const write = (file: string, sql: string) => writeFileSync(join(path, file), sql)
  for (const [file, sql] of Object.entries(files)) write(file, sql)
  const rows = async <T>(sql: string): Promise<T[]> =>
    withClient(database.url, async (client) => (await client.query(sql)).rows as T[])
  return {
    path,
    database,
    write,
    remove: (file) => rmSync(join(path, file)),
    wish: (more = {}) => {
      const events: MigrateEvent[] = []
      return {
        connection: database.connection,
        directories: [{ source: 'mine', path }],
        signal: new AbortController().signal,
        lockWaitMs: 30_000,
        backoffMs: 50,
        onEvent: (event) => events.push(event),
        events,
        told: () => events.map(eventText).join('\n'),
        ...more,
      }
    },
    rows,
    ledger: async () => {
      const all = await rows<{ line: string }>(
        `select format('%s %s %s/%s', version, state, statements_done, statements_total) as line
         from arxdb.migrations order by version`,
      )
      return all.map((row) => row.line)
    },
  }
}

/** What a call throws, as an ArxError. */
export const failure = (work: Promise<unknown>): Promise<ArxError> =>
  work.then(
    () => {
      throw new Error('it should have failed')
    },
    (error: unknown) => error as ArxError,
  )

let bundled: Promise<string> | undefined

/** The child's program, built once into a folder below the package: it looks for its own package.json upward. */
const program = (): Promise<string> => {
  bundled ??= (async () => {
    mkdirSync(join(ROOT, '.arxdb'), { recursive: true })
    const folder = mkdtempSync(join(ROOT, '.arxdb', 'migrate-child-'))
    folders.push(folder)
    const outfile = join(folder, 'child.mjs')
    const entryPoints = [join(ROOT, 'test/faults/migrate/child.ts')]
    await build({
      entryPoints,
      outfile,
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      logLevel: 'warning',
    })
    return outfile
  })()
  return bundled
}

export interface Child {
  readonly process: ChildProcess
  readonly output: () => string
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>
  /** Resolves when the child has said `text`. */
  said(text: string): Promise<void>
}

/** `up` in a process of its own, with the project's directory. */
export async function spawnUp(p: Project, lockWaitMs = 30_000): Promise<Child> {
  const args = [await program(), p.database.url, p.path, String(lockWaitMs)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  return {
    process: child,
    output: () => output,
    ended,
    said: async (text) => {
      for (const end = Date.now() + 30_000; !output.includes(text); await sleep(10)) {
        if (Date.now() > end) throw new Error(`the child never said "${text}", but: ${output}`)
      }
    },
  }
}

/** Resolves when `sql` answers with a row. */
export async function until(p: Project, sql: string): Promise<void> {
  for (const end = Date.now() + 30_000; (await p.rows(sql)).length === 0; await sleep(20)) {
    if (Date.now() > end) throw new Error(`never true: ${sql}`)
  }
}
