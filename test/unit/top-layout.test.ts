import { expect, test } from 'vitest'
import { summaryText, topColumns } from '../../src/core/top-report.ts'
import { displayWidth } from '../../src/render/text.ts'
import { inSight, laid } from '../../src/ui/top/layout.ts'

const hostile = `select 'a\nb\t|\\' /* \u001b[31m \u202e */ ${'漢字'.repeat(400)} ${'x'.repeat(1 << 20)}`
const row = {
  ...{ pid: 311, state: 'active', seconds: 12.5, wait: 'Lock:relation', blocked_by: '12 13', transaction_seconds: 90 },
  ...{ role_name: 'trader', database: 'market', application: 'arxdb/ingest', query: hostile },
}

test.each([200, 80, 40, 20, 5, 1])(
  '%i columns: every line has that width, and nothing that a terminal obeys',
  (width) => {
    const { header, lines } = laid(topColumns.activity, [row, { ...row, query: null, pid: 4 }], width)
    for (const line of [header, ...lines]) {
      expect(displayWidth(line)).toBe(width)
      expect(line).not.toMatch(/[\p{Cc}\u202e]/u)
    }
  },
)

test('what repeats goes first, the query keeps its place', () => {
  const names = (width: number) => laid(topColumns.activity, [row], width).header.trim().split(/\s+/)
  expect(names(200)).toContain('role_name')
  expect(names(80)).not.toContain('role_name')
  expect(names(80)).toEqual(['pid', 'state', 'seconds', 'wait', 'blocked_by', 'application', 'query'])
  expect(names(22)).toEqual(['pid', 'query'])
})

test('no rows: the header alone', () => expect(laid(topColumns.jobs, [], 80).lines).toEqual([]))

test.each([
  [3, 0, 10, 0, 3],
  [100, 0, 10, 0, 10],
  [100, 50, 10, 45, 55],
  [100, 99, 10, 90, 100],
])('%i rows, the %ith chosen, %i lines: from %i to %i', (count, chosen, height, from, to) => {
  expect(inSight(count, chosen, height)).toEqual({ from, to })
})

const at = (second: number, transactions: number, hits = 0, reads = 0) => ({
  ...{ at: new Date(second * 1000).toISOString(), sessions: 5, active: 1, idle: 3, in_transaction: 1, waiting: 0 },
  ...{ places: 100, transactions, hits, reads, written: 0, oldest_seconds: null, bytes: null },
})

test('rates are those between two looks; across a reset there are none', () => {
  expect(summaryText(at(0, 10), undefined)).not.toMatch(/\/s/)
  expect(summaryText(at(2, 110, 99, 1), at(0, 10))).toMatch(/ 50 transactions\/s .* 99\.0 % hits$/)
  expect(summaryText(at(2, 3), at(0, 10))).not.toMatch(/\/s/)
})
