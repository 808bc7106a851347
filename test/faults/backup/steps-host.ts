// A host with a repository, and a run on it that a fault meets at one of its steps.
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { sweepLeftovers } from '../../../src/backup/run/leftovers.ts'
import { readRuns } from '../../../src/backup/runs.ts'
import type { Outcome } from '../../servers/beside.ts'
import {
  leftIn,
  listed,
  listsNothingHalf,
  nothingAstray,
  type Place,
  verifiesAll,
  within,
} from '../harness/afterwards.ts'
import { type Fault, runFaulty, type Subject } from '../harness/faulty.ts'

export interface Host extends Place {
  readonly subject: Subject
  /** Where files are made first, and nothing else lies. */
  readonly staging: string
}

let hosts = 0

/** A host with a repository in a folder: empty, or as another one has it. */
export function hostIn(base: string, from?: Host, more: Partial<Place> = {}): Host {
  const home = join(base, `h${hosts++}`)
  const repo = join(home, 'repo')
  const staging = join(home, 'staging')
  for (const folder of [home, staging]) mkdirSync(folder)
  if (from) cpSync(from.address.repo, repo, { recursive: true, preserveTimestamps: true })
  else mkdirSync(repo)
  const keyFile = join(home, 'backup.key')
  if (from && existsSync(from.keyFile)) cpSync(from.keyFile, keyFile)
  const env = { HOME: home, TMPDIR: staging, ...more.env }
  return { address: { repo, s3: {} }, keyFile, ...more, env, staging, subject: { tier: 'plain', home, env } }
}

/**
 * Has the fault happen to a `backup run`, and then runs it again: what has to hold at once, and afterwards. `before` are the
 * labels that were there.
 */
export async function runSurvives(host: Host, words: readonly string[], before: readonly string[], fault: Fault) {
  const ended = await runFaulty(host.subject, words, fault)
  if (fault.what !== 'interrupt') expect(ended.signal, ended.stderr).toBe('SIGKILL')
  else expect([0, 130], ended.stderr).toContain(ended.code)
  const labels = (await listsNothingHalf(host)).map(({ label }) => label)
  expect(labels).toEqual(expect.arrayContaining([...before]))
  if (ended.signal === null) {
    // The record tells which it was: interrupted before it was published, or only before that could be told.
    const [record] = await within(host, (repository) => readRuns(repository))
    const made = labels.length > before.length
    expect([made, record?.outcome]).toEqual([made, made ? 'ok' : before.length > 0 || record ? 'failed' : undefined])
    if (ended.code === 0) expect(made).toBe(true)
    expect(leftIn(host.staging)).toEqual([])
  }

  const next: Outcome = await runFaulty(host.subject, words)
  expect(next, next.stderr).toMatchObject({ code: 0 })
  expect(leftIn(host.staging)).toEqual([])
  const { label } = JSON.parse(next.stdout)[0] as { label: string }
  const now = await listed(host)
  expect(now.map((one) => one.label)).toEqual([label, ...labels])
  await verifiesAll(host, labels.length + 1)
  await nothingAstray(host, 'young folders may stay')
  return label
}

/** Hours later nothing is left of what was young: the next run clears it away. Hours by the store's clock, told as gone by. */
export async function clearedWhenOld(host: Host): Promise<void> {
  await within(host, async (repository) => {
    const { store } = repository
    const list: typeof store.list = async (prefix) =>
      (await store.list(prefix)).map((object) => ({
        ...object,
        modified: new Date(object.modified.getTime() - 3 * 3_600_000),
      }))
    const later = new Proxy(store, { get: (whole, name) => (name === 'list' ? list : Reflect.get(whole, name)) })
    await sweepLeftovers({ ...repository, store: later })
  })
  await nothingAstray(host)
}
