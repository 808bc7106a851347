// Every link in the README leads somewhere: to a file of the repository, or to a heading of its own; and its table of
// formats is the program's.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { FORMATS } from '../../src/ingest/formats/registry.ts'
import { planOf } from '../unit/ingest-plans.ts'

const root = new URL('../../', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')

const linksIn = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)/gm)].map(
    ([, inline, named]) => inline ?? named!,
  )

/** As GitHub makes them: lower case, spaces to hyphens, other marks dropped. */
const anchorsIn = (text: string): readonly string[] =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+\s+(.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  )

/** Links without a scheme that lead nowhere. */
function broken(text: string, exists: (path: string) => boolean): readonly string[] {
  const anchors = anchorsIn(text)
  return linksIn(text)
    .filter((link) => !/^[a-z]+:/i.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      return path === '' ? !anchors.includes(anchor ?? '') : !exists(path)
    })
}

const inRepository = (path: string): boolean => existsSync(fileURLToPath(new URL(path, root)))

test('links and anchors of the README resolve', () => {
  expect(broken(readme, inRepository)).toEqual([])
})

test('a broken link would be found', () => {
  const text =
    '# A b!\n[1](#a-b) [2](#c) [3](LICENSE) [4](gone.md#x) [5](https://example.org)\n```\n[6](no)\n```\n[n]: nope.md'
  expect(broken(text, inRepository)).toEqual(['#c', 'gone.md#x', 'nope.md'])
})

test('every format that can be loaded is in its table, and no other', () => {
  const table = readme.slice(readme.indexOf('### Formats'), readme.indexOf('Files of transactions'))
  const named = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([a-z][a-z-]+)`/g)])
  const known = FORMATS.filter(({ table: to, refuse }) => to !== 'transactions' && !refuse).map(({ name }) => name)
  expect(named.map(([, name]) => name).sort()).toEqual(known.sort())
})

test('its example of a format of your own is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-readme-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const formatFile = join(folder, 'formats.json')
  writeFileSync(formatFile, /```json\n(\{\n {2}"name": "my-shop"[\s\S]*?)```/.exec(readme)![1]!)
  const text = 'epoch,pair,first,top,bottom,last,qty\n1700000000,BTC/USD,1,2,0.5,1.5,3\n'
  expect(await planOf('shop.csv', text, { formatFile })).toMatchObject({
    format: 'my-shop',
    target: { table: 'ohlcv' },
  })
})
