// WAL for a recovery, out of the repository.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { ArxError } from '../../errors.ts'
import { isOfHost } from '../host-failure.ts'
import { mustStillBe } from '../marker.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import { unsealed } from '../sealing/seal.ts'
import { ObjectAbsent } from '../stores/outcomes.ts'
import { readHeader } from '../wal/header.ts'
import { walFile, walKey } from '../wal/names.ts'

export interface WalSource {
  /** The file's bytes; undefined when the repository itself says that it has none. Everything else is an error. */
  fetch(name: string, signal: AbortSignal): Promise<Buffer | undefined>
  /** A segment of the same timeline that is there although `name` is not: then what is missing is a gap, and no end. */
  after(name: string): Promise<string | undefined>
}

/** What was archived of the cluster `systemId`. */
export function archivedWal(repository: Repository, systemId: string, key: Key | undefined): WalSource {
  const { store } = repository
  return {
    async fetch(name, signal) {
      const where = walKey(systemId, name)
      let stored: Buffer
      try {
        stored = await store.read(where, { signal })
      } catch (error) {
        if (!(error instanceof ObjectAbsent)) throw error
        await mustStillBe(repository)
        return undefined
      }
      const bad = (why: string): ArxError =>
        new ArxError({ code: 'wal-damaged', message: `${where} in ${store.where} is damaged`, detail: why })
      const found = readHeader(stored)
      if (!found) throw bad('it does not begin with a header of arxdb')
      const { header, length } = found
      if (header.name !== name) throw bad(`it holds ${header.name}`)
      if (header.systemId !== systemId) throw bad(`it is of system ${header.systemId}`)
      const pieces: Buffer[] = []
      const payload = Readable.from([stored.subarray(length)])
      try {
        for await (const piece of await unsealed(payload, header.sealed, key)) pieces.push(piece)
      } catch (error) {
        // Of a key that is missing or another one, and of a host without zstd, they speak for themselves.
        if (signal.aborted || error instanceof ArxError || isOfHost(error)) throw error
        throw bad((error as Error).message)
      }
      const wal = Buffer.concat(pieces)
      if (wal.length !== header.bytes) throw bad(`it has ${wal.length} bytes, not ${header.bytes}`)
      if (createHash('sha256').update(wal).digest('hex') !== header.sha256) throw bad('it has another SHA-256')
      return wal
    },
    async after(name) {
      const folder = walKey(systemId, name).slice(0, -name.length)
      const names = (await store.list(folder)).map(({ key: path }) => path.slice(folder.length))
      return names.filter((other) => walFile(other)?.kind === 'segment' && other > name).sort()[0]
    },
  }
}
