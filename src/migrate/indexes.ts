// What a CREATE INDEX CONCURRENTLY that failed leaves behind: an index that costs writes and answers nothing. It has to
// go before the statement can run again, and one that another backend still builds has to be waited for.
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, type Client } from './ask.ts'
import { type IndexBuild, indexBuild, shape } from './shape.ts'
import type { Statement } from './split.ts'
import { execute, type Run } from './worker.ts'

export interface InvalidIndex {
  readonly index_name: string
  readonly table_name: string
  readonly bytes: number
  /** The backend that builds it at this moment: then it is not a wreck. */
  readonly building_pid: number | null
}

interface FoundIndex {
  readonly index_name: string
  readonly valid: boolean
  readonly building_pid: number | null
}

/** Unusable indexes outside TimescaleDB's own schemas. */
export const invalidIndexes = (client: Client): Promise<readonly InvalidIndex[]> =>
  ask<InvalidIndex>(client, 'migrate/invalid-indexes')

const find = async (client: Client, build: IndexBuild): Promise<FoundIndex | undefined> =>
  (await ask<FoundIndex>(client, 'migrate/find-index', { relation: build.table, name: build.name }))[0]

async function settled(run: Run, client: Client, build: IndexBuild): Promise<FoundIndex | undefined> {
  let told = false
  for (;;) {
    const found = await find(client, build)
    if (!found || found.valid || found.building_pid === null) return found
    if (!told)
      run.emit({ kind: 'index', text: `waiting for pid ${found.building_pid}, which still builds ${found.index_name}` })
    told = true
    await sleep(250, undefined, { signal: run.signal })
  }
}

export type Readiness = 'ready' | 'already built'

/**
 * Makes room for a statement that builds an index outside a transaction: waits for an orphaned build, drops an invalid
 * left-over. `interrupted`: an earlier run was killed during this very statement, so a valid index is its work.
 */
export async function prepareIndex(
  run: Run,
  client: Client,
  statement: Statement,
  interrupted: boolean,
): Promise<Readiness> {
  const build = indexBuild(shape(statement))
  if (!build?.name || !(build.concurrent || build.perChunk)) return 'ready'
  const found = await settled(run, client, build)
  if (!found) return 'ready'
  if (found.valid) return interrupted ? 'already built' : 'ready'
  await execute(run, client, `drop index ${build.concurrent ? 'concurrently ' : ''}${found.index_name}`)
  run.emit({ kind: 'index', text: `dropped the invalid index ${found.index_name} that an earlier attempt left` })
  return 'ready'
}
