import { describe, expect, test } from 'vitest'
import type { ColumnKind, Value } from '../../src/core/result.ts'
import { humanColumn, humanValue } from '../../src/render/human.ts'

describe('a value for people', () => {
  test.each<[ColumnKind, Value, string]>([
    ['decimal', '0.00000618', '0.00000618'],
    ['decimal', '0.000000001234567891234', '0.0000000012345679'],
    ['decimal', '97123.456789', '97123.457'],
    ['decimal', '97123.4500000', '97123.45'],
    ['decimal', '123456789012.98765', '123456789012.99'],
    ['decimal', '999999.995', '1000000'],
    ['decimal', '9999999.9999', '10000000'],
    ['decimal', '0.999999996', '1'],
    ['decimal', '-0.00000618', '-0.00000618'],
    ['decimal', '0.000', '0'],
    ['decimal', 'NaN', 'NaN'],
    ['decimal', '1e-7', '1e-7'],
    ['float', 0.123456789123, '0.12345679'],
    ['float', Number.NaN, 'NaN'],
    ['ratio', 1, '100%'],
    ['ratio', 0.5, '50%'],
    ['ratio', 0.07, '7%'],
    ['ratio', 0.99999, '99.999%'],
    ['ratio', 0.0000004, '0.00004%'],
    ['ratio', 0, '0%'],
    ['ratio', 12.5, '1250%'],
    ['ratio', '0.25', '25%'],
    ['bytes', 999, '999 B'],
    ['bytes', 999_960, '1.0 MB'],
    ['bytes', '1234567890', '1.2 GB'],
    ['duration', 0, '0s'],
    ['duration', 300, '5m'],
    ['duration', 266_400, '3d 2h'],
    ['duration', 86_400, '1d'],
    ['duration', 3661, '1h 1m'],
    ['duration', 59.96, '1m'],
    ['duration', 7199.9, '2h'],
    ['duration', 1.5, '1.5s'],
    ['duration', 0.25, '250ms'],
    ['duration', -300, '-5m'],
    ['time', '2025-01-01T00:00:00Z', '2025-01-01 00:00:00Z'],
    ['time', '2025-01-01T00:00:00.000Z', '2025-01-01 00:00:00Z'],
    ['time', '2025-01-01T00:00:01.250Z', '2025-01-01 00:00:01.25Z'],
    ['time', '2025-01-01T00:00:01.999999Z', '2025-01-01 00:00:01.999Z'],
    ['time', '2025-01-01 00:00:01+00', '2025-01-01 00:00:01Z'],
    ['time', 'infinity', 'infinity'],
    ['bool', true, 'yes'],
    ['bool', false, 'no'],
    ['text', null, '-'],
    ['text', 'a\x1b[2Jb\u202ec\r\n', 'a\\x1b[2Jb\\u{202e}c\\r\\n'],
    ['text', 'c1 \x9b31m', 'c1 \\x9b31m'],
    ['series', [0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
    ['series', [5, 5], '▄▄'],
    ['series', [], ''],
  ])('%s %j is %j', (kind, value, expected) => {
    expect(humanValue(value, kind)).toBe(expected)
  })

  test('a sparkline has an ASCII form and a limit', () => {
    expect(humanValue([0, 1, 2, 3, 4, 5, 6, 7], 'series', true)).toBe('_.-~=+*#')
    expect(
      humanValue(
        Array.from({ length: 1000 }, (_, i) => i),
        'series',
      ),
    ).toHaveLength(24)
  })
})

describe('a column for people', () => {
  test('has its points below each other', () => {
    expect(humanColumn(['97123.45', '0.00000618', '12', null], 'decimal')).toEqual([
      '97123.45      ',
      '0.00000618',
      '12         ',
      '-',
    ])
  })

  test('shows seconds only when some time has them', () => {
    expect(humanColumn(['2025-01-01T00:00:00Z', null], 'time')).toEqual(['2025-01-01 00:00Z', '-'])
    expect(humanColumn(['2025-01-01T00:00:00Z', '2025-01-01T00:00:09Z'], 'time')).toEqual([
      '2025-01-01 00:00:00Z',
      '2025-01-01 00:00:09Z',
    ])
  })
})
