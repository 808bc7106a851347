// What a killed `wal fetch` leaves beside its target neither stops the next one nor stays.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchFile } from '../../src/backup/wal/fetch.ts'
import { headerLine } from '../../src/backup/wal/header.ts'
import { walKey } from '../../src/backup/wal/names.ts'
import { start } from '../e2e/spawn.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-wal-draft-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const NAME = '000000010000000000000003'

const content = Buffer.alloc(1 << 20, 'wal')
const repo = join(folder, 'repo')

beforeAll(() => {
  const object = join(repo, walKey('7', NAME))
  mkdirSync(dirname(object), { recursive: true })
  writeFileSync(join(repo, 'arxdb-repository.json'), '{"format":1,"id":"draft"}')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const header = { name: NAME, sha256, bytes: content.length, systemId: '7', sealed: [], at: '2026-01-01T00:00:00Z' }
  writeFileSync(object, Buffer.concat([headerLine(header), content]))
})

const fetch = (target: string) =>
  fetchFile(NAME, target, {
    ...{ address: { repo, s3: {} }, cwd: folder, systemId: '7', signal: new AbortController().signal },
    key: async () => undefined,
  })

test('a draft of the same process id, left by a call that was killed, is written over', async () => {
  const target = join(folder, 'RECOVERYXLOG')
  // Longer than the segment, so that a rest of it would show.
  writeFileSync(`${target}.arxdb-${process.pid}`, Buffer.alloc(3 << 20, 'old'))
  await fetch(target)
  expect(readFileSync(target).equals(content)).toBe(true)
  expect(readdirSync(folder).sort()).toEqual(['RECOVERYXLOG', 'repo'])
})

test('drafts of processes that are no more are swept; of those that live, and what others call so, nothing', async () => {
  const wal = join(folder, 'pg_wal')
  mkdirSync(wal)
  const dead = spawnSync(process.execPath, ['-e', '0']).pid
  const names = (pid: number) => ['RECOVERYXLOG', 'RECOVERYHISTORY', NAME].map((name) => `${name}.arxdb-${pid}`)
  const others = [`notes.arxdb-${dead}`, `${NAME}.arxdb-x`, `${NAME}.${dead}`]
  for (const name of [...names(dead), ...names(process.ppid), ...others]) writeFileSync(join(wal, name), 'left')
  await fetch(join(wal, 'RECOVERYXLOG'))
  expect(readdirSync(wal).sort()).toEqual(['RECOVERYXLOG', ...names(process.ppid), ...others].sort())
})

test('a fetch that is killed leaves a draft, and the next one removes it', async () => {
  const wal = join(folder, 'killed')
  mkdirSync(wal)
  // It comes as far as the last step, and no further.
  const hook = join(folder, 'hook.cjs')
  writeFileSync(
    hook,
    `require('fs').promises.rename = () => new Promise(() => setInterval(() => {}, 1000))
     require('module').syncBuiltinESMExports()`,
  )
  const target = join(wal, 'RECOVERYXLOG')
  const argv = ['wal', 'fetch', NAME, target, '--repo', repo, '--system-id', '7']
  const running = start(argv, { NODE_OPTIONS: `--require=${hook}` })
  while (readdirSync(wal).length === 0) await sleep(10)
  running.child.kill('SIGKILL')
  await running.finished
  expect(readdirSync(wal)).toEqual([`RECOVERYXLOG.arxdb-${running.child.pid}`])
  await fetch(target)
  expect(readdirSync(wal)).toEqual(['RECOVERYXLOG'])
})
