// What cron and systemd are told, and how it is put into a crontab beside what stands there.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openRepository } from '../../src/backup/repository.ts'
import { beginRun } from '../../src/backup/runs.ts'
import { lastDue, parseCron } from '../../src/backup/schedule/cron.ts'
import { blockOf, cronBlock, cronLine, readCrontab, withBlock } from '../../src/backup/schedule/crontab.ts'
import { scheduledJobs } from '../../src/backup/schedule/jobs.ts'
import {
  changeTimers,
  install,
  list,
  planInstall,
  planRemove,
  planTimers,
  print,
} from '../../src/backup/schedule/service.ts'
import { onCalendar } from '../../src/backup/schedule/systemd.ts'
import { backupSettings } from '../../src/backup/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-schedule-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const table = join(folder, 'table')
/** A crontab that keeps its table in a file: the interface of cron's own program, and its words. */
writeFileSync(
  join(folder, 'crontab'),
  `#!/bin/sh
case $1 in
  -l) [ -e '${table}' ] || { echo "no crontab for $(id -un)" >&2; exit 1; }; cat '${table}' ;;
  -) cat >'${table}' ;;
  *) exit 2 ;;
esac
`,
)
chmodSync(join(folder, 'crontab'), 0o755)
const env = { PATH: `${folder}:${process.env.PATH}` }
const world = {
  node: '/opt/node/bin/node',
  script: '/opt/my tools/arxdb.js',
  globals: ['--env', 'prod'],
  namesKey: false,
}
const settings = (repo: string, schedule: Record<string, string> = {}) =>
  backupSettings({ repo, schedule }, {}, { env: {}, cwd: '/' })
const wish = { jobs: [], log: undefined }

beforeEach(() => rmSync(table, { force: true }))

test.each([
  ['15 2 * * *', '2026-11-25T02:15:00', '2026-11-24T02:15:00', '2026-11-25T02:14:59'],
  ['*/20 * * * *', '2026-11-25T12:40:00', '2026-11-25T12:20:00', '2026-11-25T12:39:30'],
  ['0 5 * * 0', '2026-11-22T05:00:00', '2026-11-15T05:00:00', '2026-11-22T04:59:00'],
  ['0 5 * * 7', '2026-11-22T05:00:00', '2026-11-22T05:00:00', '2026-11-25T00:00:00'],
  ['0 0 13 * 5', '2026-11-20T00:00:00', '2026-11-13T00:00:00', '2026-11-19T23:59:00'],
  ['0 0 */2 * 1', '2026-11-23T00:00:00', '2026-11-09T00:00:00', '2026-11-22T00:00:00'],
  ['0 0 29 2 *', '2024-02-29T00:00:00', '2024-02-29T00:00:00', '2026-11-25T00:00:00'],
])('%s was due at its moments and not a minute before', (text, due, before, shortly) => {
  const cron = parseCron(text)
  expect(lastDue(cron, new Date(due))).toEqual(new Date(due))
  expect(lastDue(cron, new Date(shortly))).toEqual(new Date(before))
})

test.each([
  '',
  '* * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * * 8',
  '5-1 * * * *',
  '@daily',
  'a * * * *',
  '*/0 * * * *',
])('"%s" is no schedule', (text) => expect(() => parseCron(text)).toThrow(expect.objectContaining({ exit: 2 })))

test.each([
  ['15 2 * * *', ['*-*-* 2:15:00']],
  ['*/15 1-5,7 * * *', ['*-*-* 1..5,7:0/15:00']],
  ['0 5 1 */3 *', ['*-1/3-1 5:0:00']],
  ['0 5 * * 1-5', ['Mon..Fri *-*-* 5:0:00']],
  ['0 5 * * 7', ['Sun *-*-* 5:0:00']],
  ['0 5 * * 0-2', ['Sun,Mon,Tue *-*-* 5:0:00']],
  ['0 5 * * */2', ['Sun,Tue,Thu,Sat *-*-* 5:0:00']],
  ['0 5 13 * 5', ['*-*-13 5:0:00', 'Fri *-*-* 5:0:00']],
])('%s is told to systemd as %j', (text, lines) => {
  expect(onCalendar(text)).toEqual(lines)
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return
  for (const line of lines) expect(spawnSync('systemd-analyze', ['calendar', line]).status, line).toBe(0)
})

test('each job is a command line of absolute paths, with no secret in it', () => {
  const wanted = settings('/srv/100% sure', { run: '0 1 * * *' })
  const jobs = scheduledJobs(wanted, [], world)
  expect(jobs.map(({ job }) => job)).toEqual(['run', 'verify', 'drill', 'prune'])
  expect(jobs[0]!.words.slice(0, 4)).toEqual(['/opt/node/bin/node', '/opt/my tools/arxdb.js', 'backup', 'run'])
  expect(cronLine(jobs[0]!, '/var/log/a b.log', '/usr/bin/timeout')).toBe(
    "0 1 * * * /usr/bin/timeout -k 60 87000 /opt/node/bin/node '/opt/my tools/arxdb.js' backup run " +
      "--repo '/srv/100\\% sure' --kind dump --env prod --quiet >>'/var/log/a b.log' 2>&1",
  )
  expect(scheduledJobs(wanted, ['policy'], world)[0]!.words).not.toContain('--repo')
  const named = scheduledJobs(wanted, ['alerts', 'maintain'], world)
  expect(named.map(({ title, cron }) => [title, cron.text])).toEqual([
    ['maintain --budget 1h', '30 0 * * *'],
    ['alerts run --once', '* * * * *'],
  ])
  // Of backups alerts speak too.
  expect(named.map(({ words }) => words.includes('--repo'))).toEqual([false, true])
  expect(() => scheduledJobs(wanted, ['nothing'], world)).toThrow(/no job/)
  for (const url of ['postgres://me:secret@db/x', 'postgres://db/x?user=me&password=secret']) {
    const secret = { ...world, globals: ['--url', url] }
    expect(() => scheduledJobs(wanted, [], secret)).toThrow(/holds a password/)
  }
  scheduledJobs(wanted, [], { ...world, globals: ['--url', 'postgres://me@db:5432/x'] })
})

test('sh gets the words that were meant, whatever is in them', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ -~]+$/), { minLength: 1, maxLength: 5 }), (words) => {
      const line = cronLine(
        { cron: parseCron('0 0 * * *'), words: ['printf', '%s\\n', ...words], deadlineMs: 0 },
        undefined,
        undefined,
      )
      // Cron takes the backslash before a % away, and ends the command at any other.
      const command = line.split(' ').slice(5).join(' ')
      expect(command.replaceAll('\\%', '')).not.toContain('%')
      const { stdout } = spawnSync('/bin/sh', ['-c', command.replaceAll('\\%', '%')], { encoding: 'utf8' })
      expect(stdout).toBe(`${words.join('\n')}\n`)
    }),
    { numRuns: 40 },
  )
})

test('systemd gets a service and a timer for each', () => {
  const text = print(settings('/srv/100% $sure'), { jobs: ['run'], log: undefined }, 'systemd', world)
  expect(text).toMatch(
    /^ExecStart="\/opt\/node\/bin\/node" "\/opt\/my tools\/arxdb.js" "backup" "run" "--repo" "\/srv\/100%% \$\$sure"/m,
  )
  expect(text).toMatch(/^TimeoutStartSec=87000$/m)
  expect(text).toMatch(/^OnCalendar=\*-\*-\* 2:15:00$/m)
  expect(text).toMatch(/^Persistent=true$/m)
  expect(text).toMatch(/^RandomizedDelaySec=/m)
})

test('a crontab gets our lines and keeps its own, however often it is done', () => {
  const jobs = scheduledJobs(settings('/r'), ['run'], world)
  const lines = fc.array(fc.stringMatching(/^[ -~]{0,20}$/)).map((all) => all.join('\n'))
  fc.assert(
    fc.property(lines, fc.boolean(), (text, ended) => {
      const before = ended && text !== '' ? `${text}\n` : text
      const block = cronBlock('one', jobs, undefined)
      const once = withBlock(before, 'one', block)
      expect(withBlock(once, 'one', block)).toBe(once)
      expect(once.startsWith(before)).toBe(true)
      const both = withBlock(once, 'two', cronBlock('two', jobs, '/l'))
      expect(withBlock(both, 'two', '')).toBe(once)
      expect(withBlock(once, 'one', '').replace(/\n$/, '')).toBe(before.replace(/\n$/, ''))
      expect(blockOf(both, 'one')).toHaveLength(1)
    }),
  )
  const torn = '# arxdb begin one: made by\n0 0 * * * x\n'
  expect(() => withBlock(torn, 'one', '')).toThrow(expect.objectContaining({ exit: 6 }))
})

test('installed and removed again by crontab itself', async () => {
  const wanted = settings('/r')
  const own = '# mine\n@reboot /bin/true\n*/5 * * * *\techo "ä 100\\%"\n'
  expect(await readCrontab(env)).toBe('')
  await expect(planRemove(wanted, env)).rejects.toMatchObject({ exit: 6 })
  writeFileSync(table, own)
  const change = await planInstall(wanted, wish, world, env)
  expect(change.before).toBe(own)
  writeFileSync(table, `${own}# somebody else\n`)
  await expect(install(change, env)).rejects.toMatchObject({ code: 'crontab-changed', exit: 6 })
  expect(readFileSync(table, 'utf8')).toBe(`${own}# somebody else\n`)
  writeFileSync(table, own)
  await install(change, env)
  const again = await planInstall(wanted, wish, world, env)
  expect(again.after).toBe(again.before)
  await install(await planRemove(wanted, env), env)
  expect(readFileSync(table, 'utf8')).toBe(own)
  const latin = Buffer.from('# caf\xe9\n', 'latin1')
  writeFileSync(table, latin)
  await expect(planInstall(wanted, wish, world, env)).rejects.toMatchObject({ code: 'crontab-encoding' })
  expect(readFileSync(table).equals(latin)).toBe(true)
  await expect(readCrontab({ PATH: '/nowhere' })).rejects.toMatchObject({ exit: 5, code: 'no-crontab' })
})

test('each job stands beside its last run: never, overdue, failed, in time', async () => {
  const repo = mkdtempSync(join(folder, 'r'))
  const wanted = settings(repo, { run: '0 * * * *' })
  const repository = await openRepository(wanted, 'make')
  await (await beginRun(repository, 'run')).end('ok', {})
  await (await beginRun(repository, 'verify')).end('failed', { message: 'short' })
  await repository.close()
  await install(await planInstall(wanted, { jobs: ['run'], log: undefined }, world, env), env)
  const now = new Date()
  const rows = await list(wanted, world, env, now)
  const of = (job: string) => rows.find((row) => row.job === job)!
  expect(of('run')).toMatchObject({ installed: true, outcome: 'ok', overdue: false })
  expect(of('verify')).toMatchObject({ installed: false, outcome: 'failed', message: 'short' })
  // Nothing was due before there was a repository.
  expect(of('drill')).toMatchObject({ outcome: 'never', last_run: null, overdue: false })
  const week = await list(wanted, world, env, new Date(now.getTime() + 8 * 86_400_000))
  expect(week.find(({ job }) => job === 'drill')).toMatchObject({ outcome: 'never', overdue: true })
  await beginRun(await openRepository(wanted, 'must exist'), 'prune')
  expect((await list(wanted, world, env, now)).find(({ job }) => job === 'prune')).toMatchObject({ outcome: 'running' })
  const days = await list(wanted, world, env, new Date(now.getTime() + 3 * 86_400_000))
  expect(days.find(({ job }) => job === 'prune')).toMatchObject({
    outcome: 'failed',
    message: expect.stringMatching(/never ended/),
  })
  const later = await list(wanted, world, env, new Date(now.getTime() + 3 * 3_600_000))
  expect(later.find(({ job }) => job === 'run')).toMatchObject({ overdue: true })
  const elsewhere = await list(wanted, world, { PATH: '/nowhere' }, now)
  expect(elsewhere.map(({ installed }) => installed)).toEqual([false, false, false, false])
})

test('timers: written, changed, left alone and removed as a whole; systemd is told, and asked first whether it is there', async () => {
  const wanted = settings('/r')
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-units-'))
  const asked = join(folder, 'asked')
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const systemctl = (ends: string) => {
    writeFileSync(join(bin, 'systemctl'), `#!/bin/sh\necho "$@" >>'${asked}'\n${ends}\n`)
    chmodSync(join(bin, 'systemctl'), 0o755)
  }
  const own = { PATH: `${bin}:${process.env.PATH}` }
  const units = join(folder, 'units')
  mkdirSync(units)
  writeFileSync(join(units, 'mine.timer'), 'mine')
  const plan = async (one: typeof wanted, wish?: { jobs: string[]; log: undefined }) => {
    const { change, text } = await planTimers(one, wish, world, { folder: units, env: own })
    return { text, place: { folder: units, manager: 'user' as const }, change }
  }
  const all = { jobs: [], log: undefined }
  const files = () => readdirSync(units).sort()

  systemctl('echo "System has not been booted with systemd" >&2; exit 1')
  await expect(changeTimers(await plan(wanted, all), own)).rejects.toMatchObject({ code: 'no-systemd', exit: 5 })
  expect(files()).toEqual(['mine.timer'])

  systemctl('exit 0')
  rmSync(asked)
  const first = await plan(wanted, all)
  expect(first.text.split('\n').filter((line) => line.startsWith('write '))).toHaveLength(8)
  await changeTimers(first, own)
  expect(files()).toHaveLength(9)
  expect(readFileSync(asked, 'utf8')).toMatch(
    /^--user list-timers.*\n--user daemon-reload\n--user enable --now arxdb-\S+\.timer/,
  )
  expect((await plan(wanted, all)).text).toBe('')

  const changed = settings('/r', { run: '0 4 * * *' })
  const second = await plan(changed, { jobs: ['run', 'prune'], log: undefined })
  expect(second.change.write.map(({ name }) => name)).toEqual([expect.stringMatching(/-run\.timer$/)])
  expect(second.change.remove).toHaveLength(4)
  await changeTimers(second, own)
  expect(readFileSync(asked, 'utf8')).toMatch(/--user disable --now arxdb-\S+-drill\.timer arxdb-\S+-verify\.timer\n/)
  expect(files()).toHaveLength(5)

  await changeTimers(await plan(changed), own)
  expect(files()).toEqual(['mine.timer'])
  rmSync(folder, { recursive: true })
})
