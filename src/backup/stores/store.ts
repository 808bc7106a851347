// Where backups and WAL are kept: keys and bytes. What reads a store trusts three things: an object is there whole or not
// at all, "absent" is confirmed and never a guess, and a list is complete or an error.
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'

export interface StoredObject {
  /** `backups/LABEL/manifest.json`; parts by `/`, never a leading one. */
  readonly key: string
  readonly bytes: number
  /** By the store's clock. */
  readonly modified: Date
}

export interface PutOptions {
  /** Take the place of what is there; without it a key that exists is left alone and `put` throws ObjectExists. */
  readonly replace?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface GetOptions {
  /** The first bytes only. */
  readonly first?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Stored {
  readonly bytes: number
  /** SHA-256 of the bytes that were sent, hex. */
  readonly sha256: string
}

export interface Store {
  readonly kind: 'directory' | 's3'
  /** For messages: a folder, or s3://bucket/prefix. Never holds a secret. */
  readonly where: string
  /**
   * Stores `body` under `key`: durable, and visible only when all of it is there. Verifies what the store acknowledged
   * (size, and the checksum where the store tells one). Throws ObjectExists.
   */
  put(key: string, body: Buffer | Readable, options?: PutOptions): Promise<Stored>
  /** The object's bytes; throws ObjectAbsent when the store itself says that there is none. */
  get(key: string, options?: GetOptions): Promise<Readable>
  /** A small object whole. Throws ObjectAbsent. */
  read(key: string, options?: GetOptions): Promise<Buffer>
  /** Undefined: confirmed absent. */
  stat(key: string): Promise<StoredObject | undefined>
  /** Every object below `prefix` (which ends in `/`, or is empty), in order of keys; all of them, or an error. */
  list(prefix: string): Promise<readonly StoredObject[]>
  /** Whether there is any object below `prefix`, asked without listing them all. */
  holds(prefix: string): Promise<boolean>
  /** Removes one object; one that is not there counts as removed. Throws RemovalRefused for a store that holds on to it. */
  remove(key: string): Promise<void>
  /**
   * Compare and set, for leases: writes `next` when the object is still exactly `expected` (undefined: absent). False when
   * somebody else was faster.
   */
  swap(key: string, expected: Buffer | undefined, next: Buffer): Promise<boolean>
  /**
   * Ends uploads and removes temporary files that are older than this; how many. `now` is the store's time, for stores that
   * cannot tell it: our own when left out.
   */
  sweep(olderThanMs: number, now?: number): Promise<number>
  /** Directory only: a folder of the same file system for what is being made; its files can be `adopt`ed by a rename. */
  readonly staging?: string | undefined
  adopt?(key: string, file: string): Promise<Stored>
  /** Directory only: the object's own file, for a program that reads files. Throws ObjectAbsent. */
  open?(key: string): Promise<FileHandle>
  close(): Promise<void>
}
