// `arxdb restore run --into DIR`: the plan, carried out into a directory that stays.
import { existsSync, realpathSync } from 'node:fs'
import { lstat, readdir, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import { step } from '../../steps.ts'
import { readCatalogue } from '../catalogue.ts'
import { programsOf } from '../programs.ts'
import { reading } from '../reading.ts'
import { moveAside, moveBack, movedBefore } from './aside.ts'
import { placeOf, refusePlaces, tablespacesOf } from './chain.ts'
import { claim, release, unfinishedIn } from './claim.ts'
import { readControl } from './control.ts'
import { GUARDS, serverAccount } from './isolated.ts'
import { postmasterOf, sweepLeftovers } from './leftovers.ts'
import { restorePhysical } from './physical.ts'
import { refuseSpecial } from './places.ts'
import { type PlanOptions, planRestore } from './plan.ts'
import { completeConfig, writeRecord } from './record.ts'
import { targetText } from './target.ts'
import { unarchivedIn } from './unarchived.ts'

export interface RunOptions extends PlanOptions {
  readonly tablespaces: ReadonlyMap<string, string>
  /** Asks, and throws where nobody agrees. */
  confirm(what: { readonly what: string; readonly typed: string }): Promise<void>
  progress(text: string): void
}

export interface Ran {
  readonly label: string
  readonly dataDir: string
  readonly target: string
  readonly reachedLsn: string
  readonly reachedTime: string | null
  readonly seconds: number
  /** Where what stood there before is now. */
  readonly movedTo: string | undefined
  readonly notes: readonly string[]
}

/** Plans, refuses what the plan finds (exit 6), restores, and leaves the directory stopped, guarded and ready. */
export async function runRestore(asked: RunOptions): Promise<Ran> {
  const options = { ...asked, into: await behindLink(asked.into) }
  const { repository, key, settings, target, timeline, into, env, signal, progress, tablespaces } = options
  // What a killed restore left running in there is ours to end, and no server of anybody.
  await sweepLeftovers()
  refuseSpecial(into, settings.repo)
  const standing = await occupant(options)
  progress('planning')
  const plan = await planRestore(options)
  const problems = plan.findings.filter(({ outcome }) => outcome === 'problem')
  if (!plan.chosen || problems.length > 0) throw refused(problems.map(({ check, detail }) => `${check}: ${detail}`))
  const { chain } = plan.chosen
  await refusePlaces({ chain, into, tablespaces }, standing ? 'moved aside' : 'looked at').catch((error: unknown) => {
    throw standing?.unfinished ? telling(error, `in ${into} is ${standing.unfinished}: what is of it can go`) : error
  })
  if (standing) await options.confirm(standing)
  step('planned')
  // The question may have stood for long: a server that was started there meanwhile, or a restore, is not moved.
  if (standing) await occupant(options)
  const lostWal = standing?.lost ? [standing.lost] : []
  const moved = standing ? await moveAside(into) : undefined
  if (moved) step('moved aside', moved)
  const before = await movedBefore(into)
  const account = serverAccount()
  const programs = plan.programs!
  const manifest = chain.at(-1)!
  // Until then, what lies there and in its tablespaces is of somebody who was faster.
  let ours = false
  const places = tablespacesOf(chain).map((space) => placeOf({ into, tablespaces, chain }, space))
  const outside = places.filter((place) => !place.startsWith(`${into}/`))
  try {
    await claim(into, { label: manifest.label, outside }, account, manifest.kind === 'pgbackrest' ? 'beside' : 'in it')
    step('claimed')
    const along = timeline === 'latest' ? plan.chosen.window.timeline : timeline
    const labels = chain.map(({ label }) => label)
    const restored = await reading(repository, labels, 'restore run', () =>
      restorePhysical({
        ...{ repository, key, settings, chain, target, into, tablespaces, programs, env, signal, progress },
        timeline: along,
        begun() {
          ours = true
        },
      }),
    )
    await restored.server.stop()
    step('stopped')
    const control = await readControl(into, { programs, env, account })
    // The last word: a server that was stopped in order after a promotion, on a timeline of its own.
    if (control.state !== 'shut down') throw notShut(into, control.state)
    const timescaledb = manifest.server.timescaledb !== null
    const written = await completeConfig(into, { control, timescaledb, account })
    const { reachedLsn, reachedTime, seconds } = restored
    const prepared = restored.prepared
    const record = {
      ...{ label: manifest.label, target: targetText(target), reachedLsn, reachedTime, at: new Date().toISOString() },
      ...{ major: manifest.server.major, timescaledb },
      superuser: typeof manifest.method.superuser === 'string' ? manifest.method.superuser : 'postgres',
    }
    step('configured')
    await writeRecord(into, record, account)
    await release(into)
    step('recorded')
    return {
      ...{ label: manifest.label, dataDir: into, target: targetText(target), reachedLsn, reachedTime, seconds },
      movedTo: moved,
      notes: [
        `until it is opened: ${Object.entries(GUARDS)
          .map(([name, value]) => `${name} = ${value}`)
          .join(', ')}`,
        ...(moved ? lostWal : before.map((path) => `${path} is what an earlier restore moved aside`)),
        ...(prepared.length > 0
          ? [
              `prepared, and neither committed nor rolled back there: ${prepared.join(', ')}; they hold their locks until COMMIT PREPARED or ROLLBACK PREPARED`,
            ]
          : []),
        ...(written.length > 0 ? [`the backup held no ${written.join(', ')}: the least was written`] : []),
      ],
    }
  } catch (error) {
    const cleared = ours && mayClear(error)
    if (cleared) for (const place of [into, ...places]) await clear(place)
    await release(into)
    if (cleared || (moved && (await isVacant(into)))) {
      if (moved) await moveBack(moved, into)
      throw telling(error, moved ? `${into} is what it was` : `${into} is empty again`)
    }
    if (!moved && (await isVacant(into))) throw telling(error, `${into} is empty`)
    throw telling(
      error,
      `what is in ${into} was left there${moved ? `, and what stood there before is in ${moved}` : ''}`,
    )
  }
}

/** A link to a directory stays: what it leads to is moved aside and restored to, on the disk whose room was looked at. */
async function behindLink(into: string): Promise<string> {
  const link = await lstat(into).catch(() => undefined)
  return link?.isSymbolicLink() && existsSync(into) ? realpathSync(into) : into
}

/** Not where somebody else got there first: what lies there is theirs. */
const mayClear = (error: unknown): boolean =>
  !(error instanceof ArxError && ['not-empty', 'restore-running'].includes(error.code))

const isVacant = async (path: string): Promise<boolean> => (await readdir(path).catch((): string[] => [])).length === 0

/** The same error, with what became of the directory. */
function telling(error: unknown, state: string): unknown {
  if (!(error instanceof ArxError)) return error
  const { code, message, detail, hint, exit, cause } = error
  return new ArxError({ code, message, detail: detail ? `${detail}; ${state}` : state, hint, exit, cause })
}

/** What stands in the way, to be confirmed by typing; undefined for a directory that is absent or empty. */
async function occupant(options: RunOptions) {
  const { into } = options
  const pid = existsSync(into) ? postmasterOf(realpathSync(into)) : undefined
  if (pid !== undefined) {
    throw new ArxError({
      code: 'server-running',
      message: `a server runs on ${into}: nothing is restored over a running one`,
      detail: `its process is ${pid}`,
      hint: 'restore into a new directory, look at it, and change over then',
      exit: EXIT.refused,
    })
  }
  const names = await readdir(into).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new ArxError({
      code: 'not-empty',
      message: `cannot restore into ${into}`,
      detail: error.message,
      exit: EXIT.refused,
    })
  })
  const unfinished = await unfinishedIn(into)
  if (names.length === 0) return undefined
  const whose = unfinished ?? (names.includes('PG_VERSION') ? await clusterIn(options) : 'files')
  const lost = unfinished === undefined && names.includes('pg_wal') ? await unarchivedIn(options) : undefined
  const typed = whose.includes('PRODUCTION') ? `${/\d{10,}/.exec(whose)![0]}@${hostname()}` : into
  const what = `move ${into} aside, which holds ${whose}${lost ? `; ${lost}` : ''}, and restore in its place`
  return { what, typed, lost, unfinished }
}

/** Whether it is the very cluster of the backups: production itself, or an earlier copy. */
async function clusterIn({ into, settings, env, repository, key }: RunOptions): Promise<string> {
  const version = Number.parseInt(await readFile(join(into, 'PG_VERSION'), 'utf8'), 10)
  const programs = programsOf(version, settings.bindir, env)
  if (!programs.find('pg_controldata')) return 'a data directory'
  const control = await readControl(into, { programs, env }).catch(() => undefined)
  if (!control) return 'a data directory'
  const known = (await readCatalogue(repository, key)).map(({ manifest }) => manifest?.server.systemId)
  return known.includes(control.systemId)
    ? `the cluster ${control.systemId} that these backups are of: perhaps PRODUCTION ITSELF, whose state is "${control.state}"`
    : `another cluster, ${control.systemId}`
}

/** What was unpacked is of no use without its end; the directory itself may have been there before. */
async function clear(into: string): Promise<void> {
  for (const name of await readdir(into).catch((): string[] => [])) {
    await rm(join(into, name), { recursive: true, force: true })
  }
}

const refused = (problems: readonly string[]): ArxError =>
  new ArxError({
    code: 'restore-refused',
    message: 'this restore would not succeed',
    detail: problems.join('; '),
    hint: 'arxdb restore plan, with the same --to, shows all of it',
    exit: EXIT.refused,
  })

const notShut = (into: string, state: string): ArxError =>
  new ArxError({ code: 'not-shut-down', message: `${into} was not left in order`, detail: `its state is "${state}"` })
