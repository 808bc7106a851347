// What a table's policy should be, from what is known of it. Facts in, advice out: nothing is read here.

import { factsOf } from '../names.ts'
import { compressFinding, retentionFindings } from './age.ts'
import { columnFindings } from './columns.ts'
import type { AdviceRow, Finding, Patch, ServerFacts, TableFacts } from './facts.ts'
import { DAY, fitIntervals, leastFor, type Rate, rateOf, SHARE, written } from './interval.ts'
import { autovacuumRow, lockRow } from './server.ts'
import { about, length, size } from './words.ts'

/** On Community, where compressed chunks are merged, what is being written need not be wider. */
const NARROW = 30 * DAY
/** And where so many bytes of it wait for its end to be compressed, it should not be. */
const WORTH_COMPRESSING = 100 * 1024 ** 2

interface Sized {
  readonly facts: TableFacts
  readonly rate: Rate | undefined
  readonly perDay: number
  readonly interval: number
  readonly least: number
}

/** Advice for every setting of each table, and for the server where it is too small for them. */
export function advise(tables: readonly TableFacts[], server: ServerFacts): readonly AdviceRow[] {
  const sized = tables.map((facts) => sizedOf(facts, server))
  const loads = sized.map(({ perDay, interval, least }) => ({ bytesPerDay: perDay, interval, least }))
  const fitted = fitIntervals(loads, server.memory * SHARE)
  const total = sized.reduce((sum, { perDay }, i) => sum + written(perDay, fitted[i]!), 0)
  const rows = sized.flatMap((one, i) => {
    const interval = intervalFinding(one, fitted[i]!, total, server)
    const settled = interval.confident ? fitted[i]! : one.facts.policy.chunk_interval
    return tableRows(one, interval, settled, server)
  })
  return [...rows, ...autovacuumRow(server)]
}

function sizedOf(facts: TableFacts, { tier }: ServerFacts): Sized {
  const { policy, recent, span } = facts
  const rate = rateOf(recent)
  const perDay = rate ? rate.rowsPerDay * rate.bytesPerRow : 0
  const now = policy.chunk_interval
  const kept = policy.retain_for ?? Number.POSITIVE_INFINITY
  const needed = leastFor(Math.min(span, kept))
  if (!rate?.confident) return { facts, rate, perDay, interval: now, least: now }
  if (tier !== 'community') return { facts, rate, perDay, interval: Math.max(now, needed), least: needed }
  const waits = policy.compress_after !== null && written(perDay, NARROW) >= WORTH_COMPRESSING
  const interval = now > NARROW ? (waits ? NARROW : now) : Math.max(now, Math.min(needed, NARROW))
  return { facts, rate, perDay, interval, least: 0 }
}

function intervalFinding({ facts, rate, perDay, least }: Sized, fitted: number, total: number, server: ServerFacts) {
  const { policy, actual } = facts
  const now = policy.chunk_interval
  return {
    setting: 'chunk_interval',
    now: length(now, ''),
    actual: actual.chunk_interval === null ? null : length(actual.chunk_interval, ''),
    advised: length(fitted, ''),
    confident: rate?.confident ?? false,
    n: rate?.rows ?? 0,
    reason: rate ? intervalReason(rate, { perDay, least, now, fitted, total, facts, server }) : unread(facts),
    patch: { chunkInterval: length(fitted, '') },
  } satisfies Finding
}

const unread = ({ recent }: TableFacts): string =>
  recent.length === 0 ? 'no rows yet: keep' : 'how many rows its chunks hold is not known, `analyze` tells: keep'

interface Weighed {
  readonly perDay: number
  readonly least: number
  readonly now: number
  readonly fitted: number
  readonly total: number
  readonly facts: TableFacts
  readonly server: ServerFacts
}

function intervalReason(rate: Rate, { perDay, least, now, fitted, total, facts, server }: Weighed): string {
  const busiest =
    rate.parts > 1 ? `the busiest of the newest ${rate.parts} of ${facts.parts} partitions` : '1 partition'
  const flow = `${about(rate.rowsPerDay)} rows a day of ${size(rate.bytesPerRow)} with indexes (${busiest})`
  if (!rate.confident) return `${flow}: not enough evidence, keep`
  const share = `${SHARE * 100} % of ${size(server.memory)} memory`
  const held = `${length(fitted, '')} hold ${size(written(perDay, fitted))}, all tables being written ${size(total)}`
  const fits = total <= server.memory * SHARE
  if (fitted === now) return `${flow}: ${held}, ${fits ? 'within' : 'beyond'} ${share}`
  if (fitted > now) {
    const many = Math.ceil(facts.span / now)
    return `${flow}: ${length(now, '')} are ${many.toLocaleString('en-US')} partitions for the time there is, ${held}`
  }
  if (server.tier === 'community' && fitted === NARROW && now > NARROW && written(perDay, now) <= server.memory * SHARE)
    return `${flow}: a chunk is compressed after its end only, ${held}, and chunks are merged when compressed`
  const floor = !fits && fitted === least ? '; narrower would be over 1,000 partitions' : ''
  return `${flow}: ${length(now, '')} hold ${size(written(perDay, now))}, ${held}, against ${share}${floor}`
}

function tableRows(one: Sized, interval: Finding, settled: number, server: ServerFacts): readonly AdviceRow[] {
  const { facts, rate } = one
  const findings = [interval]
  if (server.tier === 'community') {
    findings.push(...columnFindings(facts, rate, settled))
    findings.push(compressFinding(facts, settled))
  }
  findings.push(...retentionFindings(facts, server.tier))
  return [...findings.map((finding) => rowOf(facts, finding)), ...lockRow(facts, settled, server)]
}

function rowOf(facts: TableFacts, finding: Finding): AdviceRow {
  const { policy, configured } = facts
  const { setting, now, actual = null, confident, n, reason, patch } = finding
  const change = confident && finding.advised !== now
  return {
    table: policy.table,
    setting,
    now: configured ? now : null,
    actual: configured && actual === now ? null : actual,
    advised: change ? finding.advised : now,
    change,
    confident,
    n,
    reason,
    entry: change && patch ? JSON.stringify(entryOf([[policy.table, { ...asItIs(facts), ...patch }]])) : null,
  }
}

/**
 * What else a config has to say of a table that it does not name yet: left out, the usual would apply, and compress what
 * nobody asked to compress.
 */
function asItIs({ policy, configured }: TableFacts): Patch {
  if (configured) return {}
  return {
    chunkInterval: length(policy.chunk_interval, ''),
    segmentBy: policy.segment_by,
    orderBy: policy.order_by,
    compressAfter: length(policy.compress_after, 'never'),
  }
}

/** As it is pasted into a config file: arxdb's own tables by their short names. */
export function entryOf(patches: readonly (readonly [string, Patch])[]): object {
  const policy: Record<string, Patch> = {}
  for (const [table, patch] of patches) {
    const name = factsOf(table) ?? table
    policy[name] = { ...policy[name], ...patch }
  }
  return { policy }
}

/** `chunk_interval` as a config spells it. */
const keyOf = (setting: string): string => setting.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** One entry for all that should change; undefined where nothing should. What is advised stands over what is as it is. */
export function entryOfAll(rows: readonly AdviceRow[]): string | undefined {
  const written = rows.flatMap(({ table, setting, entry }) => {
    if (entry === null) return []
    const { policy } = JSON.parse(entry) as { policy: Record<string, Patch> }
    return [{ table, patch: Object.values(policy)[0]!, key: keyOf(setting) }]
  })
  if (written.length === 0) return undefined
  const whole = written.map(({ table, patch }) => [table, patch] as const)
  const own = written.map(({ table, patch, key }) => [table, { [key]: patch[key]! }] as const)
  return JSON.stringify(entryOf([...whole, ...own]))
}
