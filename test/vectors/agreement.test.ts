// Every line of the table of agreement, and that the table can tell.
import { describe, expect, test } from 'vitest'
import { generated } from './generated.ts'
import { agrees, apart, compared, type Line, table } from './line.ts'
import { stockIndicators, taLib } from './published.ts'
import { sourcesIn, vectorsFolder } from './sources.ts'

const folder = vectorsFolder()

const check = (lines: readonly Line[]) => {
  expect(lines.length).toBeGreaterThan(5)
  expect(table(lines.filter((line) => !agrees(line)))).toBe(table([]))
}

test('a textbook, over our own bars', () => check(generated()))

describe.skipIf(folder === undefined)('published numbers', () => {
  test('of Stock.Indicators', () => check(stockIndicators(sourcesIn(folder!))))
  test('of TA-Lib', () => check(taLib(sourcesIn(folder!))))
})

describe('a disagreement shows', () => {
  test.each([
    ['in a digit', [null, 1, 2], [null, 1, 2.000_000_01]],
    ['in where it begins', [null, 1, 2], [0.5, 1, 2]],
    ['in where it is undefined', [null, 1, null], [null, 1, 2]],
    ['in what is no number', [null, 1, Number.NaN], [null, 1, 2]],
    ['in that nothing was compared', [null, null], [null, null]],
  ])('%s', (_, ours, theirs) => {
    const line = compared('figure', 'source', ours, theirs)
    expect(agrees(line)).toBe(false)
    expect(table([line])).toMatch(/ NO$/m)
  })

  test('and a definition that differs is said, not compared', () => {
    const line = apart('figure', 'source', 'another definition')
    expect(agrees(line)).toBe(true)
    expect(table([line])).toContain('not compared: another definition')
  })
})
