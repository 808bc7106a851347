// What a repository says of itself and of what was done with it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import { keepProof, type Level, type Proof, provenLevel, readProofs } from '../../src/backup/proofs.ts'
import { markReading, readersOf } from '../../src/backup/reading.ts'
import { openRepository, type Repository } from '../../src/backup/repository.ts'
import { beginRun, readRuns } from '../../src/backup/runs.ts'
import { ensureKey } from '../../src/backup/sealing/keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-records-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const place = (): string => mkdtempSync(join(folder, 'r'))
const open = (repo: string, make: 'make' | 'must exist' = 'make'): Promise<Repository> =>
  openRepository({ repo, s3: {} }, make)

test('a place is a repository when it says so, and becomes one only when empty', async () => {
  await expect(open(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'repository-absent', exit: 4 })
  const unmounted = place()
  await expect(open(unmounted, 'must exist')).rejects.toMatchObject({ code: 'no-repository' })
  const foreign = place()
  mkdirSync(join(foreign, 'photos'))
  writeFileSync(join(foreign, 'photos', 'cat.jpg'), 'x')
  await expect(open(foreign)).rejects.toMatchObject({ code: 'repository-foreign', exit: 6, detail: 'photos/cat.jpg' })
  writeFileSync(join(folder, 'file'), 'x')
  await expect(open(join(folder, 'file'))).rejects.toMatchObject({ code: 'repository-absent' })
})

test.each([
  ['repository-format', '{"format":2,"id":"x"}'],
  ...['null', '[]', 'torn {', '', '{"format":1}', '{"format":1,"id":"x","crefted":"2026-01-01"}'].map((text) => [
    'repository-damaged',
    text,
  ]),
])('%s: a marker that says %s is no absent one', async (code, text) => {
  const repo = place()
  writeFileSync(join(repo, 'arxdb-repository.json'), text)
  await expect(open(repo)).rejects.toMatchObject({ code })
  await expect(open(repo, 'must exist')).rejects.toMatchObject({ code })
})

test('no flipped bit of a marker goes unnoticed, nor makes it the marker of another repository', async () => {
  const repo = place()
  await open(repo)
  const file = join(repo, 'arxdb-repository.json')
  const whole = readFileSync(file)
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const flipped = Buffer.from(whole)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    writeFileSync(file, flipped)
    await expect(open(repo), flipped.toString()).rejects.toMatchObject({ code: 'repository-damaged' })
  }
})

test('a marker of before, without a digest, is read; so is the one that an error tells to write', async () => {
  const repo = place()
  for (const text of [
    '{"format":1,"id":"old","created":"2026-01-01T00:00:00.000Z"}\n',
    '{"format":1,"id":"of-today"}',
  ]) {
    writeFileSync(join(repo, 'arxdb-repository.json'), text)
    expect((await open(repo)).id).toBe(JSON.parse(text).id)
  }
})

test('is the same for all who begin it at once', async () => {
  const repo = place()
  const all = await Promise.all(Array.from({ length: 6 }, () => open(repo)))
  expect(new Set(all.map(({ id }) => id)).size).toBe(1)
  expect((await open(repo, 'must exist')).id).toBe(all[0]!.id)
})

test('is not begun where the store replaces what it was told to keep', async () => {
  const repo = place()
  const { directoryStore } = await import('../../src/backup/stores/directory.ts')
  const real = await directoryStore(repo)
  const { beginIn } = await import('../../src/backup/repository.ts')
  const careless = { ...real, put: (key: string, body: Buffer) => real.put(key, body, { replace: true }) }
  await expect(beginIn(careless as typeof real)).rejects.toMatchObject({ code: 'no-conditional-writes', exit: 5 })
  expect(await real.list('')).toEqual([])
})

test('a run is seen while it runs, when it ended, and for ever when it was killed', async () => {
  const repository = await open(place())
  await beginRun(repository, 'run')
  await new Promise((resolve) => setTimeout(resolve, 5))
  const verified = await beginRun(repository, 'verify')
  await verified.end('failed', { message: 'the object is short' })
  await new Promise((resolve) => setTimeout(resolve, 5))
  const drilled = await beginRun(repository, 'drill')
  await drilled.end('ok', { label: 'L' })
  await repository.store.put('runs/29991231-torn.json', Buffer.from('{"job":'))
  expect(await readRuns(repository)).toMatchObject([
    { job: 'drill', outcome: 'ok', label: 'L', host: hostname(), pid: process.pid },
    { job: 'verify', outcome: 'failed', message: 'the object is short' },
    { job: 'run', outcome: 'running', ended: null },
  ])
  expect(await readRuns(repository, 2)).toHaveLength(1)
})

test('a store that does not answer is no job that never ran', async () => {
  const repository = await open(place())
  await (await beginRun(repository, 'run')).end('ok', {})
  const deaf = { ...repository.store, read: () => Promise.reject(new Error('no answer')) }
  await expect(readRuns({ ...repository, store: deaf })).rejects.toThrow('no answer')
  await expect(readProofs({ ...repository, store: deaf }, undefined)).resolves.toMatchObject({ byLabel: new Map() })
})

test('proofs are kept by label, in their order, and none replaces another', async () => {
  const repository = await open(place())
  const { key } = await ensureKey(join(place(), 'key'))
  const proof = (label: string, level: Level, passed: boolean, at: string) =>
    keepProof(repository, key, { label, level, passed, at, problems: [] })
  await proof('a', 2, true, '2026-11-25T02:00:00.000Z')
  await proof('a', 1, false, '2026-11-26T02:00:00.000Z')
  await proof('b', 5, true, '2026-11-25T02:00:00.000Z')
  await expect(proof('b', 5, false, '2026-11-25T02:00:00.000Z')).rejects.toMatchObject({ code: 'object-exists' })
  // One without a MAC, one of another key, one that was changed, an old one under a younger name.
  await keepProof(repository, undefined, {
    label: 'a',
    level: 5,
    passed: true,
    at: '2026-11-27T02:00:00.000Z',
    problems: [],
  })
  const { key: other } = await ensureKey(join(place(), 'other'))
  await keepProof(repository, other, {
    label: 'a',
    level: 5,
    passed: true,
    at: '2026-11-28T02:00:00.000Z',
    problems: [],
  })
  const [passed, failed] = (await repository.store.list('proofs/a/')).map(({ key: name }) => name)
  const changed = (await repository.store.read(failed!)).toString().replace('"passed":false', '"passed":true')
  await repository.store.put('proofs/a/20270101.json', Buffer.from(changed))
  await repository.store.put('proofs/a/20270102.json', await repository.store.read(passed!))
  await repository.store.put('proofs/a/torn.json', Buffer.from('{'))
  await repository.store.put('proofs/a/of-another.json', Buffer.from('{"label":"b","level":5,"passed":true}'))
  const { byLabel: proofs } = await readProofs(repository, key)
  expect(proofs.get('a')!.map(({ level }) => level)).toEqual([2, 2, 1])
  expect(provenLevel(proofs.get('a')!)).toBe(-1)
  expect(provenLevel(proofs.get('b')!)).toBe(5)
})

test('no flipped bit of a proof makes it another one, nor hides those beside it', async () => {
  const repo = place()
  const repository = await open(repo)
  const { key } = await ensureKey(join(place(), 'key'))
  for (const level of [1, 2] as const)
    await keepProof(repository, key, { label: 'a', level, passed: true, at: '2026-11-25T02:00:00.000Z', problems: [] })
  const [object] = await repository.store.list('proofs/a/')
  const file = join(repo, object!.key)
  const whole = readFileSync(file)
  const { level } = JSON.parse(whole.toString())
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const flipped = Buffer.from(whole)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    writeFileSync(file, flipped)
    const { byLabel } = await readProofs(repository, key)
    expect(
      [...byLabel].flatMap(([label, proofs]) => proofs.map((proof) => [label, proof.level])),
      flipped.toString(),
    ).toEqual([['a', 3 - level]])
  }
})

test('what failed last is not proven by what passed before', () => {
  const one = fc.record({ level: fc.integer({ min: 0, max: 5 }), passed: fc.boolean() }) as fc.Arbitrary<unknown>
  fc.assert(
    fc.property(fc.array(one as fc.Arbitrary<Proof>, { maxLength: 12 }), (proofs) => {
      const level = provenLevel(proofs)
      const after = proofs.slice(proofs.findLastIndex(({ passed }) => !passed) + 1)
      expect(level === -1).toBe(after.length === 0)
      expect(after.every((proof) => proof.level <= level)).toBe(true)
    }),
  )
})

test('a mark of a reader that the store did not take at once is made up for', async () => {
  const repository = await open(place())
  let down = true
  const flaky = {
    ...repository.store,
    put: (...words: Parameters<typeof repository.store.put>) =>
      down ? Promise.reject(new Error('no answer')) : repository.store.put(...words),
  }
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const mark = await markReading({ ...repository, store: flaky }, ['one'], 'restore run')
    expect([...(await readersOf(repository, Date.now())).keys()]).toEqual([])
    down = false
    vi.advanceTimersByTime(600_000)
    await vi.waitFor(async () => expect([...(await readersOf(repository, Date.now())).keys()]).toEqual(['one']))
    await mark.end()
    expect(await repository.store.list('leases/')).toEqual([])
  } finally {
    vi.useRealTimers()
  }
})
