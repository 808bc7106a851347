import { describe, expect, test } from 'vitest'
import { copyField, instantText, type Shape, valueText } from '../../src/client/encode.ts'
import { encodeRows, requireColumns } from '../../src/client/rows.ts'

describe('values', () => {
  test.each<[unknown, Shape, string | null]>([
    [null, 'scalar', null],
    [undefined, 'json', null],
    ['', 'scalar', ''],
    [-0, 'scalar', '-0'],
    [Number.NaN, 'scalar', 'NaN'],
    [1e21, 'scalar', '1e+21'],
    [123456789012345678901234567890n, 'scalar', '123456789012345678901234567890'],
    [true, 'scalar', 'true'],
    [Buffer.from([0, 255]), 'scalar', '\\x00ff'],
    [{ a: 1 }, 'scalar', '{"a":1}'],
    [[1, [2]], 'json', '[1,[2]]'],
    ['{"a":1}', 'json', '{"a":1}'],
    [[1, null, 'N"U\\LL'], 'array', '{"1",NULL,"N\\"U\\\\LL"}'],
    [
      [
        [1, 2],
        [3, 4],
      ],
      'array',
      '{{"1","2"},{"3","4"}}',
    ],
    [[[1], { a: 'b' }], 'json-array', '{"[1]","{\\"a\\":\\"b\\"}"}'],
    [[], 'array', '{}'],
  ])('text of case %#', (value, shape, expected) => {
    expect(valueText(value, shape)).toBe(expected)
  })

  test.each<[unknown, RegExp]>([
    ['a\0b', /zero character/],
    ['\ud800', /surrogate/],
    [new Date(Number.NaN), /invalid/],
    [{ deep: [Number.NaN] }, /JSON has no NaN/],
    [{ deep: 1n }, /BigInt/],
    [() => 1, /function cannot be stored/],
    [Symbol('x'), /symbol cannot be stored/],
  ])('case %# cannot be stored', (value, message) => {
    expect(() => valueText(value, 'scalar')).toThrow(message)
  })

  test.each([
    ['2025-01-02T03:04:05.678Z', '2025-01-02T03:04:05.678Z'],
    ['+012345-01-02T00:00:00.000Z', '12345-01-02T00:00:00.000Z'],
    ['0000-01-02T00:00:00.000Z', '0001-01-02T00:00:00.000Z BC'],
    ['-000043-03-15T00:00:00.000Z', '0044-03-15T00:00:00.000Z BC'],
  ])('the instant %s', (iso, expected) => {
    expect(instantText(new Date(iso))).toBe(expected)
  })

  test('null and the text \\N are not the same field', () => {
    expect(copyField(null, 'scalar')).toBe('\\N')
    expect(copyField('\\N', 'scalar')).toBe('\\\\N')
    expect(copyField('\\.', 'scalar')).toBe('\\\\.')
    expect(copyField('a\tb\nc\rd', 'scalar')).toBe('a\\tb\\nc\\rd')
  })
})

describe('rows', () => {
  test('name the row and column of a value that cannot be stored', () => {
    const columns = [{ name: 'a', shape: 'scalar' as const }]
    expect(() => encodeRows([{ a: 1 }, { a: 'x\0' }], columns, 40)).toThrow('row 41, column a: PostgreSQL cannot')
  })

  test('with other keys are refused by index', () => {
    expect(() => requireColumns({ a: 1, b: 2 }, ['b', 'a'], 1)).not.toThrow()
    expect(() => requireColumns({ a: 1 }, ['a', 'b'], 7)).toThrow('row 7 has other columns than row 0: it lacks b')
    expect(() => requireColumns({ a: 1, c: 1 }, ['a', 'b'], 7)).toThrow('it lacks b and has c besides')
    expect(() => requireColumns({ a: 1, b: 1, c: 1 }, ['a', 'b'], 7)).toThrow('it has c besides')
  })
})
