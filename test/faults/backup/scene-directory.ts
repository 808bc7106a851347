// A cluster, one backup of it and a moment behind: what is restored into directories, by arxdb as a process of its own.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { startIsolated } from '../../../src/backup/restore/isolated.ts'
import {
  asking,
  contentOf,
  load,
  majorOf,
  makeTicks,
  type PhysicalScene,
  physicalScene,
} from '../../backup/physical-scene.ts'
import { findPostgres } from '../../servers/postgres.ts'
import type { Subject } from '../harness/faulty.ts'

export interface DirectoryScene {
  readonly physical: PhysicalScene
  readonly bindir: string
  readonly subject: Subject
  into(name: string): string
  /** Words that name the repository, its key and the programs. */
  where(): readonly string[]
  /** `restore run` into the directory of that name. */
  run(name: string, ...more: readonly string[]): readonly string[]
  /** What was restored there starts as it is, with the rows of the moment. */
  holdsAll(name: string): Promise<void>
  end(): Promise<void>
}

export async function directoryScene(): Promise<DirectoryScene> {
  const { bindir } = (await findPostgres()).installation
  const physical = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
  await makeTicks(physical)
  await load(physical, 0, 5_000)
  await physical.backup(baseMethod, 'base')
  const moment = await load(physical, 1, 5_000)
  await physical.archived()
  const home = join(physical.folder, 'home')
  const staging = join(home, 'staging')
  for (const folder of [home, staging]) mkdirSync(folder)
  const { repo, keyFile } = physical.settings
  const into = (name: string): string => join(physical.folder, 'restored', name)
  const where = () => ['--repo', repo, '--key-file', keyFile, '--bindir', bindir, '-o', 'json']
  return {
    ...{ physical, bindir, into, where },
    subject: { tier: 'plain', home, env: { HOME: home, TMPDIR: staging } },
    run: (name, ...more) => ['restore', 'run', '--into', into(name), ...more, ...where()],
    async holdsAll(name) {
      const signal = AbortSignal.timeout(120_000)
      const server = await startIsolated({
        ...{ dataDir: into(name), programs: physical.programs, env: process.env, signal },
      })
      try {
        const { rows, digest } = await asking(server, contentOf)
        expect({ rows, digest }).toEqual({ rows: moment.rows, digest: moment.digest })
      } finally {
        await server.stop()
      }
    },
    end: () => physical.end(),
  }
}
