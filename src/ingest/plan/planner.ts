// Decides how a file is read: its format, which field goes where, whose market it is. Unsure is an error that asks.
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { usageError } from '../../errors.ts'
import { FORMATS } from '../formats/registry.ts'
import { choose } from './choose.ts'
import { parseFileName } from './file-name.ts'
import { coinsOf, identify, type Whose } from './identify.ts'
import { type Layout, targetOf } from './layout.ts'
import { ORIGIN, readMap } from './map-flags.ts'
import { metricOf } from './metric.ts'
import type { Plan, PlanFlags, PlannedColumn, TradeFields, View } from './plan.ts'
import { ambiguous, ask } from './plan-errors.ts'
import type { Sniffed } from './sniff.ts'
import { type Timing, timingOf } from './time-column.ts'
import { columnsOf } from './views.ts'
import { type Width, widthOf } from './widths.ts'

/** Plans one file from its first rows, its name and the flags, in falling order of authority the flags first. */
export async function makePlan(file: string, seen: Sniffed, flags: PlanFlags): Promise<Plan> {
  const own =
    flags.formatFile === undefined ? [] : await (await import('./format-file.ts')).readFormats(flags.formatFile)
  const given = { file, seen, flags, name: parseFileName(file), ...readMap(file, seen, flags) }
  const layout = choose(given, [...own, ...FORMATS])
  const { format, at } = layout
  const metric = metricOf(layout)
  const coins = format.wide === undefined ? undefined : coinsOf(layout)
  const whose = coins ? [...coins.keys()].map((base) => identify(layout, base)) : [identify(layout)]
  const timing = timingOf(layout)
  const target = targetOf(format)
  const candles = target.table !== 'analytics'
  const width = candles ? widthOf(layout, whose[0]!, timing) : undefined
  const views = whose.map((one): View => {
    const columns = columnsOf(layout, timing, metric, coins?.get(one.fixed.symbol!))
    // In the file's order a row can be written while it is read. A wide table's coins have to agree on an order.
    const inOrder = coins || format.trades ? columns : [...columns].sort((a, b) => a.field - b.field)
    return { columns: inOrder, identity: identityOf(one, width) }
  })
  const onConflict = conflicts(layout, views[0]!.columns)
  const same = ORIGIN.filter((name) => at(name) >= 0 && flags[name] === undefined).map((name) => {
    return { name, field: at(name), value: seen.rows[0]?.[at(name)] ?? '' }
  })
  const stated = (name: string): string | undefined => same.find((s) => s.name === name)?.value || undefined
  const source = flags.source ?? stated('source') ?? format.source ?? whose[0]!.fixed.exchange_id ?? 'file'
  const trades: TradeFields | undefined = format.trades
    ? { time: timing.field, price: at('price'), amount: at('amount') }
    : undefined
  const prefer = preferenceOf(layout)
  const times = { ...timing.rules, shiftUs: shiftOf(layout, width) }
  const read = { table: target.table, views, header: seen.header, times, trades, step: width?.step, prefer, onConflict }
  const used = new Set([
    ...views.flatMap(({ columns, identity }) => [...columns, ...identity.fields].map(({ field }) => field)),
    ...[...same.map(({ field }) => field), timing.witness?.field ?? -1, ...Object.values(trades ?? {})],
  ])
  checkTwins(layout, used)
  return {
    ...{ format: format.name, target, delimiter: seen.delimiter, bom: seen.bom, header: seen.header },
    skip: seen.banner + (seen.header ? 1 : 0),
    fields: seen.fields,
    ...{ views, times, step: width?.step, witness: timing.witness, trades, prefer, onConflict, source, same },
    attribution: flags.attribution ?? stated('attribution') ?? format.attribution ?? source,
    ignored: ignoredOf(layout, used),
    notes: notesOf(layout, whose[0]!, timing, width),
    mappingHash: hashOf(read),
  }
}

const identityOf = ({ fixed, fields }: Whose, width: Width | undefined): View['identity'] =>
  width?.timeframe === undefined
    ? { fixed, fields }
    : { fixed: { ...fixed, timeframe: width.timeframe }, fields: fields.filter(({ part }) => part !== 'timeframe') }

/** Which of two versions is newer can be told only by when the source saw them. */
function conflicts({ given: { flags, file }, format }: Layout, columns: readonly PlannedColumn[]): Plan['onConflict'] {
  const mode = flags.onConflict ?? 'skip'
  const seenAt = columns.some(({ name }) => name === 'observed_at')
  if (mode === 'newest' && !seenAt && targetOf(format).table !== 'prices')
    throw ask({
      code: 'observed-needed',
      message: `${basename(file)} does not say when its rows were seen, so which are newest cannot be told`,
      detail: 'a bar that is still open and the same bar closed have one timestamp',
      hint: "--map 'COLUMN=observed_at'",
    })
  return mode
}

function preferenceOf({ format, at }: Layout): Plan['prefer'] {
  if (!format.prefer) return undefined
  const { column, pattern, why } = format.prefer
  return at(column) < 0 ? undefined : { field: at(column), pattern, why }
}

function shiftOf({ given: { flags }, format }: Layout, width: Width | undefined): number {
  if (flags.stamp !== 'close') return 0
  if (format.trades || targetOf(format).table !== 'ohlcv')
    throw usageError('--stamp close is for candles', 'leave out --stamp')
  if (width?.step === undefined)
    throw usageError(
      width?.timeframe === undefined
        ? 'with --stamp close all rows have to be of one width'
        : `--stamp close cannot go with ${width.timeframe}: months differ in length`,
      'leave out --stamp, or --timeframe 1d',
    )
  return -width.step * 1e6
}

function checkTwins({ given: { file, seen, exact, left } }: Layout, used: ReadonlySet<number>): void {
  for (const field of used) {
    const name = seen.header?.[field]
    if (!name || exact.has(field)) continue
    const twin = seen.header!.some((other, index) => index !== field && other === name && !left.has(index))
    if (twin) throw ambiguous(file, name)
  }
}

/** A format without a header names all that is worth having, unless the user says what is what. */
function ignoredOf({ given: { seen, left, map } }: Layout, used: ReadonlySet<number>): readonly string[] {
  const words = seen.header ?? (map.size > 0 ? Array.from({ length: seen.fields }, () => '') : [])
  return words.flatMap((word, index) => (used.has(index) || left.has(index) ? [] : [word || `#${index + 1}`]))
}

function notesOf(
  { format, given: { seen } }: Layout,
  whose: Whose,
  { field }: Timing,
  width?: Width,
): readonly string[] {
  const told = [...whose.told, ...(width?.told ?? [])]
  const isText = field >= 0 && !seen.rows.some((row) => /^\d{9,}/.test(row[field] ?? ''))
  return [
    ...(told.length > 0 ? [`${told.join(', ')}: from the file's name`] : []),
    ...(width?.notes ?? []),
    ...(format.caution === undefined ? [] : [format.caution]),
    ...(format.textCaution === undefined || !isText ? [] : [format.textCaution]),
  ]
}

type Read = Pick<Plan, 'views' | 'header' | 'times' | 'trades' | 'step' | 'prefer' | 'onConflict'> & { table: string }

/** Only what changes the rows that come out counts: the same file planned alike is the same import. */
function hashOf({ views, onConflict, ...read }: Read): Buffer {
  const columns = (view: View) => view.columns.map((c) => [c.name, c.field, c.constant, c.zeroIsNull])
  const mapping = {
    ...read,
    views: views.map((view) => ({ columns: columns(view), identity: view.identity })),
    ...(onConflict === 'skip' ? {} : { onConflict }),
  }
  return createHash('sha256').update(JSON.stringify(mapping)).digest()
}
