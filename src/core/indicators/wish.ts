// What --with names: `rsi,macd,ema:20,bollinger:20:2`.
import { usageError } from '../../errors.ts'
import { nearest } from '../../nearest.ts'
import { averaged, bollingerSetting, columnsOf, macdSetting, type Setting } from './settings.ts'

/** A setting and the names its columns have beside those of others. */
export interface Named {
  readonly setting: Setting
  readonly columns: readonly string[]
}

const FORMS = '--with rsi,macd,bollinger,atr,ema:20,sma:50'
export const DEFAULT_WISH = 'rsi,macd,bollinger,atr'

const MAKERS: Readonly<Record<string, { readonly most: number; make(numbers: readonly number[]): Setting }>> = {
  rsi: { most: 1, make: ([period = 14]) => averaged('rsi', period) },
  atr: { most: 1, make: ([period = 14]) => averaged('atr', period) },
  ema: { most: 1, make: ([period = 20]) => averaged('ema', period) },
  sma: { most: 1, make: ([period = 20]) => averaged('sma', period) },
  macd: { most: 3, make: ([fast, slow, signal]) => macdSetting({ fast, slow, signal }) },
  bollinger: { most: 2, make: ([period, deviations]) => bollingerSetting({ period, deviations }) },
}

/** Reads the list; the same name twice is there once. Columns of a name with numbers carry them: `ema_20`. */
export function parseWish(text: string): readonly Named[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  if (names.every((name) => name === '')) throw usageError('--with names no indicator', FORMS)
  return [...new Set(names.filter((name) => name !== ''))].map(readName)
}

function readName(text: string): Named {
  const [name = '', ...parts] = text.split(':')
  const maker = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined
  if (!maker) {
    const [near] = nearest(name, Object.keys(MAKERS), 1)
    const known = `there are: ${Object.keys(MAKERS).join(', ')}`
    throw usageError(`no indicator "${name}"`, near ? `--with ${near}` : known)
  }
  if (parts.length > maker.most || parts.some((part) => !/^\d{1,6}(\.\d{1,6})?$/.test(part))) {
    throw usageError(`"${text}" is no indicator with its numbers`, FORMS)
  }
  const setting = maker.make(parts.map(Number))
  const suffix = parts.map((part) => `_${part}`).join('')
  return { setting, columns: columnsOf(setting).map((column) => column + suffix) }
}
