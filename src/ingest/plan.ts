// Decides how a file is read: its format, which field goes where, whose market it is. Unsure is an error that asks.
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { ArxError, EXIT, usageError } from '../errors.ts'
import { parseFileName } from './file-name.ts'
import type { Format } from './formats/format.ts'
import { FORMATS } from './formats/registry.ts'
import type { Sniffed } from './sniff.ts'
import { splitPair, timeframe } from './symbol.ts'
import { IDENTITY, type IdentityField, TABLES, TARGETS, type Table, type Target, type TargetColumn } from './targets.ts'
import { readTime } from './times.ts'

export interface PlanFlags {
  readonly table?: string | undefined
  readonly format?: string | undefined
  readonly exchange?: string | undefined
  readonly symbol?: string | undefined
  readonly quote?: string | undefined
  readonly timeframe?: string | undefined
  readonly source?: string | undefined
  readonly attribution?: string | undefined
}

export interface PlannedColumn extends TargetColumn {
  /** Position in the file's rows. */
  readonly field: number
  /** The header's word for it, or `#3`. */
  readonly from: string
}

/** What is the same for all rows, and the fields that tell what is not. */
export interface Identity {
  readonly fixed: Readonly<Partial<Record<IdentityField, string | undefined>>>
  readonly fields: readonly { readonly part: IdentityField; readonly field: number }[]
}

export interface Plan {
  readonly format: string
  readonly target: Target
  readonly delimiter: string
  readonly bom: number
  readonly hasHeader: boolean
  /** Fields every row must have. */
  readonly fields: number
  readonly columns: readonly PlannedColumn[]
  readonly identity: Identity
  readonly source: string
  readonly attribution: string
  /** Fields that say the source row by row, with the one value that all must have. */
  readonly same: readonly { readonly name: string; readonly field: number; readonly value: string }[]
  readonly ignored: readonly string[]
  /** SHA-256 of how the file is read: the same bytes read otherwise are another import. */
  readonly mappingHash: Buffer
}

/** Plans one file from its first rows, its name and the flags, in falling order of authority the flags first. */
export function plan(file: string, seen: Sniffed, flags: PlanFlags): Plan {
  const format = choose(file, seen, flags)
  const target = TARGETS[format.table]
  const at = (name: string): number => fieldOf(format, seen, name)
  const from = (field: number): string => seen.header?.[field] ?? `#${field + 1}`
  const columns = target.columns
    .map((column) => ({ ...column, field: at(column.name), from: from(at(column.name)) }))
    .filter((column) => column.field >= 0)
  const identity = identify(file, seen, format, flags)
  for (const { field } of [...columns, ...identity.fields]) {
    const twin = seen.header?.find((name, index) => index !== field && name === seen.header![field])
    if (twin !== undefined) throw ambiguous(file, twin)
  }
  const origin = flags.source ?? identity.fixed.exchange_id ?? 'file'
  const same = (['source', 'attribution'] as const)
    .filter((name) => at(name) >= 0 && flags[name] === undefined)
    .map((name) => ({ name, field: at(name), value: seen.rows[0]?.[at(name)] ?? '' }))
  const stated = (name: string): string | undefined => same.find((s) => s.name === name)?.value || undefined
  const source = flags.source ?? stated('source') ?? format.source ?? origin
  const used = new Set([...columns, ...identity.fields, ...same].map((part) => part.field))
  const mapping = { table: format.table, columns: columns.map((c) => [c.name, c.field]), identity, header: seen.header }
  return {
    format: format.name,
    target,
    delimiter: seen.delimiter,
    bom: seen.bom,
    hasHeader: seen.header !== undefined,
    fields: seen.fields,
    columns,
    identity,
    source,
    attribution: flags.attribution ?? stated('attribution') ?? format.attribution ?? source,
    same,
    ignored: (seen.header ?? []).filter((_, index) => !used.has(index)),
    mappingHash: createHash('sha256').update(JSON.stringify(mapping)).digest(),
  }
}

/** Where the file has a column of the format, -1 for nowhere. An epoch is preferred to a text of the same moment. */
function fieldOf(format: Format, seen: Sniffed, name: string): number {
  const where = format.columns[name]
  if (where === undefined) return -1
  if (typeof where === 'number') return where
  const found = where.map((alias) => seen.header?.indexOf(alias) ?? -1).filter((index) => index >= 0)
  const epoch =
    name === 'timestamp' ? found.find((index) => /^\d+(\.\d+)?$/.test(seen.rows[0]?.[index] ?? '')) : undefined
  return epoch ?? found[0] ?? -1
}

const ambiguous = (file: string, name: string): ArxError =>
  new ArxError({
    code: 'ambiguous-column',
    message: `${basename(file)} has more than one column ${name}`,
    detail: 'which of them holds the values is not guessed',
    hint: 'rename or remove all but one in the header',
    exit: EXIT.usage,
  })

/** What a flag may say in a column's place. */
const byFlag = (need: string): boolean => need.split('|').every((name) => IDENTITY.some((part) => part === name))

/** `partly`: whose rows they are may be missing in the file. */
const fits = (format: Format, seen: Sniffed, partly = false): boolean =>
  format.fields === undefined
    ? seen.header !== undefined &&
      format.needs!.every(
        (need) => (partly && byFlag(need)) || need.split('|').some((name) => fieldOf(format, seen, name) >= 0),
      )
    : seen.header === undefined && seen.fields === format.fields

function choose(file: string, seen: Sniffed, flags: PlanFlags): Format {
  if (flags.table !== undefined && !TABLES.includes(flags.table as Table))
    throw usageError(`no table "${flags.table}" to load into`, `--table ${TABLES.join('|')}`)
  if (flags.format !== undefined) {
    const named = FORMATS.find((format) => format.name === flags.format)
    if (!named) throw usageError(`no format "${flags.format}"`, `--format ${FORMATS.map((f) => f.name).join('|')}`)
    if (!fits(named, seen, true)) throw unlike(file, seen, named)
    return named
  }
  const found = FORMATS.filter((f) => !f.onRequest && (flags.table === undefined || f.table === flags.table))
  const format = found.find((f) => fits(f, seen)) ?? found.find((f) => fits(f, seen, true))
  if (format) return format
  throw unknown(file, seen)
}

const unlike = (file: string, seen: Sniffed, format: Format): ArxError =>
  new ArxError({
    code: 'other-format',
    message: `${basename(file)} is not in the format ${format.name}`,
    detail:
      format.fields === undefined
        ? `it would have a header with ${format.needs!.join(', ')}`
        : `it would have ${format.fields} fields and no header; this file has ${seen.fields}${seen.header ? ' and a header' : ''}`,
    hint: 'leave out --format, or see how it is read with --dry-run',
    exit: EXIT.usage,
  })

function unknown(file: string, seen: Sniffed): ArxError {
  const name = basename(file)
  if (!seen.header && seen.fields === 6)
    return new ArxError({
      code: 'format-needed',
      message: `${name} has six columns and no header, so its order cannot be told`,
      detail: 'Bitfinex writes open, close, high, low; most others open, high, low, close. Both look alike',
      hint: '--format bitfinex, or put a header line on top: time,open,high,low,close,volume',
      exit: EXIT.usage,
    })
  const names = seen.header?.join(',') ?? ''
  const shape = seen.header
    ? `the header ${names.length > 200 ? `${names.slice(0, 200)}...` : names}`
    : `${seen.fields} fields and no header`
  return new ArxError({
    code: 'unknown-format',
    message: `${name} is in no format known here`,
    detail: `it has ${shape}`,
    hint: 'a header with time, open, high, low, close (ohlcv), or the columns of crypto_prices',
    exit: EXIT.usage,
  })
}

/** Whose rows these are: flags, then the file's columns, then its name, then the format's own. */
function identify(file: string, seen: Sniffed, format: Format, flags: PlanFlags): Identity {
  const name = parseFileName(file)
  const fields = IDENTITY.map((part) => ({ part, field: fieldOf(format, seen, part) })).filter((f) => f.field >= 0)
  const has = (part: IdentityField): boolean => fields.some((f) => f.part === part)
  const exchange = flags.exchange ?? (has('exchange_id') ? undefined : (format.exchange ?? name.exchange))
  if (!exchange && !has('exchange_id')) throw missing(file, 'exchange', '--exchange binance')
  const fixed: Partial<Record<IdentityField, string | undefined>> = exchange
    ? { exchange_id: exchange.toLowerCase() }
    : {}
  const kept = (...given: IdentityField[]) => fields.filter((f) => !given.includes(f.part))
  if (format.table === 'analytics') return { fixed, fields: kept(...(exchange ? (['exchange_id'] as const) : [])) }

  const overridden: IdentityField[] = exchange ? ['exchange_id'] : []
  if (flags.symbol !== undefined || !(has('coin_id') || has('symbol') || has('pair'))) {
    const asked = flags.symbol === undefined ? name.pair : splitPair(flags.symbol)
    const base = asked?.base ?? flags.symbol?.toUpperCase()
    if (!base) throw missing(file, 'symbol', '--symbol BTC/USDT')
    fixed.symbol = base
    if (asked) fixed.quote = asked.quote
    overridden.push('coin_id', 'symbol', 'pair')
  }
  if (flags.quote !== undefined) fixed.quote = flags.quote.toUpperCase()
  if (fixed.quote !== undefined) overridden.push('quote')
  else if (!has('pair') && !has('quote')) fixed.quote = format.quote
  if (fixed.quote === undefined && !has('pair') && !has('quote')) throw missing(file, 'quote', '--quote USDT')
  const width = flags.timeframe ?? (has('timeframe') ? undefined : (format.timeframe ?? name.timeframe))
  if (width !== undefined) {
    fixed.timeframe = width === 'tick' ? width : timeframe(width)
    if (!fixed.timeframe) throw usageError(`"${width}" is not a timeframe`, '--timeframe 1m')
    overridden.push('timeframe')
  } else if (!has('timeframe')) throw missing(file, 'timeframe', `--timeframe ${stepOf(format, seen) ?? '1h'}`)
  return { fixed, fields: kept(...overridden) }
}

const WIDTHS: Readonly<Record<number, string>> = {
  ...{ 1: '1s', 60: '1m', 180: '3m', 300: '5m', 900: '15m', 1800: '30m', 3600: '1h', 7200: '2h', 14400: '4h' },
  ...{ 21600: '6h', 28800: '8h', 43200: '12h', 86400: '1d', 604800: '1w' },
}

/** The width that fits how far apart the first rows are: only to suggest, a file with holes can mislead. */
function stepOf(format: Format, seen: Sniffed): string | undefined {
  const field = fieldOf(format, seen, 'timestamp')
  const times = seen.rows
    .map((row) => Buffer.from(row[field] ?? ''))
    .map((text) => readTime(text, 0, text.length) / 1e6)
  const counts = new Map<number, number>()
  for (const [i, time] of times.slice(1).entries()) {
    const step = Math.abs(time - times[i]!)
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  const [commonest] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])
  return commonest && WIDTHS[commonest[0]]
}

const missing = (file: string, what: string, flag: string): ArxError =>
  new ArxError({
    code: `${what}-needed`,
    message: `${basename(file)} says nowhere which ${what} its rows are of`,
    detail: 'neither its columns nor its name tell, and it is not guessed',
    hint: flag,
    exit: EXIT.usage,
  })
