// vitest's global setup: finds or brings a server for each tier, and says which tiers are tested and which are not.
import { startApache } from './apache.ts'
import { describeServer } from './inspect.ts'
import { sweepDatabases, sweepFolders } from './leftovers.ts'
import { type Found, findPostgres, startFound } from './postgres.ts'
import type { OwnServer } from './server.ts'
import {
  databasePrefix,
  newRun,
  type Outcome,
  outcomeLines,
  publish,
  TIERS,
  type TierName,
  URL_VARIABLE,
} from './tiers.ts'

const cleanups: (() => void)[] = []
const given: string[] = []

const stopEverything = (): void => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

/** A run that is interrupted stops its servers too; SIGKILL leaves them to the next run's sweep. */
function stopOnExit(): void {
  process.once('exit', stopEverything)
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      stopEverything()
      process.exit(128 + number)
    })
  }
}

const own = (server: OwnServer): string => {
  cleanups.push(server.stop)
  return server.url
}

/** Only these tiers, by name: `ARXDB_TEST_TIERS=plain`; `none` for tests that need no server. */
const wanted = (name: TierName): boolean => {
  const list = process.env.ARXDB_TEST_TIERS
  return !list || list.split(/[\s,]+/).includes(name)
}

/** The caller's own server, which has to be what it is said to be. */
async function useGiven(name: TierName, variable: string, url: string): Promise<Outcome> {
  try {
    await sweepDatabases(url)
    const about = await describeServer(name, url, databasePrefix())
    given.push(url)
    return { name, url, about: `${about} (${variable})` }
  } catch (error) {
    throw new Error(`${variable} is no server for the ${name} tier: ${(error as Error).message}`)
  }
}

async function useOwn(name: TierName, url: string, where: string): Promise<Outcome> {
  return { name, url, about: `${await describeServer(name, url, databasePrefix())} (${where})` }
}

async function plain({ found }: Search): Promise<Outcome> {
  const server = await found()
  return useOwn('plain', own(await startFound(server, false)), server.where)
}

async function apache({ found }: Search): Promise<Outcome> {
  const server = await startApache()
  if (typeof server !== 'string') return useOwn('apache', own(server), 'Debian 13 root')
  const local = await found()
  if (local.tier !== 'apache') return { name: 'apache', about: server }
  return useOwn('apache', own(await startFound(local, true)), local.where)
}

async function community({ found }: Search): Promise<Outcome> {
  const local = await found()
  if (local.tier === 'community') return useOwn('community', own(await startFound(local, true)), local.where)
  const about = 'the PostgreSQL found here has no TimescaleDB Community edition, and ARXDB_TEST_TSL_URL is not set'
  return { name: 'community', about }
}

interface Search {
  /** The machine's PostgreSQL, looked for once and only when a tier needs it. */
  found(): Promise<Found>
}

const GIVEN = { ...URL_VARIABLE, community: 'ARXDB_TEST_TSL_URL' } as const
const START = { plain, apache, community } as const

async function start(name: TierName, search: Search): Promise<Outcome> {
  if (!wanted(name)) return { name, about: 'ARXDB_TEST_TIERS leaves it out' }
  const url = process.env[GIVEN[name]]
  if (url) return useGiven(name, GIVEN[name], url)
  try {
    return await START[name](search)
  } catch (error) {
    // Every machine can have the plain tier; that one is never skipped.
    if (name === 'plain') throw error
    return { name, about: `could not be started: ${(error as Error).message}` }
  }
}

/** Tiers that the caller cannot do without, e.g. `ARXDB_TEST_REQUIRE=plain,apache` in CI. */
function checkRequired(outcomes: readonly Outcome[]): void {
  const required = (process.env.ARXDB_TEST_REQUIRE ?? '').split(/[\s,]+/).filter(Boolean)
  const missing = outcomes.filter(({ name, url }) => !url && required.includes(name))
  if (missing.length > 0) throw new Error(`required tiers are missing:\n${outcomeLines(missing, '').join('\n')}`)
}

export async function setup(): Promise<void> {
  stopOnExit()
  publish([], newRun())
  for (const folder of new Set(['/tmp', process.env.TMPDIR || '/tmp'])) sweepFolders(folder)
  let postgres: Promise<Found> | undefined
  const search: Search = {
    found: () => {
      postgres ??= findPostgres().then((found) => {
        cleanups.unshift(found.discard)
        return found
      })
      return postgres
    },
  }
  try {
    const outcomes = await Promise.all(TIERS.map((name) => start(name, search)))
    checkRequired(outcomes)
    publish(outcomes, process.env.ARXDB_TEST_RUN ?? newRun())
    console.log(['tiers', ...outcomeLines(outcomes, 'ready'), ''].join('\n'))
  } catch (error) {
    stopEverything()
    throw error
  }
}

export async function teardown(): Promise<void> {
  for (const url of given) await sweepDatabases(url, databasePrefix()).catch(() => {})
  stopEverything()
}
