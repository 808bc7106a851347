// Everything that a walk has in hand, and what its operations share.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { segmentNumber } from '../../../src/backup/wal/names.ts'
import type { Server } from './cluster.ts'
import { type Backup, isClosed, Lost, type Model, nowArchived, SEGMENT } from './model.ts'
import type { Random } from './random.ts'
import type { Stanza } from './stanza.ts'
import type { Said, Tool } from './tool.ts'

export interface World {
  readonly folder: string
  readonly repo: string
  readonly bindir: string
  readonly tier: string
  readonly kinds: readonly string[]
  readonly tool: Tool
  /** Where pgBackRest keeps its own; undefined where it is not installed. */
  readonly stanza: Stanza | undefined
  readonly model: Model
  /** Production, as it is now. */
  server: Server
  /** Numbers for folders and databases. */
  count: number
  readonly told: { restores: number; backups: number; pruned: number; refused: number; kills: number; damages: number }
  readonly lie: boolean
  say(text: string): void
}

export const DATABASE = 'market'

/** Keeps in mind that all rows are as the model says, at a place of the WAL that can be named. */
export async function remember(world: World): Promise<void> {
  const { model, server } = world
  const index = model.moments.length
  const name = `m${index}`
  const sql = `select pg_create_restore_point($1)::text as point, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time,
    (select max(xmin::text::bigint)::text from ledger) as xid, pg_walfile_name(pg_current_wal_lsn()) as file`
  // A restore point by itself is not flushed, and a crash would lose it: the commit of a transaction behind it takes it along.
  await server.client.query('begin; select pg_current_xact_id()')
  const { rows } = await server.client.query(sql, [name])
  await server.client.query('commit')
  const { point, time, xid, file } = rows[0]
  const timeline = Number.parseInt(file.slice(0, 8), 16)
  model.moments.push({
    ...{ index, name, time, xid, timeline, lsn: point, rows: model.rows },
    archived: false,
  })
}

/** Ends the segment and waits for the archiver. Not while the repository is closed: there is nothing to wait for. */
export async function archived(world: World): Promise<void> {
  const { model, server } = world
  if (isClosed(model)) return
  const { rows } = await server.client.query('select pg_walfile_name(pg_switch_wal()) as file')
  const file = rows[0].file as string
  for (let waited = 0; ; waited += 50) {
    const { rows: found } = await server.client.query(
      'select last_archived_wal, failed_count, last_failed_wal from pg_stat_archiver',
    )
    const last = found[0].last_archived_wal as string | null
    if (last && last.slice(0, 8) === file.slice(0, 8) && last.slice(0, 24) >= file) break
    if (waited > 5_000 && keptFromArchiving(model, found[0].last_failed_wal)) return
    if (waited > 90_000) throw new Lost(`the archiver stands still before ${file}: ${JSON.stringify(found[0])}`)
    // One that has failed sleeps for a minute, unless there is more to do.
    if (waited % 2000 === 1950)
      await server.client.query("select pg_logical_emit_message(true, 'walk', 'on'), pg_switch_wal()")
    await sleep(50)
  }
  nowArchived(model, segmentNumber(file, SEGMENT))
}

/**
 * `wal push` had taken it along, and it came to harm before PostgreSQL asked for it: there is another file of that name
 * then, which is never replaced, and the archiver rightly waits for somebody to put it right.
 */
const keptFromArchiving = ({ damages }: Model, name: string | null): boolean =>
  [...damages.keys()].some((key) => key.startsWith('wal/') && key.endsWith(`/${name}`))

/** What the repository's files say, after a command that makes or removes backups; and whether the list says the same. */
export async function synced(world: World, from: number, look = true): Promise<readonly string[]> {
  const { model, repo } = world
  if (isClosed(model)) return []
  const root = join(repo, 'backups')
  const labels = readdirSync(root).filter((label) =>
    statSync(join(root, label, 'manifest.json'), { throwIfNoEntry: false }),
  )
  for (const label of labels) {
    if (model.backups.has(label) || model.damages.has(`backups/${label}/manifest.json`)) continue
    const { manifest } = JSON.parse(readFileSync(join(root, label, 'manifest.json'), 'utf8'))
    model.backups.set(label, {
      ...{ label, kind: manifest.kind, parent: manifest.parent, wal: manifest.wal },
      ...{ from, to: Math.max(from, model.moments.length - 1), verified: false, failure: 0, unsure: false },
    })
    world.told.backups++
  }
  const gone = [...model.backups.keys()].filter((label) => !labels.includes(label))
  if (look) await listed(world, gone)
  for (const label of gone) {
    model.backups.delete(label)
    for (const key of model.damages.keys()) if (key.startsWith(`backups/${label}/`)) model.damages.delete(key)
  }
  // What was pruned of the archive can be put back by nobody.
  for (const key of model.damages.keys()) {
    if (
      key.startsWith('wal/') &&
      model.damages.get(key)!.how !== 'removed' &&
      !statSync(join(repo, key), { throwIfNoEntry: false })
    ) {
      model.damages.delete(key)
    }
  }
  return gone
}

/** No half backup is ever shown as one. */
async function listed({ model, tool }: World, gone: readonly string[]): Promise<void> {
  const list = must(await tool.run(['backup', 'list', '-o', 'json']), 'backup list')
  const shown = (JSON.parse(list.stdout) as { label: string; status: string }[]).filter(
    ({ status }) => status === 'good',
  )
  for (const { label } of shown) {
    if (!model.backups.has(label) || gone.includes(label)) throw new Lost(`the list shows ${label}, which is no backup`)
  }
}

/** Of a command that has no excuse. */
export function must(said: Said, what: string): Said {
  if (said.code !== 0) throw new Lost(`${what} ended with ${said.code ?? said.signal}: ${brief(said)}`)
  return said
}

export const brief = ({ stderr, stdout }: Said): string =>
  (stderr.trim() || stdout.trim()).split('\n').slice(-4).join(' / ').slice(0, 600)

export const labelsOf = (model: Model, kind: (backup: Backup) => boolean): readonly Backup[] =>
  [...model.backups.values()].filter(kind)

export type Do = (world: World, dice: Random) => Promise<void>
