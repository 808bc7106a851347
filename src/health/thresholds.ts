// Thresholds: the check's own, over which the config's stand, over which the flags' stand; an object's over its check's.
import { tryDuration } from '../duration.ts'
import { usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { Check } from './check.ts'
import type { Threshold, Unit } from './model.ts'

/** One entry of the config's health section, by `check` or `check/object`; numbers, or `5m`, `80%`, `10GB`. */
export interface WrittenThreshold {
  readonly enabled?: boolean | undefined
  readonly warn?: number | string | undefined
  readonly crit?: number | string | undefined
}

export type WrittenThresholds = Readonly<Record<string, WrittenThreshold>>

export interface Thresholds {
  enabled(check: Check): boolean
  of(check: Check, object: string | null): Threshold
}

const BYTES: Readonly<Record<string, number>> = { '': 1, K: 1, M: 2, G: 3, T: 4 }

/** A limit in the check's unit: seconds, bytes (binary multiples), per cent, a count. Undefined where it is none. */
export function limitOf(written: number | string, unit: Unit): number | undefined {
  if (typeof written === 'number') return Number.isFinite(written) ? written : undefined
  const text = written.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  if (unit === 's') {
    const ms = tryDuration(text)
    return ms === undefined ? undefined : ms / 1000
  }
  if (unit === '%') {
    const [, share] = /^(\d+(?:\.\d+)?)\s?%$/.exec(text) ?? []
    return share === undefined ? undefined : Number(share)
  }
  if (unit === 'B') {
    const [, size, prefix] = /^(\d+(?:\.\d+)?)\s?([kKMGT]?)i?B?$/.exec(text) ?? []
    if (size === undefined) return undefined
    const power = prefix === '' ? 0 : BYTES[prefix!.toUpperCase()]!
    return Number(size) * 1024 ** power
  }
  return undefined
}

const FORMS: Readonly<Record<Unit, string>> = { s: '5m or 300', B: '10GB', '%': '80 or 80%', '1': '3' }

function parsed(written: number | string | undefined, check: Check, where: string): number | undefined {
  if (written === undefined) return undefined
  const limit = limitOf(written, check.unit)
  if (limit === undefined)
    throw usageError(`${where}: "${written}" is no threshold of ${check.name}`, `write ${FORMS[check.unit]}`)
  return limit
}

/** `80`, where one check is asked for; `connections=80`, `slots/standby1=10GB` otherwise. */
function flagged(
  flags: readonly string[],
  level: 'warn' | 'crit',
  asked: readonly Check[],
): readonly (readonly [string, WrittenThreshold])[] {
  return flags.map((flag) => {
    const [, key, value] = /^([a-z-]+(?:\/.+)?)=([^=]+)$/.exec(flag) ?? []
    if (key !== undefined) return [key, { [level]: value }]
    if (asked.length !== 1) throw usageError(`--${level} ${flag}: of which check?`, `--${level} connections=${flag}`)
    return [asked[0]!.name, { [level]: flag }]
  })
}

/** Settles what holds. Usage errors for thresholds of checks that are not there, and for what is no threshold. */
export function thresholdsOf(
  checks: readonly Check[],
  asked: readonly Check[],
  written: WrittenThresholds,
  flags: { readonly warn: readonly string[]; readonly crit: readonly string[] },
): Thresholds {
  const layers = new Map<string, Threshold>()
  const disabled = new Set<string>()
  const byName = new Map(checks.map((check) => [check.name, check]))
  const add = (key: string, { enabled, warn, crit }: WrittenThreshold, origin: string): void => {
    const check = byName.get(key.split('/')[0]!)
    if (!check) {
      const near = nearest(key.split('/')[0]!, [...byName.keys()], 2)
      throw usageError(
        `${origin}: no check "${key}"`,
        near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'arxdb health --list',
      )
    }
    if (!check.threshold && (warn !== undefined || crit !== undefined)) {
      throw usageError(`${origin}: ${check.name} has no threshold`, 'leave it out, or "enabled": false')
    }
    if (enabled === false) disabled.add(key)
    const base = layers.get(key) ?? layers.get(check.name) ?? check.threshold ?? { warn: null, crit: null }
    layers.set(key, {
      warn: parsed(warn, check, `${origin} ${key}`) ?? base.warn,
      crit: parsed(crit, check, `${origin} ${key}`) ?? base.crit,
    })
  }
  // A check's own before its objects', which stand on it.
  for (const [key, value] of Object.entries(written).sort(([a], [b]) => a.split('/').length - b.split('/').length)) {
    add(key, value, 'config health')
  }
  for (const [key, value] of flagged(flags.warn, 'warn', asked)) add(key, value, '--warn')
  for (const [key, value] of flagged(flags.crit, 'crit', asked)) add(key, value, '--crit')
  return {
    enabled: ({ name }) => !disabled.has(name),
    of: (check, object) => {
      if (object !== null && disabled.has(`${check.name}/${object}`)) return { warn: null, crit: null }
      const own = object === null ? undefined : layers.get(`${check.name}/${object}`)
      return own ?? layers.get(check.name) ?? check.threshold ?? { warn: null, crit: null }
    },
  }
}
