// Whose a row is: the market (or, for analytics, the exchange) its key columns name, looked up by their bytes.
import type { Identity } from './plan.ts'
import { fieldText, type Row } from './scan.ts'
import { splitPair, timeframe } from './symbol.ts'
import type { IdentityField } from './targets.ts'

/** Bytes in front of each row of an owner: the field count, market_id or exchange_id, and import_id. */
export interface Owner {
  readonly id: number
  readonly prefix: Buffer
}

export type Key = Readonly<Partial<Record<IdentityField, string | undefined>>>

export interface Owners {
  /** The owner of the row, or undefined when it is a new one: then `wanted` is its key, to be added and asked again. */
  of(buf: Buffer, row: Row): Owner | undefined
  wanted(buf: Buffer, row: Row): Key
  add(buf: Buffer, row: Row, owner: Owner): void
  all(): readonly Owner[]
}

/** Column order of a batch's rows: owner and import come first, then the plan's columns. */
export function prefixOf(owner: number | string, importId: number, columns: number): Buffer {
  const key = typeof owner === 'string' ? Buffer.from(owner, 'utf8') : Buffer.alloc(4)
  if (typeof owner === 'number') key.writeInt32BE(owner)
  const prefix = Buffer.alloc(2 + 4 + key.length + 4 + 4)
  prefix.writeInt16BE(columns + 2)
  prefix.writeInt32BE(key.length, 2)
  key.copy(prefix, 6)
  prefix.writeInt32BE(4, 6 + key.length)
  prefix.writeInt32BE(importId, 10 + key.length)
  return prefix
}

/** The key as the database wants it: a pair split, a width spelt `1h`, an exchange in lower case. */
export function completeKey(identity: Identity, parts: Key): Key {
  const key: Partial<Record<IdentityField, string | undefined>> = { ...parts, ...identity.fixed }
  if (key.pair !== undefined) {
    const pair = splitPair(key.pair)
    if (pair) {
      key.symbol = pair.base
      key.quote ??= pair.quote
    } else key.symbol = undefined
  }
  if (!key.quote && identity.fixed.quote === undefined && key.pair === undefined) key.quote = 'USD'
  if (key.timeframe !== undefined && key.timeframe !== 'tick') key.timeframe = timeframe(key.timeframe)
  return { ...key, exchange_id: key.exchange_id?.toLowerCase(), quote: key.quote?.toUpperCase() }
}

/** One lookup per run of equal keys: the last key's bytes are compared in place, only a change makes a string. */
export function newOwners(identity: Identity): Owners {
  const known = new Map<string, Owner>()
  const fields = identity.fields.map((f) => f.field)
  const last = Buffer.alloc(1024)
  let lastLength = -1
  let lastOwner: Owner | undefined

  const sameAsLast = (buf: Buffer, row: Row): boolean => {
    if (lastLength < 0) return false
    let at = 0
    for (const field of fields) {
      const from = row.from[field]!
      const length = row.to[field]! - from
      if (at + length >= lastLength) return false
      for (let i = 0; i < length; i++) if (last[at + i] !== buf[from + i]) return false
      at += length
      if (last[at++] !== 0) return false
    }
    return at === lastLength
  }
  const text = (buf: Buffer, row: Row): string =>
    fields.map((field) => `${buf.toString('latin1', row.from[field]!, row.to[field]!)}\0`).join('')
  const remember = (key: string, owner: Owner): void => {
    lastOwner = owner
    lastLength = key.length <= last.length ? last.write(key, 'latin1') : -1
  }
  return {
    of(buf, row) {
      if (sameAsLast(buf, row)) return lastOwner
      const key = text(buf, row)
      const owner = known.get(key)
      if (owner) remember(key, owner)
      return owner
    },
    wanted: (buf, row) =>
      completeKey(
        identity,
        Object.fromEntries(identity.fields.map((f) => [f.part, fieldText(buf, row, f.field).trim()])),
      ),
    add: (buf, row, owner) => void known.set(text(buf, row), owner),
    all: () => [...known.values()],
  }
}
