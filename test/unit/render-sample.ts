// Answers that the render tests share: every kind of column, and values that try to harm a terminal.
import { columns, type Result, type Value } from '../../src/core/result.ts'
import { type RenderFormat, render } from '../../src/render/render.ts'
import type { RenderOptions } from '../../src/render/view.ts'

export const TTY: RenderOptions = { isTTY: true, width: 120, color: false, header: true }
export const PIPE: RenderOptions = { isTTY: false, width: 80, color: false, header: true }

export async function rendered(result: Result<object>, format: RenderFormat, options: RenderOptions): Promise<string> {
  return [...(await render(result, format, options))].join('')
}

const row = (
  exchange_id: string | null,
  twap: string,
  coverage: number,
  n_obs: number,
  carried_in: boolean | null,
  age: number | null,
  size: string | null,
  from: string | null,
  trend: Value,
) => ({ exchange_id, twap, coverage, n_obs, carried_in, age, size, from, trend })

export const everyKind: Result = {
  columns: columns({
    exchange_id: 'text',
    twap: 'decimal',
    coverage: 'ratio',
    n_obs: 'int',
    carried_in: 'bool',
    age: 'duration',
    size: 'bytes',
    from: 'time',
    trend: 'series',
  }),
  rows: [
    row(
      'binance',
      '97123.456789012345678901',
      0.9987,
      168,
      true,
      300,
      '3435973836',
      '2025-01-01T00:00:00Z',
      [1, 2, 3, 5, 2],
    ),
    row('東京 "one", two|three', '0.00000618', 0.99999, 3, false, 266_400, '12', '2025-01-01T00:05:00.000Z', []),
    row('bad\x1b[31m\ttab\nline\\slash', '12', 0.0000004, 1_091_782, null, 0.25, '999960', '2024-12-31T23:59:00Z', [7]),
    row(null, '-123456789.98765', 1, 0, null, null, null, null, null),
  ],
  notes: [],
}

export const empty: Result = { ...everyKind, rows: [] }
