// What stands between the words typed and the command that is meant: help, mistyped words, folded sentences.
import { describe, expect, test } from 'vitest'
import { fold } from '../../src/cli/fold.ts'
import { session } from './session.ts'

describe('help', () => {
  test('goes down the tree, from the root and from a group', async () => {
    const { code, stdout } = await session(['migrate', 'up', '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Usage: arxdb migrate up \[options\]\n/)
    expect(await session(['help', 'migrate', 'up'])).toEqual({ code: 0, stdout, stderr: '' })
    expect(await session(['migrate', 'help', 'up'])).toEqual({ code: 0, stdout, stderr: '' })
    expect((await session(['help'])).stdout).toBe((await session(['--help'])).stdout)
  })

  test('of a group begins with its commands; global options are told where they can be used', async () => {
    expect((await session(['help', 'local'])).stdout).not.toContain('Global Options')
    expect((await session(['help', 'local', 'start'])).stdout).toContain('Global Options')
  })

  test('of what is no command says so', async () => {
    expect(await session(['help', 'twpa'])).toEqual({
      code: 2,
      stdout: '',
      stderr: "error: unknown command 'twpa'\n  try: did you mean twap?\n",
    })
  })

  test.each([['--help'], ['twap', '--help'], ['migrate', '--help'], ['ingest', '--help']])(
    'fits a terminal of 80 columns: %s %s',
    async (...words) => {
      const { stdout } = await session(words, { terminal: 80 })
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    },
  )
})

describe('a word that is no command', () => {
  test.each([
    [['twpa', 'BTC'], "unknown command 'twpa'", 'did you mean twap?'],
    [['--env', 'x', 'local', 'strat'], "unknown command 'strat' of arxdb local", 'did you mean start?'],
    [['migrate', 'statsu'], "unknown command 'statsu' of arxdb migrate", 'did you mean status?'],
    [['migrate', 'everything'], "unknown command 'everything' of arxdb migrate", 'arxdb migrate --help'],
    [['coins', 'BTC'], "too many arguments for 'coins': expected 0, got 1", 'arxdb coins --help'],
  ])('%j', async (words, what, hint) => {
    expect(await session(words)).toEqual({ code: 2, stdout: '', stderr: `error: ${what}\n  try: ${hint}\n` })
  })
})

describe('a number that is none', () => {
  test.each([
    [['imports', 'show', 'abc']],
    [['imports', 'list', '--limit', '-1']],
    [['migrate', 'down', '--steps', '1.5']],
    [['ingest', 'a.csv', '--jobs', '99999999999']],
  ])('%j', async (words) => {
    const { code, stdout, stderr } = await session(words)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe(`error: "${words.at(-1)}" is no whole number\n  try: write digits only: 3\n`)
  })
})

describe('fold', () => {
  test('breaks between words, indents what follows, and leaves lines that fit', () => {
    expect(fold('one two three', 9, '  ')).toBe('one two\n  three')
    expect(fold('one two', 7)).toBe('one two')
    expect(fold('  why: one two', 9, '       ')).toBe('  why:\n       one\n       two')
    expect(fold('fits\nfar too long a line', 12)).toBe('fits\nfar too long\na line')
    expect(fold('a-word-that-is-wider-than-this', 8)).toBe('a-word-that-is-wider-than-this')
  })

  test('folds errors and remarks on a terminal, never in a pipe', async () => {
    const line = ['candles', 'BTC', '--from', '2025-01-02', '--to', '2025-01-01']
    const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
    const narrow = (await session(line, { env, terminal: 50 })).stderr
    expect(narrow.split('\n').filter((each) => each.length > 50)).toEqual([])
    expect(narrow.replace(/\n {7}/g, ' ')).toBe((await session(line, { env })).stderr)
  })
})
