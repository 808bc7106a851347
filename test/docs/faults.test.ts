// test/faults/README.md tells of each fault how it is injected, what comes of it, and by which test; from the rows beside
// the tests, which are checked against the tests' own titles.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { creation } from '../faults/table/creation.ts'
import { restore } from '../faults/table/restore.ts'
import { retention } from '../faults/table/retention.ts'
import type { FaultRow } from '../faults/table/row.ts'
import { verification } from '../faults/table/verification.ts'

const PAGE = new URL('../faults/README.md', import.meta.url)
const GROUPS = { creation, verification, retention, restore }
const NAMES: Readonly<Record<keyof typeof GROUPS, string>> = {
  creation: 'Making a backup',
  verification: 'Verifying one',
  retention: 'Retention',
  restore: 'Restore and recovery',
}
const rows: readonly FaultRow[] = Object.values(GROUPS).flat()

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function table(group: readonly FaultRow[]): string {
  const lines = group.map(({ fault, what, injected, expected, before, tests, needs }) => {
    const files = [
      ...new Set(tests.map(([file]) => `[${file.split('/').at(-1)!.replace('.test.ts', '')}](../${file})`)),
    ]
    const how = needs ? `${injected} (needs ${needs})` : injected
    return `| ${[String(fault), what, how, before, expected, files.join(', ')].map(cell).join(' | ')} |`
  })
  return ['| | Fault | Injected by | Before | Now | Tests |', '|---|---|---|---|---|---|', ...lines].join('\n')
}

const page = (): string =>
  `${[
    '# Faults',
    'What arxdb is put through so that no backup is lost in silence, each fault injected for real. "Before" is what came of it when it was first injected; what was wrong then is mended.',
    ...Object.entries(GROUPS).map(([name, group]) => `## ${NAMES[name as keyof typeof GROUPS]}\n\n${table(group)}`),
  ].join('\n\n')}\n`

test('each of the 54 faults stands in the table once', () => {
  expect(rows.map(({ fault }) => fault)).toEqual(Array.from({ length: 54 }, (_, i) => i + 1))
})

test.each(rows.map((row) => [row.fault, row] as const))('%i is tested where its row says', (_, { tests }) => {
  expect(tests.length).toBeGreaterThan(0)
  for (const [file, title] of tests) {
    const path = new URL(`../${file}`, import.meta.url)
    expect(existsSync(path), file).toBe(true)
    const text = readFileSync(path, 'utf8')
    const begins = ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}`))
    expect(begins, `${file} has no test that begins with "${title}"`).toBe(true)
  }
})

test('the page is what the rows say', () => {
  if (process.env.ARXDB_UPDATE) writeFileSync(PAGE, page())
  else expect(readFileSync(PAGE, 'utf8'), 'npm run docs brings it up to date').toBe(page())
})
