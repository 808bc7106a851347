// Base backups that cannot be made, and those that must not be called good.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { objectKey } from '../../../src/backup/catalogue.ts'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { incrementalMethod } from '../../../src/backup/methods/incremental.ts'
import type { Making } from '../../../src/backup/methods/method.ts'
import type { Program, Programs } from '../../../src/backup/programs.ts'
import { sweepLeftovers } from '../../../src/backup/restore/leftovers.ts'
import { archivedWal } from '../../../src/backup/restore/wal-source.ts'
import {
  asking,
  contentOf,
  load,
  majorOf,
  makeTicks,
  type PhysicalScene,
  physicalScene,
} from '../../backup/physical-scene.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'

const [tier] = tiers().filter(({ name }) => name === 'plain' || name === 'community')

describe.runIf(tier)('a base backup', () => {
  let scene: PhysicalScene
  let backup: Manifest
  let bindir: string

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
    await makeTicks(scene)
    await load(scene, 0, 20_000)
    backup = await scene.backup(baseMethod, 'base')
    await load(scene, 1, 20_000)
    await scene.archived()
  })

  afterAll(() => scene.end())

  const making = async (more: Partial<Making> = {}): Promise<Making> => scene.making('base', more)

  /** The scene's programs, one of them replaced by a script; `$REAL` is what it stands for. */
  async function scripted(program: Program, script: string): Promise<Programs> {
    const file = join(scene.folder, `scripted-${program}`)
    await writeFile(file, `#!/bin/bash\nREAL=${scene.programs.find(program)}\n${script}\n`)
    await chmod(file, 0o755)
    const find = (name: Program): string | undefined => (name === program ? file : scene.programs.find(name))
    return { major: scene.programs.major, find, need: (name) => find(name) ?? scene.programs.need(name) }
  }

  test('is refused before it begins: rights, program, room', async () => {
    await scene.client.query('create role weak login')
    const weak = { ...scene.production.connection('postgres'), user: 'weak' }
    await expect(baseMethod.preflight(await making({ connection: weak }))).rejects.toMatchObject({
      code: 'no-replication',
    })
    const other = await scripted('pg_basebackup', 'echo "pg_basebackup (PostgreSQL) 12.3"')
    await expect(baseMethod.preflight(await making({ programs: other }))).rejects.toMatchObject({
      code: 'program-major',
      exit: 5,
    })
    await expect(incrementalMethod.preflight(await making())).rejects.toMatchObject({ exit: 5 })
    await expect(baseMethod.preflight(await making({ staging: '/nonexistent' }))).rejects.toThrow(/ENOENT/)
  })

  test('is refused where the server does not write enough WAL, or has no sender left', async () => {
    const settings = { wal_level: 'minimal', archive_mode: 'off', max_wal_senders: '0' }
    const minimal = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain', settings })
    try {
      await expect(baseMethod.preflight(await minimal.making('base'))).rejects.toMatchObject({
        code: 'unsupported',
        exit: 5,
      })
    } finally {
      await minimal.end()
    }
    const one = await physicalScene({
      bindir,
      major: majorOf(bindir),
      tier: 'plain',
      settings: { max_wal_senders: '1' },
    })
    try {
      await expect(baseMethod.preflight(await one.making('base'))).rejects.toMatchObject({
        code: 'no-wal-sender',
        exit: 6,
      })
    } finally {
      await one.end()
    }
  })

  test('keeps what its program says that nobody knows, and its password out of everybody’s sight', async () => {
    const args = join(scene.folder, 'args')
    const script = `printf '%s\\n' "$@" >${args}; echo "WARNING:  the moon is full" >&2; exec $REAL "$@"`
    const connection = { ...scene.production.connection('postgres'), password: async () => 'hunter2' }
    const programs = await scripted('pg_basebackup', `[ "$1" = --version ] && exec $REAL --version\n${script}`)
    const outcome = await baseMethod.make(await making({ programs, connection }))
    expect(outcome.warnings).toEqual(['WARNING:  the moon is full'])
    expect(await readFile(args, 'utf8')).not.toContain('hunter2')
    expect(outcome.wal).toMatchObject({ timeline: 1 })
  })

  test('of which the program was killed half-way is none', async () => {
    const script = '[ "$1" = --version ] && exec $REAL --version\n$REAL "$@" & sleep 0.2; kill -9 $!; kill -9 $$'
    const programs = await scripted('pg_basebackup', script)
    await expect(baseMethod.make(await making({ programs }))).rejects.toMatchObject({ code: 'basebackup-failed' })
  })

  test('of damaged pages is refused, because their checksums say so', async () => {
    const rotten = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
    try {
      // Checksums are switched on in the stopped directory, as an owner would.
      await makeTicks(rotten)
      await load(rotten, 0, 5_000)
      const { rows } = await rotten.client.query("select pg_relation_filepath('ticks') as path")
      await rotten.client.query('checkpoint')
      await rotten.client.end()
      const { dataDir } = rotten.production
      await rotten.production.stop('keep')
      execFileSync(join(bindir, 'pg_checksums'), ['--enable', '-D', dataDir], { stdio: 'ignore' })
      const handle = await open(join(dataDir, rows[0].path), 'r+')
      await handle.write(Buffer.from([0xff, 0xff]), 0, 2, 8192 + 5_000)
      await handle.close()
      const again = await rotten.again()
      const run = baseMethod.make({ ...(await making()), connection: again.connection('postgres') })
      await expect(run).rejects.toMatchObject({ code: 'page-checksums' })
      await again.stop()
    } finally {
      await rotten.end()
    }
  })

  test('16-19: cut, flipped, or exchanged for another, it does not decode, and the object is named', async () => {
    const { store } = scene.repository
    const name = backup.objects.find((object) => object.name.startsWith('base.tar'))!.name
    const key = objectKey(backup.label, name)
    const bytes = await store.read(key)
    const spoiled: readonly Buffer[] = [
      bytes.subarray(0, Math.floor(bytes.length * 0.4)),
      flipped(bytes),
      Buffer.alloc(0),
    ]
    try {
      for (const content of spoiled) {
        await store.put(key, content, { replace: true })
        const problems = await scene.decode(baseMethod, backup)
        expect(problems.join()).toContain(name)
        await expect(scene.restore([backup], { target: { kind: 'backup' } })).rejects.toMatchObject({
          code: 'object-damaged',
        })
      }
    } finally {
      await store.put(key, bytes, { replace: true })
    }
    expect(await scene.decode(baseMethod, backup)).toEqual([])
  })

  test('38: a repository that never answers ends the recovery, and is no end of the WAL', async () => {
    const wal = archivedWal(scene.repository, scene.systemId, scene.key)
    const silent = { ...wal, fetch: () => new Promise<never>(() => {}) }
    const restored = scene.restore([backup], { wal: silent, fetchMs: 500 })
    await expect(restored).rejects.toMatchObject({ code: 'wal-unavailable', detail: 'no answer in 0.5 s' })
  })

  test('is restored although a setting was raised on the original since', async () => {
    const raised = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
    try {
      await makeTicks(raised)
      await load(raised, 0, 1_000)
      const made = await raised.backup(baseMethod, 'base')
      const { rows } = await raised.client.query("select current_setting('archive_command') as command")
      await raised.client.end()
      await raised.production.stop('keep')
      const settings = { max_connections: '333', archive_mode: 'on', archive_command: rows[0].command }
      const again = await raised.again(settings)
      await asking(again, async (client) => {
        await client.query('insert into ticks values (now(), 7, 0)')
        const { rows: ended } = await client.query('select pg_walfile_name(pg_switch_wal()) as name')
        for (let tries = 0; tries < 200 && !existsSync(join(raised.archive(), ended[0].name)); tries++) await sleep(50)
      })
      const restored = await raised.restore([made], { target: { kind: 'latest' } })
      expect((await asking(restored.server, contentOf)).rows).toBe('1001')
      await restored.server.stop()
      await again.stop()
    } finally {
      await raised.end()
    }
  })

  test('a restore that is interrupted leaves nothing running', async () => {
    const stop = new AbortController()
    const wal = archivedWal(scene.repository, scene.systemId, scene.key)
    let into = ''
    const slow = {
      ...wal,
      fetch: async (name: string, signal: AbortSignal) => {
        stop.abort()
        return wal.fetch(name, signal)
      },
    }
    into = join(scene.folder, 'restored', 'interrupted')
    const restored = scene.restore([backup], { wal: slow, signal: stop.signal, into })
    await expect(restored).rejects.toMatchObject({ code: 'interrupted', exit: 130 })
    expect([existsSync(join(into, 'postmaster.pid')), existsSync(join(into, 'arxdb-wal'))]).toEqual([false, false])
    expect(await sweepLeftovers()).toEqual([])
  })
})

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[Math.floor(bytes.length / 2)]! ^= 0x10
  return copy
}
