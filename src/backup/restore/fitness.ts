// Whether this machine can run what is to be restored: the right PostgreSQL, the right TimescaleDB, room.
import { existsSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Env } from '../../programs/run.ts'
import { humanBytes } from '../../wording.ts'
import type { Manifest } from '../manifest.ts'
import { toolVersion } from '../methods/tool.ts'
import type { Programs } from '../programs.ts'
import { libraries } from './libraries.ts'

export interface Finding {
  readonly check: string
  readonly outcome: 'ok' | 'warning' | 'problem' | 'note'
  readonly detail: string
}

/** The PostgreSQL that would run it. */
export async function postgresFits({ server }: Manifest, programs: Programs, env: Env): Promise<Finding> {
  const check = 'postgresql'
  const found = programs.find('postgres')
  const wanted = `apt install postgresql-${server.major}, or give its folder with --bindir`
  if (!found)
    return { check, outcome: 'problem', detail: `PostgreSQL ${server.major} is not on this machine: ${wanted}` }
  const { major, text } = await toolVersion(found, env)
  if (major === server.major) return { check, outcome: 'ok', detail: `${text} in ${dirname(found)}` }
  return {
    check,
    outcome: 'problem',
    detail: `${dirname(found)} holds ${text}, and the backup is of ${server.major}: ${wanted}`,
  }
}

/** TimescaleDB's library of exactly that version: a database asks for the one that its catalogue was made with. */
export async function timescaledbFits(
  { server }: Manifest,
  programs: Programs,
  env: Env,
): Promise<Finding | undefined> {
  const version = server.timescaledb
  if (version === null || !programs.find('postgres')) return undefined
  const check = 'timescaledb'
  const files = await libraries(programs, env)
  const has = (stem: string): boolean => files.some((file) => file === `${stem}.so` || file === `${stem}.dylib`)
  const lacking = [
    ...(has('timescaledb') ? [] : ['its loader']),
    ...(has(`timescaledb-${version}`) ? [] : [`timescaledb-${version}`]),
    ...(server.tier !== 'community' || has(`timescaledb-tsl-${version}`) ? [] : [`timescaledb-tsl-${version}`]),
  ]
  if (lacking.length === 0) return { check, outcome: 'ok', detail: `${version} is installed` }
  const there = files.flatMap((file) => /^timescaledb-(\d.*)\.(so|dylib)$/.exec(file)?.[1] ?? [])
  return {
    check,
    outcome: 'problem',
    detail: `the database needs TimescaleDB ${version}${server.tier === 'community' ? ' (Community)' : ''}, and ${lacking.join(', ')} is not installed${there.length > 0 ? ` (there is ${there.join(', ')})` : ''}`,
  }
}

/** Room where it goes: the cluster, a chain twice, and some WAL while it is replayed. */
export async function roomFits(chain: readonly Manifest[], into: string): Promise<Finding> {
  const manifest = chain.at(-1)!
  const wal = 64 * (manifest.wal?.segmentBytes ?? 16_777_216)
  // pgBackRest tells the size of the whole cluster.
  const cluster = manifest.kind === 'pgbackrest' ? Number(manifest.method.bytes) : manifest.server.bytes
  const needed = cluster * (chain.length > 1 ? 2 : 1) + wal
  let place = into
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place)
  if (!(await stat(place)).isDirectory()) place = dirname(place)
  const { bsize, bavail } = await statfs(place)
  const free = bsize * bavail
  const detail = `about ${humanBytes(needed)} needed (an estimate by the size of the cluster), ${humanBytes(free)} free in ${place}`
  return { check: 'disk', outcome: free >= needed ? 'ok' : 'problem', detail }
}
