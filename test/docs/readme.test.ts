// Every link in the README leads somewhere: to a file of the repository, or to a heading of its own.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)

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
  expect(broken(readFileSync(new URL('README.md', root), 'utf8'), inRepository)).toEqual([])
})

test('a broken link would be found', () => {
  const text =
    '# A b!\n[1](#a-b) [2](#c) [3](LICENSE) [4](gone.md#x) [5](https://example.org)\n```\n[6](no)\n```\n[n]: nope.md'
  expect(broken(text, inRepository)).toEqual(['#c', 'gone.md#x', 'nope.md'])
})
