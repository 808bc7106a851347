// WAL for a recovery, out of pgBackRest's own archive.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { listArchive, readStored, refuseOther, storedAs } from '../methods/pgbackrest/archive.ts'
import { ask, failed, type Pgbackrest } from '../methods/pgbackrest/program.ts'
import { besideData } from '../methods/pgbackrest/restore.ts'
import { walFile } from '../wal/names.ts'
import { DESK } from './wal-desk.ts'
import type { WalSource } from './wal-source.ts'

/**
 * The archive at `folder` of pgBackRest's repository. With the data directory that recovers, its archive-get hands the
 * files over: 1 is its word for a file that is not there, and everything else is an error. It is not the server's
 * restore_command itself, because PostgreSQL takes those errors (25 to 125) for the end of the archive too. Before there
 * is a directory the files are read as they were stored, which goes for gzip, zstd and none.
 */
export function pgbackrestWal(pgbackrest: Pgbackrest, folder: string, into?: string): WalSource {
  async function handed(program: Pgbackrest, name: string, dataDir: string): Promise<Buffer | undefined> {
    const file = join(dataDir, DESK, `${name}.pgbackrest`)
    try {
      // Its queue for many at once belongs to the original, and may be in use.
      const answer = await ask(program, 'archive-get', [...besideData(dataDir), '--no-archive-async', name, file])
      if (answer.code === 1) return undefined
      if (answer.code !== 0) throw failed('archive-get', answer)
      const bytes = await readFile(file)
      if (walFile(name)?.kind !== 'history') refuseOther(bytes, await storedAs(program, folder, name))
      return bytes
    } finally {
      await rm(file, { force: true })
    }
  }

  return {
    async fetch(name, signal) {
      const program = { ...pgbackrest, signal }
      if (into !== undefined) return handed(program, name, into)
      const [stored] = await storedAs(program, folder, name)
      return stored && readStored(program, folder, stored)
    },
    async after(name) {
      const files = await listArchive(pgbackrest, folder)
      const later = files.map((file) => file.name).filter((other) => walFile(other)?.kind === 'segment')
      return later.filter((other) => other > name && other.slice(0, 8) === name.slice(0, 8)).sort()[0]
    },
  }
}
