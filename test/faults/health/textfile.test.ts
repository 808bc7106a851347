// A textfile is there whole: whoever reads while it is written, and after a SIGKILL in the middle, has the one from before.
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { arxdb, start } from '../../e2e/spawn.ts'
import { samplesIn } from '../../health/promtool.ts'
import { migratedDatabase, type TestDatabase } from '../../servers/databases.ts'

const home = mkdtempSync(join(tmpdir(), 'arxdb-textfile-'))
const env = { XDG_STATE_HOME: join(home, 'state') }
let database: TestDatabase
beforeAll(async () => {
  database = await migratedDatabase('plain')
})
afterAll(async () => {
  await database?.drop()
  rmSync(home, { recursive: true, force: true })
})

const line = (file: string) => ['metrics', '--url', database.url, '--textfile', file]

/** Stops the program for good where it would next call a function of node:fs/promises, after `file` was written there. */
function stopping(folder: string, where: 'sync' | 'rename'): string {
  const module = join(folder, 'stop.mjs')
  writeFileSync(
    module,
    `import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { writeFileSync } from 'node:fs'
const stand = () => { writeFileSync(${JSON.stringify(join(folder, 'stands'))}, ''); return new Promise(() => setInterval(() => {}, 1000)) }
if (${JSON.stringify(where)} === 'rename') fs.rename = stand
else {
  const open = fs.open
  fs.open = async (...args) => {
    const handle = await open(...args)
    handle.writeFile = async (text) => { await handle.write(text.slice(0, text.length / 2)); return stand() }
    return handle
  }
}
syncBuiltinESMExports()
`,
  )
  return module
}

test('is written beside, and readable by others', async () => {
  const file = join(mkdtempSync(join(home, 'plain-')), 'arxdb.prom')
  const ended = await arxdb(line(file), env)
  expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: '' })
  expect(samplesIn(readFileSync(file, 'utf8')).get('db_up')).toBe(1)
  expect(statSync(file).mode & 0o777).toBe(0o644)
  expect(readdirSync(join(file, '..'))).toEqual(['arxdb.prom'])
})

test.each(['sync', 'rename'] as const)('SIGKILL in the middle (%s) leaves the old one', async (where) => {
  const folder = mkdtempSync(join(home, 'killed-'))
  const file = join(folder, 'arxdb.prom')
  writeFileSync(file, 'db_up 1\n# the old one\n')
  const running = start(line(file), { ...env, NODE_OPTIONS: `--import ${stopping(folder, where)}` })
  for (let waited = 0; !existsSync(join(folder, 'stands')); waited += 50) {
    if (waited > 30_000 || running.child.exitCode !== null) throw new Error('it was never in the middle')
    await sleep(50)
  }
  const drafts = () => readdirSync(folder).filter((name) => name.endsWith('.part'))
  expect(drafts()).toHaveLength(1)
  expect(readFileSync(join(folder, drafts()[0]!), 'utf8')).toContain('db_up 1')
  running.child.kill('SIGKILL')
  await once(running.child, 'exit')
  expect(readFileSync(file, 'utf8')).toBe('db_up 1\n# the old one\n')
  // What it left is no .prom, and goes with a later run.
  expect(drafts()).toHaveLength(1)
  const old = new Date(Date.now() - 120_000)
  utimesSync(join(folder, drafts()[0]!), old, old)
  expect(await arxdb(line(file), env)).toMatchObject({ code: 0 })
  expect(drafts()).toEqual([])
  expect(readFileSync(file, 'utf8')).not.toContain('the old one')
})

test('what cannot be written is said, and leaves nothing', async () => {
  const ended = await arxdb(line(join(home, 'no', 'such', 'folder.prom')), env)
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot write') })
})
