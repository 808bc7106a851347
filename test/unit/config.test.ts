import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FORMATS } from '../../src/cli/context.ts'
import { type ConfigFlags, loadConfig } from '../../src/config/load.ts'
import { OUTPUTS } from '../../src/config/schema.ts'
import { check, show } from '../../src/config/service.ts'
import { ArxError } from '../../src/errors.ts'

const loaded = vi.hoisted(() => ({ valibot: false }))
vi.mock('valibot', (original) => {
  loaded.valibot = true
  return original()
})

let root: string
let home: string
let project: string

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'arxdb-config-')))
  home = join(root, 'home')
  project = join(home, 'work', 'project')
  mkdirSync(join(project, 'deep', 'er'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, content: unknown, mode = 0o600): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  chmodSync(path, mode)
  return path
}
const inProject = (content: unknown, mode?: number) => write(join(project, 'arxdb.json'), content, mode)
const inHome = (content: unknown) => write(join(home, '.config', 'arxdb', 'config.json'), content)

const load = (flags: ConfigFlags = {}, env: Record<string, string> = {}, cwd = project) =>
  loadConfig({ cwd, env: { HOME: home, ...env }, flags })

async function refusal(body: () => Promise<unknown>): Promise<ArxError> {
  try {
    await body()
  } catch (error) {
    if (error instanceof ArxError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

// Stands first: once loaded, the package stays.
it('reads no validator when there is no file to validate', async () => {
  const config = await load()
  expect(config).toMatchObject({ timeoutMs: 30_000, tz: 'UTC', output: undefined, target: undefined, files: [] })
  expect(config.local.idleStopMs).toBe(3_600_000)
  expect(loaded.valibot).toBe(false)
  inProject({})
  await load()
  expect(loaded.valibot).toBe(true)
})

it('knows the formats of the command line', () => expect(OUTPUTS).toEqual(FORMATS))

describe('precedence', () => {
  it('is flags, variables, project, user, default; each value knows its origin', async () => {
    const user = inHome({ timeout: '1m', tz: 'Asia/Tokyo', local: { idleStop: '0' }, output: 'csv' })
    const own = inProject({ timeout: '2m', tz: 'Europe/Berlin' })
    const config = await load({ timeout: '4m' }, { ARXDB_TIMEOUT: '3m', ARXDB_TZ: 'UTC' })
    expect([config.timeoutMs, config.origin('timeout')]).toEqual([240_000, '--timeout'])
    expect([config.tz, config.origin('tz')]).toEqual(['UTC', 'ARXDB_TZ'])
    expect([config.output, config.origin('output')]).toEqual(['csv', user])
    expect([config.local.idleStopMs, config.origin('local.idleStop')]).toEqual([0, user])
    const plain = await load()
    expect([plain.timeoutMs, plain.origin('timeout')]).toEqual([120_000, own])
    expect([plain.tz, plain.origin('tz')]).toEqual(['Europe/Berlin', own])
    expect(plain.origin('migrations.dir')).toBe('default')
    expect(plain.files).toEqual([own, user])
  })

  it('names the variable that the command line took as a flag', async () => {
    expect((await load({ output: 'json' }, { ARXDB_FORMAT: 'json' })).origin('output')).toBe('ARXDB_FORMAT')
    expect((await load({ output: 'csv' }, { ARXDB_FORMAT: 'json' })).origin('output')).toBe('--output')
  })

  it('takes empty variables for none', async () => {
    inProject({ tz: 'Europe/Berlin' })
    expect((await load({}, { ARXDB_TZ: '', ARXDB_ENV: '', ARXDB_CONFIG: '' })).tz).toBe('Europe/Berlin')
  })

  it('merges environments and coins by name', async () => {
    inHome({
      coins: { XBT: 'user', ethbtc: 'eth' },
      environments: { a: { host: 'user-a' }, b: { host: 'user-b', port: 1 } },
    })
    inProject({ coins: { xbt: 'bitcoin' }, environments: { b: { host: 'project-b' } } })
    const config = await load()
    expect({ ...config.environments }).toEqual({ a: { host: 'user-a' }, b: { host: 'project-b' } })
    expect(config.coins).toMatchObject({ ethbtc: 'eth' })
  })

  it.each<[string, ConfigFlags, Record<string, string>, string]>([
    ['a flag without a unit', { timeout: '30' }, {}, '--timeout: "30" has no unit'],
    ['a variable that is no duration', {}, { ARXDB_TIMEOUT: 'soon' }, 'ARXDB_TIMEOUT'],
    ['an unknown zone', { tz: 'Mars/Base' }, {}, '--tz: no such time zone'],
    ['an offset for a zone', {}, { ARXDB_TZ: '+02:00' }, 'ARXDB_TZ: no such time zone'],
    ['an unknown format', {}, { ARXDB_FORMAT: 'xml' }, 'ARXDB_FORMAT: no such output format'],
  ])('refuses %s', async (_name, flags, env, said) => {
    const error = await refusal(() => load(flags, env))
    expect([error.exit, error.message]).toEqual([2, expect.stringContaining(said)])
  })
})

describe('the files that count', () => {
  it('are found upward, no further than the repository or the home', async () => {
    const path = inProject({ tz: 'Europe/Berlin' })
    const below = join(project, 'deep', 'er')
    expect((await load({}, {}, below)).files).toEqual([path])
    mkdirSync(join(project, 'deep', '.git'))
    expect((await load({}, {}, below)).files).toEqual([])
    const outside = write(join(root, 'arxdb.json'), {})
    expect((await load({}, {}, join(home, 'work'))).files).toEqual([])
    expect((await load({}, { HOME: join(root, 'elsewhere') }, root)).files).toEqual([outside])
  })

  it('follow XDG_CONFIG_HOME when it is absolute', async () => {
    const path = write(join(root, 'xdg', 'arxdb', 'config.json'), { tz: 'Asia/Tokyo' })
    expect((await load({}, { XDG_CONFIG_HOME: join(root, 'xdg') })).files).toEqual([path])
    expect((await load({}, { XDG_CONFIG_HOME: 'xdg' }, root)).files).toEqual([])
  })

  it('are one when --config or ARXDB_CONFIG says so', async () => {
    inProject({ tz: 'Europe/Berlin' })
    inHome({ output: 'csv' })
    const path = write(join(project, 'other.json'), { timeout: '1s' })
    expect(await load({ config: 'other.json' })).toMatchObject({
      timeoutMs: 1000,
      tz: 'UTC',
      output: undefined,
      files: [path],
    })
    expect((await load({}, { ARXDB_CONFIG: path })).files).toEqual([path])
    expect((await refusal(() => load({ config: 'gone.json' }))).message).toContain('gone.json does not exist')
  })

  it.runIf(process.getuid?.() === 0)('are not those of strangers in a directory open to all', async () => {
    const { chownSync } = await import('node:fs')
    const path = inProject({ url: 'postgres://evil' })
    chownSync(path, 12_345, 12_345)
    expect((await load()).files).toEqual([path])
    chmodSync(project, 0o1777)
    const config = await load()
    expect([config.files, config.target]).toEqual([[], undefined])
    expect(config.warnings[0]).toContain('is ignored')
  })

  it('have paths from where they stand', async () => {
    inProject({ migrations: { dir: 'db/steps' } })
    expect((await load({}, {}, join(project, 'deep'))).migrations.dir).toBe(join(project, 'db', 'steps'))
    inProject({ migrations: { dir: '~/steps' } })
    expect((await load()).migrations.dir).toBe(join(home, 'steps'))
  })

  it('warn when a password in them can be read by others', async () => {
    for (const url of ['postgres://u:pw@h/d', 'host=h password=pw', 'postgres://u@h/d?password=pw']) {
      inProject({ environments: { a: { url } } }, 0o644)
      expect((await load()).warnings).toEqual([expect.stringContaining('chmod 600')])
    }
    inProject({ url: 'postgres://u:pw@h/d' }, 0o600)
    expect((await load()).warnings).toEqual([])
    inProject({ url: 'postgres://u@h:5432/d' }, 0o644)
    expect((await load()).warnings).toEqual([])
  })
})

describe('what is wrong', () => {
  it('is told all at once, with the place and the nearest key', async () => {
    inHome({ tmieout: '5m' })
    inProject({
      timout: '5m',
      output: 'tabel',
      tz: 'Europe/Berln',
      timeout: 30,
      url: 'mysql://h',
      zzz: 1,
      'a/b~c': 1,
      environments: {
        prod: { url: 'postgres://h', service: 's' },
        empty: { production: true },
        typo: { hots: 'h' },
        both: { url: 'postgres://h', port: 5432 },
        secret: { host: 'h', password: 'hunter2', port: 'hunter2' },
        big: { host: 'h', port: 70_000, sslmode: 'requir' },
      },
      coins: { XBT: 1 },
      migrations: { dri: 'x' },
      local: { idleStop: '1 fortnight' },
    })
    const { exit, message, detail, hint } = await refusal(() => load())
    expect(exit).toBe(2)
    expect(hint).toBe('arxdb config check')
    expect(message).toMatch(/^the config has \d+ problems$/)
    for (const line of [
      'arxdb.json#/timout: unknown key; did you mean timeout?',
      'arxdb.json#/output: no such value; did you mean table?',
      'arxdb.json#/tz: no such time zone',
      'arxdb.json#/timeout: must be a string',
      'arxdb.json#/url: mysql:// is no PostgreSQL URL',
      'arxdb.json#/zzz: unknown key; known are url, service',
      'arxdb.json#/a~1b~0c: unknown key',
      'arxdb.json#/environments/prod: needs exactly one of url, service and host; has url, service',
      'arxdb.json#/environments/empty: needs exactly one of url, service and host; has none',
      'arxdb.json#/environments/typo/hots: unknown key; did you mean host',
      'arxdb.json#/environments/both: port go with host',
      'arxdb.json#/environments/secret/password: passwords do not belong here',
      'arxdb.json#/environments/secret/port: must be a number',
      'arxdb.json#/environments/big/port: above 65535',
      'arxdb.json#/environments/big/sslmode: no such value; did you mean require?',
      'arxdb.json#/coins/XBT: must be a string',
      'arxdb.json#/migrations/dri: unknown key; did you mean dir?',
      'arxdb.json#/local/idleStop: no duration',
      'config.json#/tmieout: unknown key; did you mean timeout?',
    ]) {
      expect(detail).toContain(line)
    }
    expect(detail).not.toContain('hunter2')
  })

  it.each([
    ['{"tz": "UTC",}', /is not JSON: .*line 1, column 14/],
    ['{\n  "tz": "UTC"\n  "url": "x"\n}', /line 3, column 3/],
    ['{"url": "postgres://u:hunter2@h" x}', /is not JSON/],
    ['{"url": hunter2}', /is not JSON/],
    ['', /is not JSON: unexpected end/],
    ['[]', /must be an object/],
    ['"x"', /must be an object/],
    ['null', /must be an object/],
    ['{"environments": {"a": []}, "local": 1}', /environments\/a: must be an object\n.*local: must be an object/],
  ])('is told of %j, without quoting it', async (text, said) => {
    inProject(text)
    const { detail } = await refusal(() => load())
    expect(detail).toMatch(said)
    expect(detail).not.toContain('hunter2')
  })

  it('forgives a byte order mark and a $schema', async () => {
    inProject('\uFEFF{"$schema": "x", "tz": "Europe/Berlin"}')
    expect((await load()).tz).toBe('Europe/Berlin')
  })

  it('gives config check exit 3, and 0 with the files when nothing is', async () => {
    const world = { cwd: project, env: { HOME: home }, flags: {} }
    expect(await check(world)).toEqual([])
    const path = inProject({ tz: 'UTC' })
    expect(await check(world)).toEqual([path])
    inProject({ a: 1, b: 2 })
    expect(await refusal(() => check(world))).toMatchObject({ exit: 3, message: 'the config has 2 problems' })
  })
})

describe('fees', () => {
  it('are exact decimals, of a share or of per cent, by exchange in lower case', async () => {
    const user = inHome({ fees: { kraken: { taker: '5%' }, Bitstamp: { taker: 0 } } })
    const own = inProject({
      fees: {
        Kraken: {
          taker: '0.26%',
          pairs: { 'BTC/USD': { taker: '0.1 %' }, 'ETH/USD': { taker: -0.0001 }, 'DOGE/USD': { taker: 1e-7 } },
          withdraw: { BTC: '0.00020', ETH: 2, DOGE: '1e1' },
        },
      },
    })
    const config = await load()
    expect(config.fees).toEqual({
      kraken: {
        taker: '0.0026',
        pairs: { 'BTC/USD': { taker: '0.001' }, 'ETH/USD': { taker: '-0.0001' }, 'DOGE/USD': { taker: '0.0000001' } },
        withdraw: { BTC: '0.0002', ETH: '2', DOGE: '10' },
      },
      bitstamp: { taker: '0', pairs: {}, withdraw: {} },
    })
    const rows = await show(config, { env: { HOME: home }, flags: {}, warn: () => {} })
    expect(rows).toContainEqual({
      key: 'fees.kraken',
      value:
        'taker=0.26% BTC/USD=0.1 % ETH/USD=-0.0001 DOGE/USD=1e-7 withdraw.BTC=0.00020 withdraw.ETH=2 withdraw.DOGE=1e1',
      origin: own,
    })
    expect(rows).toContainEqual({ key: 'fees.bitstamp', value: 'taker=0', origin: user })
    expect((await check({ cwd: project, env: { HOME: home }, flags: {} })).length).toBe(2)
  })

  it('are none without a config', async () => expect((await load()).fees).toEqual({}))

  it('that are wrong are all told at once', async () => {
    inProject({
      fees: {
        a: { taker: 0.26, maker: '1%' },
        b: { taker: 'cheap', pairs: { BTCUSD: { taker: '0.1%' }, 'BTC/USD': { fee: 1 }, 'ETH/USD': 'free' } },
        c: { taker: true, withdraw: { BTC: '-1', ETH: '1%', DOGE: '' } },
        d: [],
      },
    })
    const { detail } = await refusal(() => load())
    for (const line of [
      '#/fees/a/taker: no fee: write "0.26%", or the share "0.0026"; it is below 10%',
      '#/fees/a/maker: unknown key; did you mean taker?',
      '#/fees/b/taker: no fee',
      '#/fees/b/pairs/BTCUSD: no pair: write BTC/USD',
      '#/fees/b/pairs/BTC~1USD/fee: unknown key; known are taker',
      '#/fees/b/pairs/BTC~1USD/taker: must be',
      '#/fees/b/pairs/ETH~1USD: must be an object',
      '#/fees/c/taker: must be a text or a number',
      '#/fees/c/withdraw/BTC: no amount of coins',
      '#/fees/c/withdraw/ETH: no amount of coins',
      '#/fees/c/withdraw/DOGE: no amount of coins',
      '#/fees/d: must be an object',
    ])
      expect(detail).toContain(line)
  })
})

describe('the server that the config names', () => {
  const environments = {
    dev: { url: 'postgres://dev-host/d' },
    prod: { service: 'prod', production: true, readOnly: true },
    parts: { host: 'h', port: 6000, user: 'u', database: 'd', sslmode: 'verify-full', sslrootcert: 'certs/ca.pem' },
  }

  it('is the url of the highest file, or the environment that is asked for', async () => {
    inHome({ url: 'postgres://user-file' })
    expect((await load()).target).toMatchObject({ chosen: 'file', url: 'postgres://user-file' })
    inProject({ service: 'market', environments })
    expect((await load()).target).toMatchObject({ chosen: 'file', service: 'market', origin: 'arxdb.json' })
    const flag = await load({ environment: 'prod' }, { ARXDB_ENV: 'dev' })
    expect(flag.target).toMatchObject({
      chosen: 'flag',
      service: 'prod',
      production: true,
      readOnly: true,
      origin: 'arxdb.json env "prod"',
    })
    expect((await load({}, { ARXDB_ENV: 'dev' })).target).toMatchObject({
      chosen: 'variable',
      url: 'postgres://dev-host/d',
    })
  })

  it('has the parameters of libpq, paths from the file', async () => {
    inProject({ environments })
    expect((await load({ environment: 'parts' })).target?.parameters).toEqual({
      host: 'h',
      port: '6000',
      user: 'u',
      dbname: 'd',
      sslmode: 'verify-full',
      sslrootcert: join(project, 'certs', 'ca.pem'),
    })
  })

  it('is refused when its name is unknown', async () => {
    expect((await refusal(() => load({ environment: 'prod' }))).message).toContain('any config file')
    inProject({ environments })
    const near = await refusal(() => load({ environment: 'pord' }))
    expect([near.exit, near.hint]).toEqual([2, '--env prod'])
    expect((await refusal(() => load({}, { ARXDB_ENV: 'nowhere' }))).hint).toBe('one of dev, prod, parts')
    expect((await refusal(() => load({ environment: 'constructor' }))).exit).toBe(2)
  })
})

describe('config show', () => {
  it('lists values with origins and the server last, passwords hidden', async () => {
    const path = inProject({
      tz: 'Europe/Berlin',
      environments: {
        a: { url: 'postgres://bob:hunter2@h/d', production: true },
        b: { url: 'host=h password=hunter2' },
      },
    })
    const config = await load({ environment: 'a' })
    const rows = await show(config, { env: { HOME: home }, flags: {}, warn: () => {} })
    expect(JSON.stringify(rows)).not.toContain('hunter2')
    expect(rows).toContainEqual({ key: 'tz', value: 'Europe/Berlin', origin: path })
    expect(rows).toContainEqual({ key: 'timeout', value: '30s', origin: 'default' })
    expect(rows.find(({ key }) => key === 'environments.a')?.value).toBe('postgres://bob:***@h/d production=true')
    expect(rows.at(-1)).toEqual({
      key: 'connection',
      value: 'bob@h:5432/d (TLS if offered, production)',
      origin: 'arxdb.json env "a"',
    })
  })

  it('says that nothing configured means the local server, and starts none', async () => {
    const rows = await show(await load(), { env: { HOME: home }, flags: {}, warn: () => {} })
    expect(rows.at(-1)).toEqual({ key: 'connection', value: 'the local server', origin: 'default' })
  })
})
