// The README tells what --help tells; ARXDB_UPDATE=1 (npm run docs) brings it up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { entries, markdown, referenceIn, withReference } from './reference.ts'

const README = new URL('../../README.md', import.meta.url)
const all = await entries()

test('the reference is generated from the whole tree', () => {
  const names = all.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['arxdb', 'arxdb twap', 'arxdb local start', 'arxdb migrate status']))
  expect(new Set(names).size).toBe(names.length)
})

test('the README holds the reference of every command', () => {
  const readme = readFileSync(README, 'utf8')
  const reference = markdown(all)
  expect(referenceIn(readme), 'README.md has lost its <!-- commands --> markers').toBeDefined()
  if (process.env.ARXDB_UPDATE) writeFileSync(README, withReference(readme, reference))
  else expect(referenceIn(readme), 'npm run docs brings it up to date').toBe(reference)
})

describe.each(all.slice(1))('$name', ({ name, help, examples }) => {
  test('has a summary and two examples of its own', () => {
    expect(help).toMatch(/^Usage: .+\n\n\S.+\n/)
    expect(examples.length).toBeGreaterThanOrEqual(2)
    expect(examples.filter((line) => line.includes(name)).length).toBeGreaterThanOrEqual(Math.min(2, examples.length))
  })

  test('fits a terminal of 100 columns', () => {
    expect(help.split('\n').filter((line) => line.length > 120)).toEqual([])
  })
})

test('a change in a command would show', () => {
  const stale = withReference('a\n<!-- commands -->\n<!-- /commands -->\nb', markdown(all.slice(0, 2)))
  expect(referenceIn(stale)).not.toBe(markdown(all))
  expect(referenceIn(withReference(stale, markdown(all)))).toBe(markdown(all))
})
