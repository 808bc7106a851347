import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { segmentAt, segmentName } from '../../../src/backup/wal/names.ts'
import { start } from './cluster.ts'
import { type Backup, isClear, isClosed, isFailed, isWhole, Lost, type Moment, SEGMENT, waysTo } from './model.ts'
import type { Random } from './random.ts'
import { canGoOn, contentOf, difference, load, type Rows } from './rows.ts'
import { configure, holds } from './stanza.ts'
import type { Said } from './tool.ts'
import { archived, brief, DATABASE, type Do, must, remember, synced, type World } from './world.ts'

/**
 * How a moment is asked for, and what has to be read for it. By a time only where a commit follows: without one nothing
 * tells that the time has come.
 */
function target(moment: Moment, dice: Random, { model }: World): { asked: string; until: Moment } {
  const next = model.moments[moment.index + 1]
  const followed = next?.archived && next.timeline === moment.timeline && next.rows !== moment.rows
  const asked = dice.pick([`name:${moment.name}`, `lsn:${moment.lsn}`, ...(followed ? [moment.time] : [])])
  return { asked, until: asked === moment.time ? next! : moment }
}

interface Restored {
  readonly dataDir: string
  readonly moment: Moment
  readonly reachedLsn: string
}

/**
 * Restores to a moment. What comes back is of that moment or it is an error; and where it was promised it is no error:
 * by itself while nothing is damaged, else from a backup that is named.
 */
async function restored(world: World, moment: Moment, dice: Random): Promise<Restored | undefined> {
  const { model, folder } = world
  const dataDir = join(folder, `restored-${world.count++}`)
  const { asked, until } = target(moment, dice, world)
  const words = [
    'restore',
    'run',
    '--to',
    asked,
    '--timeline',
    String(moment.timeline),
    '--into',
    dataDir,
    '-o',
    'json',
  ]
  const ways = waysTo(model, moment, until)
  const said = await reached(world, words, ways, `restore --to ${asked} (${moment.name}, timeline ${moment.timeline})`)
  if (said.code !== 0) {
    world.told.refused++
    if (existsSync(join(dataDir, 'PG_VERSION'))) throw new Lost(`a restore that failed left a cluster in ${dataDir}`)
    return undefined
  }
  world.told.restores++
  const [{ reached_lsn: reachedLsn }] = JSON.parse(said.stdout)
  return { dataDir, moment, reachedLsn }
}

/**
 * By itself where nothing is damaged and no verification has failed; else from each backup that leads there, named. Ends
 * with something else than 0 only where none does.
 */
async function reached(world: World, words: readonly string[], ways: readonly Backup[], what: string): Promise<Said> {
  const { model, tool } = world
  let said = await tool.run(words)
  world.say(`${what}, ${ways.length} ways: ${said.code}`)
  if (said.code === 0 || ways.length === 0) return said
  const failures = [brief(said)]
  const excused = !isClear(model) || [...model.backups.values()].some((one) => isFailed(model, one, true))
  for (const { label } of excused ? ways : []) {
    said = await tool.run([...words, '--backup', label])
    if (said.code === 0) return said
    failures.push(`from ${label}: ${brief(said)}`)
  }
  throw new Lost(`what ${ways.map(({ label }) => label).join(', ')} can reach was not: ${what}: ${failures.join('; ')}`)
}

const away = (dataDir: string): void => {
  rmSync(dataDir, { recursive: true, force: true })
  rmSync(`${dataDir}.log`, { force: true })
}

async function same(world: World, dataDir: string, expected: readonly Rows[], what: string): Promise<Rows> {
  const server = await start(world.bindir, dataDir, DATABASE)
  try {
    if (world.lie) await server.client.query('delete from ticks where id = (select max(id) from ticks)')
    const found = await contentOf(server.client)
    const right = expected.find((rows) => difference(rows, found) === undefined)
    if (!right) throw new Lost(`${what}: ${difference(expected[0]!, found)}`)
    const { rows } = await server.client.query("select current_setting('archive_mode') as mode")
    if (rows[0].mode !== 'off') throw new Lost(`${what}: it archives`)
    await canGoOn(server.client)
    return right
  } finally {
    await server.stop()
  }
}

/** Any that can be reached; now and then one that cannot. */
function anyMoment({ model }: World, dice: Random): Moment | undefined {
  const reachable = model.moments.filter((moment) => waysTo(model, moment).length > 0)
  const from = reachable.length > 0 && !dice.chance(0.15) ? reachable : model.moments
  return from.length > 0 ? dice.pick(from) : undefined
}

export const doRestore: Do = async (world, dice) => {
  if (dice.chance(0.5)) await archived(world)
  const moment = anyMoment(world, dice)
  if (!moment) return
  const back = await restored(world, moment, dice)
  if (!back) return
  await same(world, back.dataDir, [moment.rows], `restored to ${moment.name}`)
  away(back.dataDir)
}

export const doDatabase: Do = async (world, dice) => {
  const { model, tool, server } = world
  const some = [...model.backups.values()].filter(({ kind }) => kind === 'dump' || kind === 'copy')
  if (some.length === 0) return
  const backup = dice.pick(some)
  const name = `again_${world.count++}`
  const words = [
    'restore',
    'run',
    '--into-database',
    name,
    '--backup',
    backup.label,
    '--url',
    server.url(),
    '-o',
    'json',
  ]
  const said = await tool.run(words)
  world.say(`restore --into-database of ${backup.label}: ${said.code}`)
  const there = async (): Promise<boolean> =>
    ((await server.client.query('select from pg_database where datname = $1', [name])).rowCount ?? 0) > 0
  if (said.code !== 0) {
    world.told.refused++
    if (await there()) throw new Lost(`a restore that failed left the database ${name}`)
    if (!isClosed(model) && isWhole(model, backup)) must(said, `restore run --backup ${backup.label}`)
    return
  }
  world.told.restores++
  const found = await server.within(name, async (client) => {
    await canGoOn(client)
    return contentOf(client)
  })
  const meanwhile = model.moments.slice(Math.max(0, backup.from), backup.to + 1)
  if (!meanwhile.some(({ rows }) => difference(rows, found) === undefined)) {
    throw new Lost(`${backup.label} restored: ${difference(model.moments[backup.to]!.rows, found)}`)
  }
  await server.client.query(`drop database ${name} with (force)`)
}

/** A copy is opened, starts with production's own configuration, and is written to: production's archive sees nothing. */
export const doClone: Do = async (world, dice) => {
  const moment = anyMoment(world, dice)
  const back = moment && (await restored(world, moment, dice))
  if (!back) return
  must(await world.tool.run(['restore', 'open', back.dataDir, '--yes', '-o', 'json']), 'restore open')
  const clone = await start(world.bindir, back.dataDir, DATABASE)
  const before = difference(moment.rows, await contentOf(clone.client))
  if (before) throw new Lost(`a clone of ${moment.name}: ${before}`)
  for (let i = 0; i < 3; i++) {
    await load(clone.client, moment.rows, dice).catch(() => clone.client.query('rollback'))
    await clone.client.query('select pg_switch_wal()')
  }
  const { rows } = await clone.client.query(
    'select archived_count::int + failed_count::int as tried from pg_stat_archiver',
  )
  await clone.stop()
  if (rows[0].tried !== 0) throw new Lost('a clone has tried to archive')
  away(back.dataDir)
}

/** The server is lost with its disk, or given up in order; a restored one goes on in its place. */
export const doPromote: Do = async (world, dice) => {
  const { model, tool } = world
  const disaster = dice.chance(0.6)
  if (!disaster) await archived(world)
  const latest = dice.chance(0.5)
  const now = model.moments.at(-1)
  const known = model.moments.filter((moment) => waysTo(model, moment).length > 0)
  const moment = latest ? known.filter(({ timeline }) => timeline === model.timeline).at(-1) : anyMoment(world, dice)
  if (!moment || !now || known.length === 0 || waysTo(model, moment).length === 0) return
  if (disaster) await world.server.crash()
  const back = latest ? await toLatest(world, moment) : await restored(world, moment, dice)
  if (!back) {
    if (disaster) {
      world.server = await start(world.bindir, world.server.dataDir, DATABASE)
      if (world.stanza) configure(world.stanza, world.server)
    }
    return
  }
  // All that had been archived, at least; more where the archiver had just been at it.
  const possible = latest ? model.moments.slice(moment.index).map(({ rows }) => rows) : [moment.rows]
  const rows = await same(
    world,
    back.dataDir,
    possible,
    latest ? 'restored to the latest' : `restored to ${moment.name}`,
  )
  must(await tool.run(['restore', 'open', back.dataDir, '--archive', '--yes', '-o', 'json']), 'restore open --archive')
  const old = world.server
  if (!disaster) await old.stop()
  const parent = latest ? model.timeline : moment.timeline
  const before = segmentName(parent, segmentAt(back.reachedLsn, SEGMENT) - 1, SEGMENT)
  const followed = world.stanza === undefined || holds(world.stanza, before)
  // Its archiver begins at once; the port is known afterwards.
  if (world.stanza) configure(world.stanza, { dataDir: back.dataDir, port: old.port })
  world.server = await start(world.bindir, back.dataDir, DATABASE)
  away(old.dataDir)
  if (world.stanza) configure(world.stanza, world.server)
  const { rows: said } = await world.server.client.query('select pg_walfile_name(pg_current_wal_lsn()) as file')
  const timeline = Number.parseInt(said[0].file.slice(0, 8), 16)
  world.say(`promoted: timeline ${timeline}, from ${moment.timeline} at ${back.reachedLsn}`)
  if (model.branches.has(timeline)) throw new Lost(`timeline ${timeline} was there before`)
  model.branches.set(timeline, { timeline, parent, fork: back.reachedLsn, followed })
  Object.assign(model, { timeline, rows })
  await remember(world)
  await synced(world, model.moments.length - 1)
}

async function toLatest(world: World, moment: Moment): Promise<Restored | undefined> {
  const { model, folder } = world
  const dataDir = join(folder, `restored-${world.count++}`)
  const words = [
    'restore',
    'run',
    '--to',
    'latest',
    '--timeline',
    String(model.timeline),
    '--into',
    dataDir,
    '-o',
    'json',
  ]
  // Behind the moment too: it does not end in silence before a segment that is damaged.
  const broken = [...model.damages.keys()].some((key) => key.startsWith('wal/'))
  const ways = broken ? [] : waysTo(model, moment)
  const said = await reached(world, words, ways, `restore --to latest (at least ${moment.name})`)
  if (said.code !== 0) {
    world.told.refused++
    return undefined
  }
  world.told.restores++
  return { dataDir, moment, reachedLsn: JSON.parse(said.stdout)[0].reached_lsn }
}
