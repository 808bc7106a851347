// From a setting and the bars to the values. Loaded when a question is asked: the package behind it is not for --help.
import { atr } from './atr.ts'
import { bollinger } from './bollinger.ts'
import { type Compat, conventionOf } from './compat.ts'
import { ema } from './ema.ts'
import { macd } from './macd.ts'
import { rsi } from './rsi.ts'
import type { Bars, Series } from './series.ts'
import type { Setting } from './settings.ts'
import { sma } from './sma.ts'

/** One series for each of the setting's columns, in their order. */
export function compute(setting: Setting, bars: Bars, compat: Compat | undefined): readonly Series[] {
  const { emaSeed: seed, macdTogether: together, flatRsi: flat, firstRange } = conventionOf(compat)
  switch (setting.kind) {
    case 'rsi':
      return [rsi(bars.close, { period: setting.period, flat })]
    case 'atr':
      return [atr(bars, { period: setting.period, firstRange })]
    case 'ema':
      return [ema(bars.close, { period: setting.period, seed })]
    case 'sma':
      return [sma(bars.close, setting)]
    case 'macd': {
      const { line, signal, histogram } = macd(bars.close, { ...setting, seed, together })
      return [line, signal, histogram]
    }
    case 'bollinger': {
      const { mid, upper, lower, percent_b, bandwidth } = bollinger(bars.close, setting)
      return [mid, upper, lower, percent_b, bandwidth]
    }
  }
}
