// What a config file may hold. The only importer of valibot; loaded when there is a file to check.
import * as v from 'valibot'
import { parseConninfo } from '../connect/conninfo.ts'
import { DURATION_FORMS, tryDuration } from '../duration.ts'
import { nearest } from '../nearest.ts'
import { amountOf, shareOf } from './fees.ts'
import { ORDER } from './policy.ts'
import { BACKUP_JOBS, BACKUP_KINDS, COMPRESSIONS, type FileConfig, KEEPS, OUTPUTS } from './schema.ts'
import { isZone } from './zone.ts'

/** One thing that is wrong in a file, at a JSON pointer (RFC 6901) into it. */
export interface Problem {
  readonly file: string
  /** `/environments/prod/url`; empty for the file as a whole. */
  readonly pointer: string
  readonly problem: string
}

const text = v.pipe(v.string(), v.nonEmpty('must not be empty'))

const SECRETS = new Set(['password', 'passwd', 'pwd', 'secret', 'PGPASSWORD'])

/** Untyped input as something with keys; what is no object has been told already. */
const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** An object with these keys and no others. valibot's own strict object stops at the first unknown key. */
const exactly = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    // Without this an array passes for an object without keys.
    v.unknown(),
    v.check((input) => !Array.isArray(input), 'must be an object'),
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = asObject(dataset.value)
      for (const [key, value] of Object.entries(input)) {
        if (Object.hasOwn(entries, key)) continue
        addIssue({ message: unknownKey(key, entries), path: [{ type: 'object', origin: 'key', input, key, value }] })
      }
    }),
  )

function unknownKey(key: string, entries: object): string {
  if (SECRETS.has(key)) return 'passwords do not belong here: use ~/.pgpass or PGPASSWORD'
  const known = Object.keys(entries).filter((name) => name !== '$schema')
  const near = nearest(key, known, 2)
  return near.length > 0
    ? `unknown key; did you mean ${near.join(' or ')}?`
    : `unknown key; known are ${known.join(', ')}`
}

const choice = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  v.picklist(names, ({ input }) => {
    const [near] = typeof input === 'string' ? nearest(input, names, 1) : []
    return near ? `no such value; did you mean ${near}?` : `must be one of ${names.join(', ')}`
  })

const url = v.pipe(
  text,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    try {
      parseConninfo(dataset.value, 'url')
    } catch (error) {
      addIssue({ message: (error as Error).message.replace(/^url: /, '') })
    }
  }),
)
const duration = v.pipe(
  text,
  v.check((input) => tryDuration(input) !== undefined, `no duration: ${DURATION_FORMS}`),
)
/** A duration, or the word for none. */
const length = (word?: string) =>
  v.pipe(
    text,
    v.check(
      (input) => input === word || tryDuration(input) !== undefined,
      `no length of time: ${word === undefined ? '' : `write "${word}", or `}${DURATION_FORMS}`,
    ),
  )
const zone = v.pipe(text, v.check(isZone, 'no such time zone: write UTC or an IANA name such as Europe/Berlin'))
const port = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(1, 'below 1'),
  v.maxValue(65_535, 'above 65535'),
)

const environment = v.pipe(
  exactly({
    url: v.optional(url),
    service: v.optional(text),
    host: v.optional(text),
    port: v.optional(port),
    user: v.optional(text),
    database: v.optional(text),
    sslmode: v.optional(choice(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'])),
    sslrootcert: v.optional(text),
    production: v.optional(v.boolean()),
    readOnly: v.optional(v.boolean()),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (Array.isArray(dataset.value) || typeof dataset.value !== 'object') return
    const input = asObject(dataset.value)
    const said = ['url', 'service', 'host'].filter((key) => key in input)
    if (said.length !== 1)
      addIssue({ message: `needs exactly one of url, service and host; has ${said.join(', ') || 'none'}` })
    const beside = ['port', 'user', 'database', 'sslmode', 'sslrootcert'].filter((key) => key in input)
    if (said.length === 1 && said[0] !== 'host' && beside.length > 0) {
      addIssue({ message: `${beside.join(', ')} go with host; with ${said[0]} they belong into it` })
    }
  }),
)

const decimal = (read: (input: string | number) => string | undefined, wrong: string) =>
  v.pipe(
    v.union([v.string(), v.number()], 'must be a text or a number'),
    v.check((input) => read(input) !== undefined, wrong),
  )
const taker = decimal(shareOf, 'no fee: write "0.26%", or the share "0.0026"; it is below 10%')
const pair = v.pipe(text, v.regex(/^[^/\s]+\/[^/\s]+$/, 'no pair: write BTC/USD'))
const fees = exactly({
  taker: v.optional(taker),
  pairs: v.optional(v.record(pair, exactly({ taker }))),
  withdraw: v.optional(v.record(text, decimal(amountOf, 'no amount of coins: write "0.0002"'))),
})

const policy = exactly({
  enabled: v.optional(v.boolean()),
  chunkInterval: v.optional(length()),
  mergeTo: v.optional(length('never')),
  segmentBy: v.optional(v.array(text)),
  orderBy: v.optional(v.array(v.pipe(text, v.regex(ORDER, 'no order: write "timestamp" or "timestamp desc"')))),
  compressAfter: v.optional(length('never')),
  retainFor: v.optional(
    v.union([length('forever'), v.record(text, length('forever'))], 'must be a text, or one by timeframe'),
  ),
  rollups: v.optional(v.boolean()),
  refreshWindow: v.optional(exactly({ start: v.optional(length('forever')), end: v.optional(length()) })),
})

const few = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(0, 'below 0'),
  v.maxValue(10_000, 'too many'),
)
const cron = v.pipe(text, v.regex(/^(\S+\s+){4}\S+$/, 'no schedule: write the five fields of cron, "15 2 * * *"'))
const byName = <const Names extends readonly string[], Value extends v.GenericSchema>(names: Names, value: Value) =>
  exactly(Object.fromEntries(names.map((name) => [name, v.optional(value)])))
const backup = exactly({
  repo: v.optional(text),
  kind: v.optional(choice(BACKUP_KINDS)),
  compression: v.optional(choice(COMPRESSIONS)),
  encrypt: v.optional(v.boolean()),
  keyFile: v.optional(text),
  staging: v.optional(text),
  bindir: v.optional(text),
  stanza: v.optional(text),
  deadline: v.optional(duration),
  heartbeat: v.optional(v.pipe(text, v.regex(/^https?:\/\/\S+$/, 'no URL: write https://...'))),
  hooks: v.optional(byName(['before', 'after', 'failed'], text)),
  retention: v.optional(byName(KEEPS, few)),
  schedule: v.optional(byName(BACKUP_JOBS, cron)),
  s3: v.optional(
    exactly({
      endpoint: v.optional(v.pipe(text, v.regex(/^https?:\/\/\S+$/, 'no URL: write http://host:9000'))),
      region: v.optional(text),
      pathStyle: v.optional(v.boolean()),
      sse: v.optional(choice(['AES256', 'aws:kms'])),
      kmsKeyId: v.optional(text),
      profile: v.optional(text),
    }),
  ),
})

const limit = v.union([v.string(), v.number()], 'must be a number, or a text such as "5m", "80%", "10GB"')
const threshold = exactly({ enabled: v.optional(v.boolean()), warn: v.optional(limit), crit: v.optional(limit) })

const alerts = exactly({
  every: v.optional(duration),
  repeat: v.optional(duration),
  damp: v.optional(
    v.pipe(
      text,
      v.check((input) => {
        const [, bad, of] = /^([1-9]\d?)\/([1-9]\d?)$/.exec(input) ?? []
        return bad !== undefined && Number(bad) <= Number(of)
      }, 'not how many of how many: write "2/3", or "1/1" for at once'),
    ),
  ),
  level: v.optional(choice(['warning', 'critical'])),
  checks: v.optional(v.array(text)),
  thresholds: v.optional(v.record(text, threshold)),
  webhook: v.optional(v.pipe(text, v.regex(/^https?:\/\/\S+$/, 'no URL: write https://...'))),
  secretFile: v.optional(text),
  exec: v.optional(text),
  deadline: v.optional(duration),
})

const file = v.pipe(
  exactly({
    $schema: v.optional(v.string()),
    url: v.optional(url),
    service: v.optional(text),
    output: v.optional(choice(OUTPUTS)),
    timeout: v.optional(duration),
    tz: v.optional(zone),
    environments: v.optional(v.record(text, environment)),
    coins: v.optional(v.record(text, text)),
    migrations: v.optional(exactly({ dir: v.optional(text) })),
    local: v.optional(exactly({ idleStop: v.optional(duration) })),
    fees: v.optional(v.record(text, fees)),
    policy: v.optional(v.record(text, policy)),
    backup: v.optional(backup),
    health: v.optional(v.record(text, threshold)),
    alerts: v.optional(alerts),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const input = asObject(dataset.value)
    if ('url' in input && 'service' in input) addIssue({ message: 'url and service both name a server' })
  }),
)

const pointerOf = (issue: v.BaseIssue<unknown>): string =>
  (issue.path ?? []).map(({ key }) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** Never what was found there: it may be a password in the wrong place. */
const expected = (issue: v.BaseIssue<unknown>): string =>
  issue.kind === 'schema' ? `must be ${article(issue.expected ?? 'something else')}` : issue.message

const article = (type: string): string =>
  /^[aeiou]/i.test(type) ? `an ${type.toLowerCase()}` : `a ${type.toLowerCase()}`

/** Every problem of the parsed file at once, or the config that it holds. */
export function validate(input: unknown, name: string): FileConfig | readonly Problem[] {
  const result = v.safeParse(file, input, { message: expected })
  if (result.success) return result.output as FileConfig
  return result.issues.map((issue) => ({ file: name, pointer: pointerOf(issue), problem: issue.message }))
}
