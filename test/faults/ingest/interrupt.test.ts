import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bench } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { awkward } from './awkward-file.ts'
import { committed, forget, type Picture, pictureOf, rowsOf, statesOf } from './picture.ts'
import type { Program, Running } from './program.ts'
import { openScene, type Scene } from './scene.ts'

const FILE = awkward(60_000)
const ARGV = ['--format', 'bitfinex', '--exchange', 'fault', '--symbol', 'BTC/USD', '--timeframe', '1m'] as const
/** It takes more than a second: there is time to interrupt it. */
const SLOW = ['--rate-limit', '2MB'] as const

describeTiers('a load that is interrupted', (tier) => {
  let scene: Scene
  let b: Bench
  let program: Program
  let file: string
  let clean: Picture

  beforeAll(async () => {
    // A name that has to be quoted in the command to go on with.
    scene = await openScene(tier, "it's big.csv", FILE.text)
    ;({ b, program, file, clean } = scene)
    await forget(b, file)
  })
  afterAll(() => scene.close())

  const arxdb = (argv: readonly string[]): Running =>
    program.arxdb(argv, { DATABASE_URL: b.db.url, ARXDB_HOME: '/nonexistent' })

  test('exit 130, what is committed stays, and the command it prints goes on', async () => {
    const running = arxdb(['ingest', file, ...ARGV, ...SLOW])
    await committed(b, 1, running)
    running.child.kill('SIGINT')
    const { code, stderr } = await running.ended
    expect(code).toBe(130)
    const { rows } = await rowsOf(b)
    expect(rows).toBeGreaterThan(0)
    expect(rows).toBeLessThan(clean.rows)
    expect(stderr).toContain('error: interrupted')
    expect(stderr).toContain(`${rows.toLocaleString('en')} rows of it inserted: committed`)
    expect(await statesOf(b)).toMatchObject([{ state: 'loading' }])

    const again = /try: (arxdb ingest [^\n]*? 2MB)/.exec(stderr)?.[1]
    expect(again, stderr).toBeDefined()
    const rest = await arxdb(wordsOf(again!).slice(1)).ended
    // Rows were rejected, those of the first run among them.
    expect(rest.code, rest.stderr).toBe(3)
    expect(rest.stderr).toContain(`${FILE.bad} rows of 60,000 rejected`)
    expect(await pictureOf(b, file)).toEqual(clean)
  })
})

/** A command line as a shell would read it. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\(')/g, (_, quoted?: string, bare?: string) => quoted ?? bare!),
  )
