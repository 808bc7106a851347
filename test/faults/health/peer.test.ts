// check_pgactivity on the same broken server: what it finds, health finds too.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OwnCluster, startCluster } from '../../health/own-cluster.ts'
import { session } from '../../health/scene.ts'
import { urlOf, withClient } from '../../servers/databases.ts'
import { of, program } from './program.ts'

const PEER = '/usr/lib/nagios/plugins/check_pgactivity'
const reason = existsSync(PEER) ? '' : ' (skipped: no check_pgactivity; apt install check-pgactivity)'

/** Its services with their thresholds, and the check of ours that looks at the same. */
const SERVICES: readonly (readonly [check: string, service: string, ...flags: string[]])[] = [
  ['connections', 'backends', '-w', '60%', '-c', '99%'],
  ['long-queries', 'longest_query', '-w', '1s', '-c', '1h'],
  ['idle-in-transaction', 'oldest_idlexact', '-w', '1s', '-c', '1h'],
  ['oldest-transaction', 'oldest_2pc', '-w', '1s', '-c', '1h'],
  ['oldest-transaction', 'oldest_xmin', '-w', '1', '-c', '1000000'],
  ['invalid-indexes', 'invalid_indexes'],
  ['sequences', 'sequences_exhausted', '-w', '75%', '-c', '90%'],
  ['archiver', 'archiver'],
  ['slots', 'replication_slots', '-w', '1', '-c', '100'],
  ['wraparound', 'max_freeze_age', '-w', '50%', '-c', '75%'],
  ['connection', 'connection'],
]
const health = {
  connections: { warn: '60%', crit: '99%' },
  'long-queries': { warn: '1s', crit: '1h' },
  'idle-in-transaction': { warn: '1s', crit: '1h' },
  'oldest-transaction': { warn: '1s', crit: '1h' },
  slots: { warn: '1MB', crit: '10GB' },
}

describe.skipIf(reason !== '')(`beside check_pgactivity${reason}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-peer-'))
  const asked = program()
  let cluster: OwnCluster
  /** The peer passes the database postgres by. */
  let url: string
  const held: pg.Client[] = []

  beforeAll(async () => {
    cluster = await startCluster('plain', [
      ...['max_connections=20', 'max_prepared_transactions=5', 'archive_mode=on', "archive_command='false'"],
    ])
    await withClient(cluster.url, (client) => client.query('create database broken'))
    url = urlOf(cluster.url, 'broken')
    writeFileSync(join(folder, 'arxdb.json'), JSON.stringify({ health }))
  }, 60_000)
  afterAll(async () => {
    for (const client of held) await client.end().catch(() => {})
    cluster?.remove()
    asked.discard()
    rmSync(folder, { recursive: true, force: true })
  })

  /** States by our check's name, as the peer's services end. */
  const peer = (): readonly { readonly check: string; readonly service: string; readonly status: number }[] =>
    SERVICES.map(([check, service, ...flags]) => {
      const { hostname, port, username } = new URL(cluster.url)
      const where = ['-h', hostname, '-p', port, '-U', username, '--status-file', join(folder, 'status')]
      const ended = spawnSync(PEER, ['-s', service, ...where, ...flags], { encoding: 'utf8' })
      expect(ended.status, `${service}: ${ended.stdout}${ended.stderr}`).toBeLessThanOrEqual(2)
      return { check, service, status: ended.status! }
    })
  const ours = async () => (await asked.json(url, '--config', join(folder, 'arxdb.json'))).findings

  test('on a server that is well it finds nothing that health does not', async () => {
    const findings = await ours()
    for (const { check, service, status } of peer()) {
      if (status !== 0) expect([service, of(findings, check)[0]?.state]).not.toEqual([service, 'OK'])
    }
  }, 60_000)

  test('on a broken one it sees no problem that health misses', async () => {
    await withClient(url, async (client) => {
      await client.query('create table twice (i int); insert into twice values (1), (1)')
      await client.query('create unique index concurrently twice_i on twice (i)').catch(() => {})
      await client.query('create table counted (i smallserial)')
      await client.query(`select setval('counted_i_seq', 32000)`)
      await client.query(`select pg_create_physical_replication_slot('gone', true)`)
      await client.query('begin; insert into twice values (2)')
      await client.query(`prepare transaction 'forgotten'`)
      await client.query('create table filler as select md5(i::text) from generate_series(1, 60000) i')
      await client.query('select pg_switch_wal()')
    })
    for (let i = 0; i < 10; i++) held.push(await session(url))
    await held[0]!.query('begin; insert into filler values (1)')
    const long = held[1]!.query('select pg_sleep(120)').catch(() => {})
    await sleep(2_500)

    const seen = peer().filter(({ status }) => status !== 0)
    // The peer has eyes: what follows is no comparison with nothing.
    const services = ['longest_query', 'oldest_idlexact', 'invalid_indexes', 'sequences_exhausted', 'archiver']
    expect(seen.map(({ service }) => service)).toEqual(expect.arrayContaining(services))
    const findings = await ours()
    for (const { check, service } of seen) {
      const states = of(findings, check).map(({ state }) => state)
      expect([service, states.some((state) => state === 'WARNING' || state === 'CRITICAL')]).toEqual([service, true])
    }
    await held[1]!.end().catch(() => {})
    void long
  }, 120_000)
})
