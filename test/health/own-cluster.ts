// A server of a test's own whose settings stand in its files, as an operator's do, and that can be started anew.
import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../src/embedded/sockets.ts'
import { apacheInstallation } from '../servers/apache.ts'
import type { TierName } from '../servers/databases.ts'
import { findPostgres, TIMESCALEDB_SETTINGS } from '../servers/postgres.ts'
import type { Installation } from '../servers/server.ts'

export interface OwnCluster {
  /** Superuser's, of the database postgres. */
  readonly url: string
  /** As this process sees it. */
  readonly data: string
  readonly installation: Installation
  /** The postmaster. */
  pid(): number
  /** Throws with the server's log where it does not come up. */
  restart(): void
  remove(): void
}

/** What a tier's servers are made of, and how to let go of it. */
async function installationOf(tier: TierName): Promise<{ installation: Installation; discard(): void }> {
  if (tier === 'apache') return { installation: apacheInstallation(), discard: () => {} }
  const found = await findPostgres()
  const settings = tier === 'plain' ? [] : TIMESCALEDB_SETTINGS
  return { installation: { ...found.installation, settings }, discard: () => found.discard() }
}

/** Makes and starts one; `settings` go into postgresql.conf. */
export async function startCluster(tier: TierName, settings: readonly string[] = []): Promise<OwnCluster> {
  const { installation, discard } = await installationOf(tier)
  const { bindir, prefix, options, owner, temporary } = installation
  const folder = mkdtempSync(join(temporary.here, `arxdb-test-${process.pid}-`))
  const data = join(folder, 'data')
  const inside = join(temporary.inside, folder.slice(temporary.here.length + 1))
  const run = (program: string, ...args: readonly string[]): void => {
    const [file, ...rest] = [...prefix, join(bindir, program), ...args]
    // Its output to nowhere: the postmaster would keep a pipe open.
    execFileSync(file!, rest, { ...options, cwd: '/', stdio: 'ignore', timeout: 90_000 })
  }
  const control = (...args: readonly string[]): void => {
    try {
      run('pg_ctl', '-D', join(inside, 'data'), '-w', '-t', '60', '-l', join(inside, 'log'), ...args)
    } catch (error) {
      throw new Error(`pg_ctl ${args.join(' ')}:\n${readFileSync(join(folder, 'log'), 'utf8').slice(-4000)}`, {
        cause: error,
      })
    }
  }
  chmodSync(folder, 0o700)
  if (owner) chownSync(folder, owner.uid, owner.gid)
  run('initdb', '-D', join(inside, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N')
  const port = await freePort()
  const own = [`port=${port}`, "listen_addresses='127.0.0.1'", `unix_socket_directories='${inside}'`, 'fsync=off']
  const lines = [...own, ...installation.settings.map((line) => line.replace(/=(.*)/, "='$1'")), ...settings]
  appendFileSync(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`)
  control('start')
  return {
    ...{ url: `postgres://postgres@127.0.0.1:${port}/postgres`, data, installation },
    pid: () => Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]),
    restart: () => control('-m', 'fast', 'restart'),
    remove() {
      try {
        control('-m', 'immediate', 'stop')
      } catch {
        // It is down already.
      }
      rmSync(folder, { recursive: true, force: true })
      discard()
    },
  }
}
