// `restore run --into DIR` and `restore open DIR` killed at every step that they take. What is left is never taken for a
// restored cluster, never starts as a clone that archives, and stands in nobody's way.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tiers } from '../../servers/databases.ts'
import { atEach, isolatedBelow, leftIn, sampled } from '../harness/afterwards.ts'
import { runFaulty, type Subject, stepsOf } from '../harness/faulty.ts'
import { type DirectoryScene, directoryScene } from './scene-directory.ts'

const [tier] = tiers().filter(({ name }) => name === 'plain' || name === 'community')

/** Steps by name, because a restore over something takes one more: the second of a name is NAME#2. */
function named(steps: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return steps.map((whole) => {
    // A random name is another one in the next run.
    const step = whole.replace(/[0-9a-f]{8}-[0-9a-f]{4}-.*$/, '')
    seen.set(step, (seen.get(step) ?? 0) + 1)
    return `${step}#${seen.get(step)}`
  })
}

describe.runIf(tier)('restore into a directory', () => {
  let scene: DirectoryScene
  let subject: Subject
  let steps: readonly string[]
  const into = (name = 'killed') => scene.into(name)
  const run = (name = 'killed', ...more: string[]) => scene.run(name, ...more)
  const conf = (name?: string) => join(into(name), 'postgresql.auto.conf')
  const open = (name?: string) => ['restore', 'open', into(name), '--bindir', scene.bindir, '--yes', '-o', 'json']

  beforeAll(async () => {
    scene = await directoryScene()
    subject = scene.subject
    steps = named(await stepsOf(subject, run('whole')))
  }, 120_000)
  afterAll(() => scene?.end(), 60_000)

  test('42: killed at any step it is no cluster that archives, and the same restore brings it whole', async () => {
    await atEach(sampled(steps, 8, /control file|^target reached/), async (_, step) => {
      const ended = await runFaulty(subject, run('killed', '--yes'), { at: step })
      expect(ended.signal, ended.stderr).toBe('SIGKILL')
      // No server starts without its control file; with it, the guards are up.
      if (existsSync(join(into(), 'global/pg_control'))) {
        expect(readFileSync(conf(), 'utf8')).toMatch(/^archive_mode = 'off'$/m)
      }
      const recorded = existsSync(join(into(), 'arxdb-restore.json'))
      if (recorded || !existsSync(into()) || readdirSync(into()).length === 0) return
      const opened = await runFaulty(subject, open())
      expect(opened.code, opened.stderr).toBe(6)
      expect(opened.stderr).toMatch(/unfinished restore of .*restore run --into|was not made by arxdb/)
      const asked = await runFaulty(subject, run())
      expect(asked, asked.stderr).toMatchObject({ code: 6 })
      expect(asked.stderr).toMatch(/unfinished restore|which holds files/)
    })
    const last = await runFaulty(subject, run('killed', '--yes'))
    expect(last, last.stderr).toMatchObject({ code: 0 })
    await scene.holdsAll('killed')
    expect(isolatedBelow(scene.physical.folder).filter((name) => !production(name))).toEqual([])
    expect(leftIn(subject.env!.TMPDIR!)).toEqual([])
    expect(readdirSync(into())).not.toContain('arxdb-restore-unfinished.json')
  }, 400_000)

  const production = (folder: string): boolean => scene.physical.production.connection('postgres').host.endsWith(folder)

  test('45: what stood there is never lost, and the next restore says where it is', async () => {
    mkdirSync(into('taken'))
    writeFileSync(join(into('taken'), 'precious'), 'mine')
    const ended = await runFaulty(subject, run('taken', '--yes'), { at: 'moved aside' })
    expect(ended.signal, ended.stderr).toBe('SIGKILL')
    expect(existsSync(into('taken'))).toBe(false)
    const [aside] = readdirSync(join(scene.physical.folder, 'restored')).filter((name) =>
      name.startsWith('taken.before-'),
    )
    expect(readFileSync(join(into(aside), 'precious'), 'utf8')).toBe('mine')
    const next = await runFaulty(subject, run('taken'))
    expect(next, next.stderr).toMatchObject({ code: 0 })
    expect(next.stderr).toContain(`${into(aside)} is what an earlier restore moved aside`)
  }, 120_000)

  test('42: opening that is killed at any step has taken down all of the guards, or none', async () => {
    const guarded = readFileSync(conf('whole'), 'utf8')
    await copyFile(conf('whole'), join(scene.physical.folder, 'guarded'))
    const taken = await stepsOf(subject, open('whole'))
    const opened = readFileSync(conf('whole'), 'utf8')
    expect(opened).not.toBe(guarded)
    await atEach(sampled(taken, 5, /^file/), async (at) => {
      await copyFile(join(scene.physical.folder, 'guarded'), conf('whole'))
      const ended = await runFaulty(subject, open('whole'), { at })
      expect(ended.signal, ended.stderr).toBe('SIGKILL')
      const now = readFileSync(conf('whole'), 'utf8')
      expect([guarded, opened]).toContain(now)
      const next = await runFaulty(subject, open('whole'))
      if (now === opened) expect(next).toMatchObject({ code: 6, stderr: expect.stringContaining('is open already') })
      else expect(next, next.stderr).toMatchObject({ code: 0 })
      expect(readFileSync(conf('whole'), 'utf8')).toBe(opened)
    })
    expect(readdirSync(into('whole')).filter((name) => name.includes('auto.conf'))).toEqual(['postgresql.auto.conf'])
    await scene.holdsAll('whole')
  }, 200_000)
})
