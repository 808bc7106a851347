// What starts fast has to load little: --help and --version leave the heavy packages alone.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { packageRoot } from '../../src/statements/package-root.ts'

const HEAVY = ['pg', 'pg-copy-streams', 'kysely', 'ink', 'react', 'ora', 'cli-table3', 'csv-parse', 'valibot', 'execa']

const dist = join(packageRoot(), 'dist')

/** Files of dist that a run loaded, as Node's own loader reports them. */
async function loaded(argv: readonly string[]): Promise<readonly string[]> {
  const { stderr } = await promisify(execFile)(process.execPath, [join(packageRoot(), 'bin/arxdb.js'), ...argv], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      NODE_DEBUG: 'esm',
      NODE_DISABLE_COMPILE_CACHE: '1',
    },
    maxBuffer: 1 << 26,
    // A command that cannot connect has loaded what it needs to find that out.
  }).catch((error: { stderr: string }) => error)
  const translated = stderr.split('\n').filter((line) => line.includes('Translating StandardModule'))
  return readdirSync(dist, { recursive: true })
    .map(String)
    .filter((file) => translated.some((line) => line.endsWith(`/dist/${file}`)))
}

/** Packages whose code is in a bundled file: esbuild names each module in a comment. */
const packagesIn = (file: string): Set<string> =>
  new Set(
    [...readFileSync(join(dist, file), 'utf8').matchAll(/^\s*\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(
      (m) => m[1]!,
    ),
  )

const packages = async (argv: readonly string[]) =>
  new Set((await loaded(argv)).flatMap((file) => [...packagesIn(file)]))

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
