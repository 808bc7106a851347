// An indicator as it is asked for: its numbers checked, and what follows from them without computing it. Nothing here
// loads the package that computes.
import { usageError } from '../../errors.ts'
import { type Compat, conventionOf } from './compat.ts'
import { emaConstant, forgets, wilderConstant } from './warm-up.ts'

export type Setting =
  | { readonly kind: 'rsi' | 'atr' | 'ema' | 'sma'; readonly period: number }
  | { readonly kind: 'macd'; readonly fast: number; readonly slow: number; readonly signal: number }
  | { readonly kind: 'bollinger'; readonly period: number; readonly deviations: number }

type Averaged = Extract<Setting, { kind: 'rsi' | 'atr' | 'ema' | 'sma' }>
export type MacdSetting = Extract<Setting, { kind: 'macd' }>
export type BollingerSetting = Extract<Setting, { kind: 'bollinger' }>

/** What may be left out stands for the usual 12, 26, 9. */
export interface MacdNumbers {
  readonly fast?: number | undefined
  readonly slow?: number | undefined
  readonly signal?: number | undefined
}

/** Left out: 20 bars, 2 deviations. */
export interface BollingerNumbers {
  readonly period?: number | undefined
  readonly deviations?: number | undefined
}

const MOST_BARS = 10_000

function bars(value: number, what: string, hint: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= MOST_BARS) return value
  throw usageError(`${what} is a whole number of bars from 1 to ${MOST_BARS}, not ${value}`, hint)
}

/** RSI, ATR, EMA or SMA over so many bars. */
export const averaged = (kind: Averaged['kind'], period: number): Averaged => ({
  kind,
  period: bars(period, 'a period', '--period 14'),
})

/** The fast average has to be the shorter one: the other way round every sign would turn. */
export function macdSetting({ fast = 12, slow = 26, signal = 9 }: MacdNumbers = {}): MacdSetting {
  const hint = '--fast 12 --slow 26 --signal 9'
  const setting = {
    kind: 'macd' as const,
    fast: bars(fast, 'the fast period', hint),
    slow: bars(slow, 'the slow period', hint),
    signal: bars(signal, 'the signal period', hint),
  }
  if (fast >= slow) throw usageError(`the fast period, ${fast}, is not shorter than the slow one, ${slow}`, hint)
  return setting
}

export function bollingerSetting({ period = 20, deviations = 2 }: BollingerNumbers = {}): BollingerSetting {
  const hint = '--period 20 --deviations 2'
  if (!(deviations > 0 && deviations <= 100)) {
    throw usageError(`the bands are more than 0 and at most 100 deviations away, not ${deviations}`, hint)
  }
  // One close alone has no deviation, and so no bands.
  if (period === 1) throw usageError('bands over one bar have no width', hint)
  return { kind: 'bollinger', period: bars(period, 'a period', hint), deviations }
}

/** The numbers of a setting in the order in which they are written. */
export const numbersOf = (setting: Setting): readonly number[] =>
  setting.kind === 'macd'
    ? [setting.fast, setting.slow, setting.signal]
    : setting.kind === 'bollinger'
      ? [setting.period, setting.deviations]
      : [setting.period]

/** Names of its columns. */
export function columnsOf({ kind }: Setting): readonly string[] {
  if (kind === 'macd') return ['macd', 'signal', 'histogram']
  return kind === 'bollinger' ? ['mid', 'upper', 'lower', 'percent_b', 'bandwidth'] : [kind]
}

/** The definition's name and version: `rsi-14/1`, `macd-12-26-9-talib/1`. */
export const definitionOf = (setting: Setting, compat: Compat | undefined): string =>
  `${[setting.kind, ...numbersOf(setting), ...(compat ? [compat] : [])].join('-')}/1`

/** Index of the first bar with a value in every column; so many bars have to come before it. */
export function firstIndex(setting: Setting, compat: Compat | undefined): number {
  switch (setting.kind) {
    case 'rsi':
      return setting.period
    case 'atr':
      return setting.period - (conventionOf(compat).firstRange ? 1 : 0)
    case 'macd':
      return setting.slow + setting.signal - 2
    default:
      return setting.period - 1
  }
}

/** Index from which the way it began no longer counts: bars before it are `unstable`. */
export function stableFrom(setting: Setting, compat: Compat | undefined): number {
  const first = firstIndex(setting, compat)
  switch (setting.kind) {
    case 'rsi':
    case 'atr':
      return first + forgets(wilderConstant(setting.period))
    case 'ema':
      return first + forgets(emaConstant(setting.period))
    case 'macd':
      // The signal is an average of values that are themselves still settling.
      return first + forgets(emaConstant(setting.slow)) + forgets(emaConstant(setting.signal))
    default:
      return first
  }
}
