// A user's own commands and watchdog around a run: they are told, and cannot hurt it.
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { ping, runHook } from '../../src/backup/hooks.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-hooks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const env = { PATH: process.env.PATH, HOME: folder }

test('a hook is told what happened, word for word', async () => {
  const file = join(folder, 'told')
  const message = `a "quoted" $HOME; 'message'\nof two lines`
  const facts = { point: 'failed', repo: '/r', label: 'L', message } as const
  const command = `printf '%s|%s|%s|%s|%s' "$ARXDB_POINT" "$ARXDB_OUTCOME" "$ARXDB_REPO" "$ARXDB_LABEL" "$ARXDB_MESSAGE" >'${file}'`
  expect(await runHook(command, facts, env)).toBeUndefined()
  expect(readFileSync(file, 'utf8')).toBe(`failed|failed|/r|L|${message}`)
})

test('one that fails, is not there or was killed says so with its last words', async () => {
  const facts = { point: 'after', repo: '/r' } as const
  expect(await runHook('echo no room >&2; exit 7', facts, env)).toBe('the after hook exited with 7: no room')
  expect(await runHook('nothing-of-that-name', facts, env)).toMatch(/exited with 127: .*not found/)
  expect(await runHook('kill -9 $$', facts, env)).toMatch(/was ended by SIGKILL/)
})

test('one that hangs is ended with all that it started', async () => {
  const file = join(folder, 'late')
  const began = Date.now()
  const wrong = await runHook(`(sleep 2; touch '${file}') & wait`, { point: 'before', repo: '/r' }, env, undefined, 300)
  expect(wrong).toBe('the before hook was not done after 0.3 s')
  expect(Date.now() - began).toBeLessThan(1_500)
  await sleep(2_200)
  expect(existsSync(file)).toBe(false)
})

test('one is ended when the run is interrupted', async () => {
  const began = Date.now()
  const signal = AbortSignal.timeout(200)
  expect(await runHook('sleep 5', { point: 'before', repo: '/r' }, env, signal)).toMatch(/was ended by SIGKILL/)
  expect(Date.now() - began).toBeLessThan(1_500)
})

test('what it leaves in the background is not waited for', async () => {
  const began = Date.now()
  expect(await runHook('sleep 3 & exit 0', { point: 'after', repo: '/r' }, env)).toBeUndefined()
  expect(Date.now() - began).toBeLessThan(1_500)
})

/** A watchdog that answers with these, one after the other, and keeps what it was asked. */
async function watchdog(...answers: readonly number[]) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(answers[asked.length - 1] ?? answers.at(-1)!)
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { asked, url: `http://127.0.0.1:${(server.address() as { port: number }).port}/ping/secret` }
}

test('a heartbeat tells good from bad, and is tried again', async () => {
  const { asked, url } = await watchdog(200, 200, 500, 503, 200)
  expect(await ping(url, true)).toBeUndefined()
  expect(await ping(`${url}/?rid=1`, false)).toBeUndefined()
  expect(await ping(url, true, 10)).toBeUndefined()
  expect(asked.slice(0, 2)).toEqual(['GET /ping/secret', 'GET /ping/secret/fail?rid=1'])
  expect(asked).toHaveLength(5)
})

test('one that is not heard is a remark without the secret part of its URL', async () => {
  const { asked, url } = await watchdog(404)
  const remark = await ping(url, true, 1)
  expect(remark).toMatch(/^the heartbeat was not heard by 127\.0\.0\.1:\d+: it answered 404$/)
  expect(asked).toHaveLength(3)
  expect(await ping('http://127.0.0.1:9/secret', true, 1)).not.toMatch(/secret/)
  expect(await ping('no url', true)).toBe('the heartbeat is no URL')
})
