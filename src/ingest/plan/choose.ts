// Which format a file is in: the one asked for, or the first of the known ones that fits.
import { basename } from 'node:path'
import { usageError } from '../../errors.ts'
import type { Format } from '../formats/format.ts'
import { cells, type Given, type Layout, layOut, targetOf } from './layout.ts'
import { mappable } from './map-flags.ts'
import { ask, meant } from './plan-errors.ts'
import { IDENTITY, TABLES, type Table } from './targets.ts'

export function choose(given: Given, formats: readonly Format[]): Layout {
  const { flags } = given
  if (flags.table === 'transactions') throw notYet(given, 'its rows are to go to transactions', 'leave out --table')
  if (flags.table !== undefined && !TABLES.includes(flags.table as Table))
    throw usageError(`no table "${flags.table}" to load into`, `--table ${TABLES.join('|')}`)
  const layout = flags.format === undefined ? recognised(given, formats) : named(given, formats, flags.format)
  const { refuse } = layout.format
  if (refuse) throw notYet(given, refuse.why, refuse.try)
  return layout
}

function named(given: Given, formats: readonly Format[], name: string): Layout {
  const format = formats.find((known) => known.name === name)
  if (!format) {
    const names = formats.filter(({ refuse }) => !refuse).map((known) => known.name)
    throw usageError(`no format "${name}"`, `${meant(name, names)}; --format ${names.join('|')}`)
  }
  const strange = [...given.map.keys()].find((column) => !takes(format, column))
  if (strange !== undefined)
    throw usageError(
      `rows of the format ${format.name} have no ${strange}`,
      meant(strange, mappable([targetOf(format).table])),
    )
  const layout = layOut(format, given)
  if (!fits(layout, 'partly')) throw unlike(given, format)
  return layout
}

function recognised(given: Given, formats: readonly Format[]): Layout {
  const { table } = given.flags
  const layouts = formats
    .filter((f) => !f.onRequest && (table === undefined || f.refuse || f.table === table))
    // Who says where the time is describes a layout of his own.
    .filter((f) => f.fields === undefined || !given.map.has('timestamp'))
    .filter((f) => [...given.map.keys()].every((column) => takes(f, column)))
    .map((format) => layOut(format, format.general ? given : { ...given, map: new Map() }))
  const found = layouts.find((l) => fits(l, 'wholly')) ?? layouts.find((l) => fits(l, 'partly'))
  if (!found) throw unknown(given)
  return layOut(found.format, given)
}

/** Whether a format's rows can have such a column. */
const takes = (format: Format, column: string): boolean =>
  mappable([targetOf(format).table]).includes(column) || (format.trades === true && /^(price|amount)$/.test(column))

/** What a flag may say in a column's place. */
const byFlag = (need: string): boolean => need.split('|').every((name) => IDENTITY.some((part) => part === name))

/** `partly`: whose rows they are may be missing in the file. */
function fits({ format, given, at }: Layout, how: 'wholly' | 'partly'): boolean {
  const { seen, map, flags } = given
  if (format.fields !== undefined) {
    return !seen.header && seen.fields === format.fields && (flags.format !== undefined || looks(format, given))
  }
  if (!seen.header && map.size === 0) return false
  if (format.wide !== undefined && !seen.header?.some((word) => new RegExp(format.wide!).test(word))) return false
  if (format.lacks?.some((name) => at(name) >= 0)) return false
  return (format.needs ?? []).every(
    (need) =>
      (how === 'partly' && byFlag(need)) ||
      (need === 'timestamp' && flags.timestamp !== undefined && (format.general || flags.format !== undefined)) ||
      need.split('|').some((name) => at(name) >= 0),
  )
}

/** Nine of ten rows are enough: a few bad ones make no other format. */
const looks = (format: Format, { seen }: Given): boolean =>
  (format.looks ?? []).every((pattern, field) => {
    const found = cells(seen, field)
    const shape = new RegExp(pattern)
    return found.length > 0 && found.filter((cell) => shape.test(cell)).length >= found.length * 0.9
  })

const notYet = ({ file }: Given, why: string, hint: string) =>
  ask({
    code: 'not-yet',
    message: `${basename(file)} cannot be loaded: ${why}`,
    detail: 'transactions have no table yet',
    hint,
  })

const unlike = ({ file, seen }: Given, format: Format) =>
  ask({
    code: 'other-format',
    message: `${basename(file)} is not in the format ${format.name}`,
    detail:
      format.fields === undefined
        ? `it would have a header with ${format.needs!.join(', ')}`
        : `it would have ${format.fields} fields and no header; this file has ${seen.fields}${seen.header ? ' and a header' : ''}`,
    hint: 'leave out --format, or see how it is read with --dry-run',
  })

function unknown(given: Given) {
  const { file, seen } = given
  const name = basename(file)
  if (!seen.header && seen.fields === 6 && given.map.size === 0) return orderNeeded(given)
  const names = seen.header?.map((word, index) => word || `#${index + 1}`).join(',') ?? ''
  const shape = seen.header
    ? `the header ${names.length > 200 ? `${names.slice(0, 200)}...` : names}`
    : `${seen.fields} fields and no header`
  return ask({
    code: 'unknown-format',
    message: `${name} is in no format known here`,
    detail: `it has ${shape}${given.map.size > 0 ? '; with what --map says, a table still lacks columns' : ''}`,
    hint: `say which column is what: --map '${seen.header ? 'COLUMN=timestamp,COLUMN=price' : '#1=timestamp,#2=price'}'; or a header with time, open, high, low, close`,
  })
}

/** Six numbers: what a check of the first rows says about their order. */
function orderNeeded({ file, seen }: Given) {
  const share = (open: number, high: number, low: number, close: number): number => {
    const broken = seen.rows.filter((row) => {
      const [o, h, l, c] = [open, high, low, close].map((field) => Number(row[field])) as [
        number,
        number,
        number,
        number,
      ]
      return h < Math.max(o, c, l) || l > Math.min(o, c)
    })
    return Math.round((100 * broken.length) / Math.max(1, seen.rows.length))
  }
  const [plain, bitfinex] = [share(1, 2, 3, 4), share(1, 3, 4, 2)]
  const both = `read as open, high, low, close (--format columns-ohlcv) ${plain} % of the first ${seen.rows.length} rows break their bounds; as open, close, high, low (--format bitfinex) ${bitfinex} %`
  const likely = plain < bitfinex ? ['columns-ohlcv', 'bitfinex'] : ['bitfinex', 'columns-ohlcv']
  return ask({
    code: 'format-needed',
    message: `${basename(file)} has six columns and no header, so its order cannot be told`,
    detail: `Bitfinex writes open, close, high, low; most others open, high, low, close. ${both}`,
    hint:
      plain === bitfinex
        ? `--format ${likely[0]}, or --format ${likely[1]}`
        : `--format ${likely[0]} fits these rows better than --format ${likely[1]}`,
  })
}
