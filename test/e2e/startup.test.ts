// What starts fast has to load little: --help and --version leave the heavy packages alone.
import { expect, test } from 'vitest'
import { packages } from './loaded-files.ts'

const HEAVY = [
  'pg',
  'pg-copy-streams',
  'kysely',
  'ink',
  'react',
  'ora',
  'cli-table3',
  'csv-parse',
  'valibot',
  'execa',
  'hyparquet-writer',
  'trading-signals',
]

test('a command that asks a database does load its driver', async () => {
  expect(await packages(['coins'])).toContain('pg')
})

test.each([['--help'], ['--version'], ['twap', '--help'], ['sql', 'list']])(
  'arxdb %s %s loads no heavy package',
  async (...argv) => {
    const found = await packages(argv.filter(Boolean))
    expect(found).toContain('commander')
    expect(HEAVY.filter((name) => found.has(name))).toEqual([])
  },
)
