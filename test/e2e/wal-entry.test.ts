// dist/wal.js is what PostgreSQL starts: it does and says what dist/main.js does and says, with less loaded.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRepository } from '../../src/backup/repository.ts'
import { packageRoot } from '../../src/statements/package-root.ts'
import { dataDirectory, nameOf, ready, segment } from '../backup/wal-files.ts'
import { startAtTerminal } from './at-terminal.ts'
import { loaded, packages } from './loaded-files.ts'

const name = nameOf({ number: 3 })
let folder: string
let data: string
let repo: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'arxdb-wal-entry-'))
  data = dataDirectory(join(folder, 'data'))
  repo = join(folder, 'repo')
  mkdirSync(repo)
  ready(data, { number: 3 })
  await (await openRepository({ repo, s3: {} }, 'make')).close()
  writeFileSync(join(folder, 'bad.json'), '{"backup":{"repo":7},"tz":"Nowhere/Land"}')
  writeFileSync(join(folder, 'good.json'), JSON.stringify({ backup: { repo, compression: 'none' } }))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const entry = (file: string): string => join(packageRoot(), 'dist', file)

function run(file: string, argv: readonly string[]) {
  rmSync(join(repo, 'wal'), { recursive: true, force: true })
  const env = { PATH: process.env.PATH, HOME: folder }
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry(file), ...argv], { cwd: data, env })
  return { status, stdout: stdout.toString(), stderr: stderr.toString() }
}

describe('says and does the same', () => {
  const path = `pg_wal/${name}`
  const lines: readonly (readonly string[])[] = [
    ['push', path],
    ['push', path, '--repo', 'REPO'],
    ['push', path, '--repo', 'REPO', '-v', '--compression', 'gzip', '--no-batch', '--system-id', '7400000000000000001'],
    ['push', path, '--repo=REPO', '--verbose', '--deadline=5s'],
    ['push', path, '--repo', 'REPO', '--system-id', '1'],
    ['push', path, '--repo', 'REPO', '--deadline', 'soon'],
    ['push', path, '--repo', 'REPO', '--compression', 'lzma'],
    ['push', path, '--repo', 'REPO', '--no-such-flag', '-o', 'json'],
    ['push', path, '--repo', '/nowhere', '--json'],
    ['push', path, 'more', '--repo', 'REPO'],
    ['push', path, '--repo'],
    ['push', '--config', '../good.json', '-v', path],
    ['push', '--config', '../bad.json', path],
    ['push', '--config', '../none.json', path],
    ['push', path, '--env', 'nobody', '--repo', 'REPO'],
    ['push', '--repo', 'REPO', '--', path],
    ['push'],
    ['push', '--help'],
    ['push', path, '--version'],
    ['push', 'help'],
    ['fetch', name, 'pg_wal/RECOVERYXLOG', '--repo', 'REPO'],
    ['fetch', 'nonsense', 'pg_wal/RECOVERYXLOG', '--repo', 'REPO', '-q'],
    ['fetch', name, '--repo', 'REPO'],
    ['fetch', name, 'x', 'y', '--repo', 'REPO', '-o', 'json'],
    ['fetch', '--help'],
    ['fetch', name, 'x', '--encrypt'],
    ['fetch', name, 'x', '--batch'],
  ]
  test.each(lines.map((line) => [line.join(' '), line] as const))('wal %s', (_, line) => {
    const argv = ['wal', ...line.map((word) => word.replace('REPO', repo))]
    expect(run('wal.js', argv)).toEqual(run('main.js', argv))
  })

  test('on a terminal too', async () => {
    for (const line of [
      ['wal', 'fetch', '--help'],
      ['wal', 'push', path, '--repo', '/nowhere/'.repeat(30)],
    ]) {
      const [light, whole] = await Promise.all(
        ['wal.js', 'main.js'].map((file) => startAtTerminal([process.execPath, entry(file), ...line]).ended),
      )
      expect(light!.shown.length).toBeGreaterThan(20)
      expect(light).toEqual(whole)
    }
  })
})

test('is what bin/arxdb.js starts for these two, and loads few files and no package but commander', async () => {
  const push = ['wal', 'push', join(data, 'pg_wal', name), '--repo', repo]
  const fetch = ['wal', 'fetch', name, join(folder, 'fetched'), '--repo', repo, '--system-id', '7400000000000000001']
  for (const line of [push, push, fetch]) {
    const files = await loaded(line)
    expect(files).toContain('wal.js')
    expect(files.length, files.join(' ')).toBeLessThan(8)
    expect([...(await packages(line))]).toEqual(['commander', '@commander-js/extra-typings'])
  }
  expect(await loaded(['wal', 'status', '--no-server', '--repo', repo])).toContain('main.js')
})

test('what it needs only at times is there when it is needed', async () => {
  ready(data, { number: 4 })
  writeFileSync(join(data, 'pg_wal', nameOf({ number: 4 })), segment({ number: 4 }))
  const path = join(data, 'pg_wal', nameOf({ number: 4 }))
  const config = ['wal', 'push', path, '--config', join(folder, 'good.json')]
  expect(await packages(config)).toContain('valibot')
  const bucket = ['--repo', 's3://bucket', '--s3-endpoint', 'http://127.0.0.1:1', '--s3-region', 'us-east-1']
  expect(await packages(['wal', 'push', path, ...bucket])).toContain('@aws-sdk/client-s3')
})
