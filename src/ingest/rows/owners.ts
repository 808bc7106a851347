// Whose a row is: the market (or, for analytics, the exchange) its key columns name, looked up by their bytes.

import type { Identity } from '../plan/plan.ts'
import type { IdentityField } from '../plan/targets.ts'
import { splitPair, timeframe } from '../values/symbol.ts'
import type { Course } from './course.ts'
import { fieldText, type Row } from './scan.ts'

/** Bytes in front of each row of an owner: the field count, market_id or exchange_id, and import_id. */
export interface Owner {
  readonly id: number
  readonly prefix: Buffer
  /** `BTC/USDT@binance 1h`. */
  readonly name: string
  /** What its prices are in; undefined for analytics. */
  readonly quote: string | undefined
}

/** An owner, with how its rows have followed each other so far. */
export interface Followed extends Owner {
  readonly course: Course
}

/** Why a record can have no owner. */
export interface Stranger {
  readonly column: string | undefined
  readonly reason: string
  readonly course?: undefined
}

export type Key = Readonly<Partial<Record<IdentityField, string | undefined>>>

export interface Owners {
  /** The owner of the row, why it can have none, or undefined when it is new: then `wanted` is its key, to be added. */
  of(buf: Buffer, row: Row): Followed | Stranger | undefined
  wanted(buf: Buffer, row: Row): Key
  add(buf: Buffer, row: Row, owner: Followed | Stranger): void
  /** Why the record's own words about whose it is cannot be taken. */
  strange(buf: Buffer, row: Row): Stranger | undefined
}

const NOT_UTF8 = 'is not UTF-8 text; iconv -f LATIN1 -t UTF-8 converts most such files'

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
  const known = new Map<string, Followed | Stranger>()
  const fields = identity.fields.map((f) => f.field)
  const last = Buffer.alloc(1024)
  let lastLength = -1
  let lastOwner: Followed | Stranger | undefined

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
  const remember = (key: string, owner: Followed | Stranger): void => {
    lastOwner = owner
    lastLength = key.length <= last.length ? last.write(key, 'latin1') : -1
  }
  const wanted: Owners['wanted'] = (buf, row) =>
    completeKey(
      identity,
      Object.fromEntries(
        identity.fields.map(({ part, field, match }) => [part, extracted(fieldText(buf, row, field).trim(), match)]),
      ),
    )
  return {
    of(buf, row) {
      if (sameAsLast(buf, row)) return lastOwner
      const key = text(buf, row)
      const owner = known.get(key)
      if (owner) remember(key, owner)
      return owner
    },
    wanted,
    strange(buf, row) {
      const key = wanted(buf, row)
      for (const { part, field } of identity.fields) {
        const written = fieldText(buf, row, field)
        if (key[part === 'pair' ? 'symbol' : part] === undefined)
          return { column: part, reason: `"${written}" is not a ${part.replace('_id', '')}` }
        if (/[\0\ufffd]/.test(written)) return { column: part, reason: `"${written}" ${NOT_UTF8}` }
      }
      return undefined
    },
    add: (buf, row, owner) => void known.set(text(buf, row), owner),
  }
}

/** What a part of the text says, or undefined when it says nothing of the kind. */
const extracted = (text: string, match: string | undefined): string | undefined =>
  match === undefined ? text : new RegExp(match).exec(text)?.[1]
