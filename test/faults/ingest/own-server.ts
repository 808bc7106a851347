// A server of this file's own, that can be stopped and started again while others test on theirs.
import { execa } from 'execa'
import { withClient } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { startServer } from '../../servers/server.ts'

export interface RestartingServer {
  readonly url: string
  /** Ends what runs on it as a crash would (immediate) or by order (fast), and comes back. */
  restart(mode: 'immediate' | 'fast'): Promise<void>
  stop(): Promise<void>
}

export async function startOwnServer(): Promise<RestartingServer> {
  const found = await findPostgres()
  const { installation } = found
  // Elsewhere a commit may be lost in a crash, for speed; here that would be a fault of the test.
  const server = await startServer({ ...installation, settings: ['synchronous_commit=on'] })
  const data = await withClient(
    server.url,
    async (client) => (await client.query("select current_setting('data_directory') as data")).rows[0].data as string,
  )
  const control = async (...args: readonly string[]): Promise<void> => {
    // Its output to nowhere: the postmaster would keep a pipe open, and nobody would see its end.
    await execa(`${installation.bindir}/pg_ctl`, ['-D', data, '-w', '-t', '60', ...args], {
      ...installation.options,
      extendEnv: false,
      cwd: '/',
      stdio: 'ignore',
    })
  }
  return {
    url: server.url,
    restart: (mode) => control('restart', '-m', mode),
    async stop() {
      // The postmaster is another process by now than the one that was started first.
      await control('stop', '-m', 'immediate').catch(() => {})
      server.stop()
      found.discard()
    },
  }
}
