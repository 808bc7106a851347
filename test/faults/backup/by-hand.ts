// A restored directory, started as its owner would: with what the directory itself says.
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { type IsolatedServer, serverAccount } from '../../../src/backup/restore/isolated.ts'

export async function byHand<T>(
  { dataDir, bindir, more = '' }: { readonly dataDir: string; readonly bindir: string; readonly more?: string },
  ask: (server: Pick<IsolatedServer, 'connection'>) => Promise<T>,
): Promise<T> {
  const account = serverAccount()
  const sockets = await mkdtemp('/tmp/arxdb-hand-')
  if (account) await chown(sockets, account.uid, account.gid)
  const options = { ...(account ? { uid: account.uid, gid: account.gid } : {}), cwd: '/', stdio: 'ignore' } as const
  const control = (...args: string[]) => execa(join(bindir, 'pg_ctl'), ['-D', dataDir, '-w', ...args], options)
  try {
    await control('start', '-o', `-c listen_addresses= ${more} -k ${sockets}`)
    try {
      const base = { port: 5432, user: 'postgres', tls: false, connectTimeoutMs: 5_000, origin: 'the test' } as const
      return await ask({ connection: (database) => ({ ...base, host: sockets, database }) })
    } finally {
      await control('stop', '-m', 'immediate')
    }
  } finally {
    await rm(sockets, { recursive: true, force: true })
  }
}
