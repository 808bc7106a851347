// A walk: a cluster, a repository, and one operation after the other, each followed by what has to hold.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeCluster, ownFolder, type Server, start } from './cluster.ts'
import { doBackup, doPrune, doVerify } from './do-backups.ts'
import { doDamage, doKill, doMend } from './do-harm.ts'
import { doClone, doDatabase, doPromote, doRestore } from './do-restores.ts'
import { doArchive, doCrash, doLoad, doRevise } from './do-rows.ts'
import { Lost, newModel } from './model.ts'
import type { Name, Operation } from './operations.ts'
import { random } from './random.ts'
import { makeTables } from './rows.ts'
import { archives, configure, findStanza, makeStanza } from './stanza.ts'
import { makeTool } from './tool.ts'
import { DATABASE, type Do, must, remember, type World } from './world.ts'

const DO: Readonly<Record<Name, Do>> = {
  ...{ load: doLoad, revise: doRevise, archive: doArchive, crash: doCrash },
  ...{ backup: doBackup, verify: doVerify, prune: doPrune },
  ...{ damage: doDamage, mend: doMend, kill: doKill },
  ...{ restore: doRestore, database: doDatabase, clone: doClone, promote: doPromote },
}

export interface Place {
  /** The checkout. */
  readonly root: string
  readonly bindir: string
  readonly major: number
  readonly timescaledb: boolean
  /** Each restore loses a row before it is looked at. */
  readonly lie?: boolean
  /** Leaves its folder, to be looked into. */
  readonly keep?: boolean
  say(text: string): void
}

export interface Walked extends Readonly<World['told']> {
  readonly operations: number
  readonly moments: number
  readonly timelines: number
  readonly seconds: number
  /** Why it ended before its end. */
  readonly lost?: string
  /** By which operation. */
  readonly at?: number
}

/** Walks to the end or to the first thing that was lost. Leaves nothing behind. */
export async function walk(list: readonly Operation[], place: Place): Promise<Walked> {
  const since = performance.now()
  const folder = mkdtempSync('/tmp/arxdb-walk-')
  let world: World | undefined
  let at = 0
  try {
    world = await begun(folder, place)
    for (; at < list.length; at++) {
      const { name, salt } = list[at]!
      const began = performance.now()
      await DO[name](world, random(salt))
      place.say(`${at} ${name}:${salt} ${Math.round(performance.now() - began)} ms`)
    }
    // At the end everything is mended, and everything that was promised is looked at once more.
    await doMend(world, random(1))
    for (const name of ['archive', 'verify', 'restore', 'database', 'restore'] as const) {
      place.say(`end ${name}`)
      await DO[name](world, random(at++))
    }
    return told(world, list.length, since)
  } catch (error) {
    if (!world) throw error
    const lost = error instanceof Lost ? error.message : String((error as Error).stack)
    return { ...told(world, at, since), lost, at }
  } finally {
    await world?.server.crash().catch(() => {})
    ended(folder, place.keep ?? false)
  }
}

async function begun(folder: string, { root, bindir, major, timescaledb, say, lie = false }: Place): Promise<World> {
  chmodSync(folder, 0o755)
  for (const name of ['', 'repo', 'staging']) ownFolder(join(folder, name))
  const repo = join(folder, 'repo')
  const stanza = findStanza(folder)
  if (!stanza) say('no pgbackrest here: no backups of that kind')
  const tool = makeTool({ root, repo, folder, bindir, stanza })
  const dataDir = join(folder, 'data')
  makeCluster(bindir, dataDir, {
    ...{
      unix_socket_directories: stanza?.folder ?? '',
      fsync: 'off',
      shared_buffers: '32MB',
      max_connections: '30',
      wal_level: 'replica',
    },
    ...{
      archive_mode: 'on',
      archive_command: [tool.archiveCommand, ...(stanza ? [archives(stanza)] : [])].join(' && '),
      max_locks_per_transaction: '256',
      autovacuum: 'off',
    },
    ...{ min_wal_size: '8MB', max_wal_size: '64MB', log_min_messages: 'warning' },
    ...(timescaledb ? { shared_preload_libraries: 'timescaledb', 'timescaledb.telemetry_level': 'off' } : {}),
    ...(major >= 17 ? { summarize_wal: 'on' } : {}),
  })
  must(await tool.run(['wal', 'setup', '--begin', '--no-server', '-q', '--repo', repo]), 'wal setup --begin')
  const first: Server = await start(bindir, dataDir, 'postgres')
  if (stanza) makeStanza(stanza, first)
  await first.client.query(`create database ${DATABASE}`)
  await first.stop()
  const server = await start(bindir, dataDir, DATABASE)
  if (stanza) configure(stanza, server)
  const world: World = {
    ...{ folder, repo, bindir, tool, server, stanza, say, lie, model: newModel(), count: 0 },
    tier: timescaledb ? 'timescaledb' : 'plain',
    // In the place of every second base backup: what a seed means beside that stays as it is without the program.
    kinds: ['dump', 'copy', 'base', stanza ? 'pgbackrest' : 'base', ...(major >= 17 ? ['incremental'] : [])],
    told: { restores: 0, backups: 0, pruned: 0, refused: 0, kills: 0, damages: 0 },
  }
  await makeTables(server.client, timescaledb)
  await remember(world)
  return world
}

const told = ({ told: counts, model }: World, count: number, since: number): Walked => ({
  ...counts,
  ...{ operations: count, moments: model.moments.length, timelines: model.branches.size + 1 },
  seconds: Math.round((performance.now() - since) / 100) / 10,
})

/** Tools of a killed arxdb live on for a moment. */
function ended(folder: string, keep: boolean): void {
  for (let tries = 0; tries < 20; tries++) {
    try {
      execFileSync('pkill', ['-9', '-f', folder], { stdio: 'ignore' })
    } catch {
      break
    }
  }
  if (!keep) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
