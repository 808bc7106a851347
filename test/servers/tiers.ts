// The three kinds of server that arxdb is tested on, and how the suite tells its workers about them.

export const TIERS = ['plain', 'apache', 'community'] as const
export type TierName = (typeof TIERS)[number]

/** What became of a tier: a server to test on, or the reason why there is none. */
export interface Outcome {
  readonly name: TierName
  /** Superuser URL of its `postgres` database. */
  readonly url?: string | undefined
  /** With a url: which server it is. Without: why the tier is skipped. */
  readonly about: string
}

/** Superuser URLs of the tiers that run; unset for a tier that is skipped. */
export const URL_VARIABLE = {
  plain: 'ARXDB_TEST_PLAIN_URL',
  apache: 'ARXDB_TEST_APACHE_URL',
  community: 'ARXDB_TEST_COMMUNITY_URL',
} as const satisfies Record<TierName, string>

const OUTCOMES = 'ARXDB_TEST_OUTCOMES'
const RUN = 'ARXDB_TEST_RUN'

/** Leaves the outcomes, and a name for this run, where forked workers inherit them. */
export function publish(outcomes: readonly Outcome[], run: string): void {
  for (const { name, url } of outcomes) {
    if (url) process.env[URL_VARIABLE[name]] = url
    else delete process.env[URL_VARIABLE[name]]
  }
  process.env[OUTCOMES] = JSON.stringify(outcomes)
  process.env[RUN] = run
}

/** What the suite's setup found; empty where it did not run. */
export const outcomes = (): readonly Outcome[] => JSON.parse(process.env[OUTCOMES] ?? '[]') as Outcome[]

/** Prefix of every database of this run: on a server that was given, others may be testing too. */
export const databasePrefix = (): string => `arxdb_test_${process.env[RUN] ?? 'norun'}_`

/** Seconds since the epoch first: whoever finds the leftovers of a run can tell their age. */
export const newRun = (): string => `${Math.floor(Date.now() / 1000)}_${process.pid}`

export const outcomeLines = (all: readonly Outcome[], present: string): readonly string[] =>
  all.map(({ name, url, about }) => `  ${name.padEnd(9)}  ${(url ? present : 'skipped').padEnd(7)}  ${about}`)
