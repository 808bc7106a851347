// SQL text that would end a line, a figure, a label or a colour, in every output; narrow terminals, and pipes that close.
import { execFileSync, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { program as script } from '../../e2e/spawn.ts'
import { session } from '../../health/scene.ts'
import { describeTiers, migratedDatabase, type TestDatabase } from '../../servers/databases.ts'
import { of, type Program, program } from './program.ts'

/** In a comment of a statement, in a session's name and in the name of a table. */
const HOSTILE = `a|b=c'd"e\\f\tg;h\u001b[31mred\u001b[0m\u0007\r\n| OK - all well | 'x'=1\n# HELP fake\nfake{x="y"} 1\u202e`
const COLOUR = new RegExp(`${'\u001b'}\\[[\\d;]*m`, 'g')
const NAME = `t|\n"\u001b[31m'=x\\`

describeTiers('hostile text', (tier) => {
  let database: TestDatabase
  let arxdb: Program
  let ends: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    arxdb = program()
    database = await migratedDatabase(tier)
    const holder = await session(database.url)
    const waiter = await session(database.url)
    const quoted = `"${NAME.replaceAll('"', '""')}"`
    await holder.query(`create table ${quoted} (i int)`)
    await holder.query(`insert into ${quoted} values (1), (1)`)
    const unique = holder.query(`create unique index concurrently "i${NAME.replaceAll('"', '""')}" on ${quoted} (i)`)
    await expect(unique).rejects.toMatchObject({ code: '23505' })
    await holder.query(`select set_config('application_name', $1, false)`, [HOSTILE])
    await holder.query('begin')
    // A megabyte, of which the server keeps what it is set to.
    await holder.query(
      `lock table ${quoted} in access exclusive mode /* ${HOSTILE.replaceAll('*/', '')} ${'x'.repeat(1 << 20)} */`,
    )
    const { rows } = await waiter.query('select pg_backend_pid() as pid')
    const waiting = waiter.query(`select /* ${HOSTILE} */ count(*) from ${quoted}`).catch(() => {})
    await sleep(1_500)
    expect(rows[0].pid).toBeGreaterThan(0)
    ends = [() => holder.end(), () => waiting.then(() => waiter.end())]
  })
  afterAll(async () => {
    for (const end of ends) await end()
    arxdb?.discard()
    await database?.drop()
  })

  const WARN = ['blocking=1s', 'long-queries=1s', 'idle-in-transaction=1s', 'oldest-transaction=1s'].flatMap((one) => [
    '--warn',
    one,
  ])
  const ask = (...argv: readonly string[]) => arxdb.run(database.url, ...WARN, ...argv)

  test('a relation lock that a reader waits for is shown, with the text of who holds it', async () => {
    const { code, findings } = await arxdb.json(database.url, ...WARN)
    expect(code).toBe(2)
    const blocked = of(findings, 'blocking').filter(({ text }) => text.includes('OK - all well'))
    expect(blocked).toMatchObject([{ state: 'WARNING', text: expect.stringContaining('holds up 1 session') }])
    expect(of(findings, 'invalid-indexes')).toMatchObject([{ state: 'CRITICAL' }])
  })

  test.each(['table', 'vertical', 'csv', 'tsv', 'markdown', 'ndjson', 'json', 'nagios', 'prometheus'])(
    'in %s nothing steers a terminal',
    async (format) => {
      const { code, stdout } = await ask('-o', format)
      expect(code).toBe(2)
      if (format !== 'prometheus') expect(stdout).toContain('all well')
      // Lines end, and nothing else does.
      expect(stdout.replaceAll('\n', '').replaceAll('\t', '')).not.toMatch(/[\p{Cc}]/u)
      expect(stdout.length).toBeLessThan(200_000)
    },
  )

  test('nagios: one state, one line a finding, and figures that nothing ends early', async () => {
    const { stdout } = await ask('-o', 'nagios')
    const { findings } = await arxdb.json(database.url, ...WARN)
    const [head, ...lines] = stdout.trimEnd().split('\n')
    expect(head).toMatch(/^ARXDB CRITICAL - /)
    expect(head!.split('|')).toHaveLength(2)
    expect(lines.length).toBeGreaterThan(findings.length - 5)
    for (const line of lines) expect(line).toMatch(/^(CRITICAL|WARNING|UNKNOWN|OK|SKIPPED) [a-z-]+/)
    for (const line of lines) expect(line).not.toContain('|')
    const figures = head!.split('|')[1]!.trim()
    expect(figures).toMatch(/^('(?:[^'=]|'')+'=-?[\d.]+(s|B|%)?;[\d.:]*;[\d.:]*( |$))+$/)
  })

  test('prometheus: every line is a comment or a sample of ours', async () => {
    const { stdout } = await ask('-o', 'prometheus')
    for (const line of stdout.trimEnd().split('\n')) {
      if (line === '') continue
      expect(line).toMatch(
        /^(# (HELP|TYPE) arxdb_health_\w+ .*|arxdb_health_\w+(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)*\})? -?[0-9.e+-]+)$/,
      )
    }
    expect(stdout).not.toMatch(/^fake/m)
    // Sessions come and go: none of them is a series of its own.
    expect(stdout).not.toMatch(/object="pid/)
  })

  test('on a terminal of 40 columns no line is wider, and no escape but those of colours is sent', async () => {
    const words = [process.execPath, script(), 'health', '--url', database.url, ...WARN].map((word) => `'${word}'`)
    const { PATH } = process.env
    const run = `stty cols 40 rows 24; exec ${words.join(' ')}`
    let shown = ''
    try {
      execFileSync('script', ['-qfec', run, '/dev/null'], {
        env: { ...arxdb.env, PATH, TERM: 'xterm' },
        encoding: 'utf8',
        stdio: 'pipe',
      })
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string }
      expect(status).toBe(2)
      shown = stdout
    }
    expect(shown).toContain('CRITICAL')
    const plain = shown.replaceAll(COLOUR, '')
    expect(plain.replace(/[\r\n]/g, '')).not.toMatch(/[\p{Cc}]/u)
    for (const line of plain.split(/\r?\n/)) expect([...line].length, line).toBeLessThanOrEqual(40)
  })

  test('a pipe that closes early is no failure, and nothing is coloured in it', async () => {
    for (const format of ['tsv', 'table', 'json', 'nagios', 'prometheus']) {
      const words = [process.execPath, script(), 'health', '--url', database.url, '-o', format, ...WARN]
      const pipe = `${words.map((word) => `'${word}'`).join(' ')} | head -n 1`
      const child = spawn('sh', ['-c', pipe], { env: { ...arxdb.env, PATH: process.env.PATH, TERM: 'xterm' } })
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', (chunk) => (stdout += chunk))
      child.stderr.on('data', (chunk) => (stderr += chunk))
      const code = await new Promise((resolve) => child.once('close', resolve))
      expect(code, format).toBe(0)
      expect(stdout.split('\n').length, format).toBe(2)
      expect(stdout, format).not.toContain('\u001b')
      expect(stderr, format).not.toMatch(/EPIPE|error|\[\d/)
    }
  })
})
