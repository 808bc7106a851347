// Servers that nobody else reaches, and what becomes of them when their arxdb is killed.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { programsOf } from '../../src/backup/programs.ts'
import { makeIsolated, startIsolated } from '../../src/backup/restore/isolated.ts'
import { postmasterOf, sweepLeftovers } from '../../src/backup/restore/leftovers.ts'
import { openClient } from '../../src/db/connect.ts'
import { isRunning, markOf } from '../../src/programs/process.ts'
import { packageRoot } from '../../src/statements/package-root.ts'
import { findPostgres } from '../servers/postgres.ts'

describe('an isolated server', async () => {
  const found = await findPostgres()
  const { bindir } = found.installation
  found.discard()
  const major = Number(/\d+/.exec(execFileSync(`${bindir}/postgres`, ['-V'], { encoding: 'utf8' }))![0])
  const how = {
    programs: programsOf(major, bindir, process.env),
    env: process.env,
    signal: AbortSignal.timeout(60_000),
  }

  test('listens nowhere but in its folder, archives nothing, runs no job, and leaves nothing', async () => {
    const server = await makeIsolated(how)
    const client = await openClient(server.connection('postgres'))
    const { rows } = await client.query(
      `select current_setting('listen_addresses') as tcp, current_setting('archive_mode') as archive,
         current_setting('timescaledb.max_background_workers', true) as workers, inet_server_addr() as address`,
    )
    expect(rows[0]).toMatchObject({ tcp: '', archive: 'off', workers: '0', address: null })
    await client.end()
    const { host } = server.connection('postgres')
    expect(Buffer.byteLength(`${host}/.s.PGSQL.5432`)).toBeLessThan(104)
    await expect(startIsolated({ ...how, dataDir: server.dataDir })).rejects.toMatchObject({ code: 'server-running' })
    await server.stop()
    expect([existsSync(host), existsSync(server.dataDir)]).toEqual([false, false])
  })

  test('says what its log complains of when it does not run', async () => {
    const start = makeIsolated({ ...how, settings: { shared_preload_libraries: 'no_such_library' } })
    await expect(start).rejects.toMatchObject({ code: 'isolated-start', detail: /no_such_library/ })
  })

  test('is found and ended by the next run when its arxdb was killed', async () => {
    const home = join(packageRoot(), '.arxdb')
    mkdirSync(home, { recursive: true })
    const outdir = mkdtempSync(join(home, 'isolated-'))
    const form = { bundle: true, packages: 'external', format: 'esm', platform: 'node', logLevel: 'error' } as const
    await build({ entryPoints: [join(import.meta.dirname, 'isolated-holder.ts')], outdir, ...form })
    const child = spawn(process.execPath, [join(outdir, 'isolated-holder.js'), String(major), bindir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout!, 'data')
    rmSync(outdir, { recursive: true })
    const [dataDir, folder] = String(line).trim().split(' ') as [string, string]
    const pid = postmasterOf(dataDir)!
    const mark = markOf(pid)
    expect(isRunning(mark)).toBe(true)
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(folder)
    expect(await sweepLeftovers()).not.toContain(dataDir)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(postmasterOf(dataDir)).toBe(pid)
    expect(await sweepLeftovers()).toContain(dataDir)
    expect([existsSync(dataDir), existsSync(folder), isRunning(mark)]).toEqual([false, false, false])
  })
})
