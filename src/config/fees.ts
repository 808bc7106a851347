// Fees as people write them, to exact decimals: no fee is ever a binary fraction.
import type { Fees, FileFees } from './schema.ts'

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?(%?)$/i

/** Plain digits of `0.26%` (0.0026), `1e-7`, 0.0026; undefined for what is no decimal. */
function plain(input: string | number): string | undefined {
  const match = DECIMAL.exec(String(input).trim().replace(/\s%$/, '%'))
  if (!match) return undefined
  const [, sign = '', integer = '', fraction = '', exponent = '0', per] = match
  const point = integer.length + Number(exponent) - (per === '%' ? 2 : 0)
  const digits = integer + fraction
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0')
  const at = Math.max(point, 1)
  const [whole, rest] = [padded.slice(0, at).replace(/^0+(?=\d)/, ''), padded.slice(at).replace(/0+$/, '')]
  const text = rest === '' ? whole : `${whole}.${rest}`
  return `${sign === '-' && /[1-9]/.test(text) ? '-' : ''}${text}`
}

/** Above this somebody wrote per cent without the sign. */
const MOST = 0.1

/** A fee as a share of the traded value; a rebate is negative. Undefined for what is none. */
export function shareOf(input: string | number): string | undefined {
  const share = plain(input)
  return share !== undefined && Math.abs(Number(share)) < MOST ? share : undefined
}

/** An amount of coins, not negative. */
export function amountOf(input: string | number): string | undefined {
  const amount = plain(input)
  return amount === undefined || amount.startsWith('-') || String(input).includes('%') ? undefined : amount
}

/** What was validated before, as exact decimals. */
export const exactFees = ({ taker, pairs = {}, withdraw = {} }: FileFees): Fees => ({
  taker: taker === undefined ? undefined : shareOf(taker),
  pairs: Object.fromEntries(Object.entries(pairs).map(([pair, { taker }]) => [pair, { taker: shareOf(taker)! }])),
  withdraw: Object.fromEntries(Object.entries(withdraw).map(([coin, amount]) => [coin, amountOf(amount)!])),
})

/** One line of `config show`. */
export const feesText = ({ taker, pairs = {}, withdraw = {} }: FileFees): string =>
  [
    ...(taker === undefined ? [] : [`taker=${taker}`]),
    ...Object.entries(pairs).map(([pair, { taker }]) => `${pair}=${taker}`),
    ...Object.entries(withdraw).map(([coin, amount]) => `withdraw.${coin}=${amount}`),
  ].join(' ')
