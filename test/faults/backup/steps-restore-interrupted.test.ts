// `restore run --into DIR` with Ctrl-C at its steps, and killed together with all its children, as a kernel that ends a whole
// group does. Nothing runs on, what is left is told or stands in nobody's way, and the next one brings every row.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postmasterOf } from '../../../src/backup/restore/leftovers.ts'
import { tiers } from '../../servers/databases.ts'
import { atEach, isolatedBelow, leftIn, sampled } from '../harness/afterwards.ts'
import { runFaulty, type Subject, standingAt, stepsOf } from '../harness/faulty.ts'
import { type DirectoryScene, directoryScene } from './scene-directory.ts'

const [tier] = tiers().filter(({ name }) => name === 'plain' || name === 'community')

/** The process and all that it started, whatever group they are in. */
function family(pid: number): readonly number[] {
  const parents = readdirSync('/proc').flatMap((name): [number, number][] => {
    if (!/^\d+$/.test(name)) return []
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8')
      return [[Number(name), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])]]
    } catch {
      return []
    }
  })
  const all = [pid]
  for (const one of all) all.push(...parents.flatMap(([child, parent]) => (parent === one ? [child] : [])))
  return all
}

function endAll(pid: number): void {
  for (const one of family(pid)) {
    try {
      process.kill(one, 'SIGKILL')
    } catch {}
  }
}

describe.runIf(tier)('a restore into a directory that ends early', () => {
  let scene: DirectoryScene
  let subject: Subject
  let steps: readonly string[]
  let into: DirectoryScene['into']
  let run: DirectoryScene['run']

  beforeAll(async () => {
    scene = await directoryScene()
    ;({ subject, into, run } = scene)
    steps = await stepsOf(subject, run('whole'))
  }, 120_000)
  afterAll(() => scene?.end(), 60_000)

  const production = (folder: string): boolean => scene.physical.production.connection('postgres').host.endsWith(folder)
  const serversLeft = () => isolatedBelow(scene.physical.folder).filter((name) => !production(name))

  test('42: interrupted at any step it says what is left, leaves no server, and the next one is whole', async () => {
    await atEach(sampled(steps, 8, /^(claimed|target reached|promoted|configured)/), async (at) => {
      const name = `broken-${at}`
      const ended = await runFaulty(subject, run(name), { at, what: 'interrupt' })
      expect(serversLeft()).toEqual([])
      expect(leftIn(subject.env!.TMPDIR!)).toEqual([])
      expect(ended, ended.stderr).toMatchObject({ code: 130, signal: null })
      // Once it is promoted there is nothing to break off any more: it is whole, and says so.
      if (ended.stderr.includes('no server runs on it')) {
        expect(at).toBeGreaterThan(steps.indexOf('promoted'))
        return await scene.holdsAll(name)
      }
      const before = at <= steps.indexOf('planned') + 1
      if (!before) expect(ended.stderr).toContain(`${into(name)} is empty again`)
      expect(existsSync(into(name)) ? readdirSync(into(name)) : []).toEqual([])
    })
    const next = await runFaulty(subject, run('broken-1'))
    expect(next, next.stderr).toMatchObject({ code: 0 })
    await scene.holdsAll('broken-1')
  }, 300_000)

  test('42: interrupted in the place of something else, that is back where it was', async () => {
    for (const at of ['moved aside', 'unpacked', 'target reached']) {
      mkdirSync(into('mine'), { recursive: true })
      writeFileSync(join(into('mine'), 'precious'), 'mine')
      const ended = await runFaulty(subject, run('mine', '--yes'), { at, what: 'interrupt' })
      expect(ended, ended.stderr).toMatchObject({ code: 130 })
      expect(ended.stderr).toContain(`${into('mine')} is what it was`)
      expect(readdirSync(into('mine'))).toEqual(['precious'])
      expect(readdirSync(join(scene.physical.folder, 'restored')).filter((name) => name.includes('before'))).toEqual([])
    }
  }, 120_000)

  test('42: killed with all its children, its server too, it stands in nobody’s way', async () => {
    for (const at of ['unpacked', 'server answers', 'promoted']) {
      const standing = await standingAt(subject, run('group', '--yes'), at)
      endAll(standing.child.pid!)
      await standing.ended()
      for (let waited = 0; postmasterOf(into('group')) !== undefined; waited += 20) {
        if (waited > 10_000) throw new Error('its server lives on')
        await sleep(20)
      }
      const asked = await runFaulty(subject, run('group'))
      expect(asked, asked.stderr).toMatchObject({ code: 6, stderr: expect.stringContaining('unfinished restore') })
    }
    const next = await runFaulty(subject, run('group', '--yes'))
    expect(next, next.stderr).toMatchObject({ code: 0 })
    expect(serversLeft()).toEqual([])
    await scene.holdsAll('group')
  }, 200_000)

  test('50: a backup that is killed with all its children is not listed, and the next one is made', async () => {
    const { host } = scene.physical.production.connection('postgres')
    const url = `postgresql://postgres@/postgres?host=${encodeURIComponent(host)}&port=5432`
    const make = ['backup', 'run', '--kind', 'base', '--url', url, ...scene.where()]
    const list = async () => JSON.parse((await runFaulty(subject, ['backup', 'list', ...scene.where()])).stdout)
    const before = await list()
    const taken = await stepsOf(subject, make)
    const made = await list()
    expect(made).toHaveLength(before.length + 1)
    await atEach(sampled(taken.slice(0, taken.indexOf('published') + 1 || -8), 3), async (at) => {
      const standing = await standingAt(subject, make, at)
      endAll(standing.child.pid!)
      await standing.ended()
    })
    const next = await runFaulty(subject, make)
    expect(next, next.stderr).toMatchObject({ code: 0 })
    for (const { status } of await list()) expect(status).toBe('good')
    expect(leftIn(subject.env!.TMPDIR!)).toEqual([])
  }, 200_000)
})
