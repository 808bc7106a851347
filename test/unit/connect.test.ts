import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Connection, describe as shown } from '../../src/connect/connection.ts'
import { parseConninfo } from '../../src/connect/conninfo.ts'
import type { Files } from '../../src/connect/files.ts'
import { findPassword } from '../../src/connect/passfile.ts'
import { redact } from '../../src/connect/redact.ts'
import { chooseTarget, type ResolveOptions, resolveConnection } from '../../src/connect/resolve.ts'
import { ArxError } from '../../src/errors.ts'

interface Fake {
  readonly text?: string
  readonly mode?: number
  readonly socket?: boolean
  readonly folder?: boolean
}

/** A file system in a map; the real one has files of its own that would change the answers. */
const filesOf = (map: Record<string, Fake>): Files => ({
  read: async (path) => map[path]?.text,
  info: async (path) => {
    const file = map[path]
    return file && { mode: file.mode ?? 0o600, isFile: !file.socket && !file.folder, isSocket: file.socket ?? false }
  },
})

let warnings: string[]
beforeEach(() => {
  warnings = []
})

type Partially = Partial<ResolveOptions> & { disk?: Record<string, Fake> }

const resolve = ({ disk = {}, ...options }: Partially) =>
  resolveConnection({
    flags: {},
    env: {},
    homeDirectory: '/home/ann',
    systemUser: 'ann',
    files: filesOf(disk),
    warn: (text) => warnings.push(text),
    ...options,
  })

async function must(options: Partially): Promise<Connection> {
  const connection = await resolve(options)
  if (!connection) throw new Error('nothing was resolved')
  return connection
}

const url = (text: string, more: Partially = {}) => must({ ...more, env: { ...more.env, ARXDB_URL: text } })

async function refusal(body: () => unknown): Promise<ArxError> {
  try {
    await body()
  } catch (error) {
    if (error instanceof ArxError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a PostgreSQL URL', () => {
  it.each([
    ['postgres://bob@db.example:6000/market', { user: 'bob', host: 'db.example', port: '6000', dbname: 'market' }],
    ['postgresql://db.example', { host: 'db.example' }],
    ['postgres://', {}],
    ['postgres:///market', { dbname: 'market' }],
    ['postgres://bob:s%40cret%2F@h/d', { user: 'bob', password: 's@cret/', host: 'h', dbname: 'd' }],
    ['postgres://bob:a:b@h', { user: 'bob', password: 'a:b', host: 'h' }],
    ['postgres://bob:@h', { user: 'bob', host: 'h' }],
    ['postgres://:pw@h', { password: 'pw', host: 'h' }],
    ['postgres://[::1]:5433/d', { host: '::1', port: '5433', dbname: 'd' }],
    ['postgres://[fe80::1]/d', { host: 'fe80::1', dbname: 'd' }],
    ['postgres://h:/d', { host: 'h', dbname: 'd' }],
    ['postgres://%2Fvar%2Frun/d', { host: '/var/run', dbname: 'd' }],
    ['postgres:///d?host=/tmp/x&port=7', { dbname: 'd', host: '/tmp/x', port: '7' }],
    ['postgres://bob@h:1/d@x', { user: 'bob', host: 'h', port: '1', dbname: 'd@x' }],
    ['postgres://h/d?host=other', { host: 'other', dbname: 'd' }],
    ['postgres://h?user=x%20y', { host: 'h', user: 'x y' }],
    ['postgres://h/d?ssl=true', { host: 'h', dbname: 'd', sslmode: 'require' }],
    ['postgres://h/a%20b?sslmode=', { host: 'h', dbname: 'a b', sslmode: '' }],
    ['postgres://h/d?', { host: 'h', dbname: 'd' }],
    ['postgres://h/d?port=7&', { host: 'h', dbname: 'd', port: '7' }],
    ['postgres://a@b@c/d', { user: 'a', host: 'b@c', dbname: 'd' }],
  ])('%s', (text, expected) => expect(parseConninfo(text, 'X')).toEqual(expected))

  it.each([
    ['postgres://h1,h2/d', 'several hosts'],
    ['postgres://h1:1,h2:2/d', 'several hosts'],
    ['postgres://[]/d', 'missing'],
    ['postgres://[::1/d', 'malformed'],
    ['postgres://[::1]x/d', 'malformed'],
    ['postgres://::1/d', undefined],
    ['postgres://h/d?sslmode', 'has no value'],
    ['postgres://h/d?user=a=b', '%3D'],
    ['postgres://h/%zz', '%25'],
    ['postgres://bob:12/34@h/d', 'write / as %2F'],
    ['postgres://h/%00', '%00'],
    ['postgres://h/%ff', 'UTF-8'],
    ['postgres://h/d?options=-csearch_path%3Dx', 'pooler'],
    ['postgres://h/d?replication=database', 'replication'],
    ['postgres://h/d?target_session_attrs=read-write', 'several hosts'],
    ['postgres://h/d?require_auth=scram-sha-256', 'cannot enforce'],
    ['postgres://h/d?sslmodus=require', 'no connection parameter'],
    ['mysql://h/d', 'mysql:// is no PostgreSQL URL'],
    ['market', 'neither'],
    ['', 'neither'],
  ])('refuses %s', async (text, said) => {
    if (said === undefined) {
      // libpq too takes the first colon for the port's.
      expect((await refusal(() => url(text))).message).toContain('no port')
      return
    }
    const error = await refusal(() => parseConninfo(text, 'ARXDB_URL'))
    expect(error.exit).toBe(2)
    expect(error.message).toContain('ARXDB_URL: ')
    expect(error.message).toContain(said)
  })

  it('offers the parameter that was meant', async () => {
    expect((await refusal(() => parseConninfo('postgres://h/d?sslmodus=require', 'X'))).hint).toBe('write sslmode')
    expect((await refusal(() => parseConninfo('postgres://h/d?schema=public', 'DATABASE_URL'))).hint).toContain(
      'ARXDB_URL',
    )
  })

  it('reads back any user, password and database that is encoded', () => {
    const part = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(part, part, part, (user, password, dbname) => {
        const text = `postgres://${[user, password].map(encodeURIComponent).join(':')}@h/${encodeURIComponent(dbname)}`
        expect(parseConninfo(text, 'X')).toEqual({ user, password, host: 'h', dbname })
      }),
    )
  })
})

describe('a key=value string', () => {
  it.each([
    ['host=h port=1', { host: 'h', port: '1' }],
    ["  host = 'my host'  dbname='it\\'s' ", { host: 'my host', dbname: "it's" }],
    ['password=a\\ b\\\\c user=u', { password: 'a b\\c', user: 'u' }],
    ["host='' dbname=", { host: '', dbname: '' }],
    ['host=a host=b', { host: 'b' }],
    ["user=o'neil", { user: "o'neil" }],
    ['user=u\\', { user: 'u' }],
    ['host= dbname=d', { host: 'dbname=d' }],
  ])('%s', (text, expected) => expect(parseConninfo(text, 'X')).toEqual(expected))

  it.each([
    ['host=h market', '"=" is missing'],
    ["password='abc", 'does not end'],
    ['host=h nonsense=1', 'no connection parameter'],
    ['=x', '"=" is missing'],
  ])('refuses %s', async (text, said) => {
    expect((await refusal(() => parseConninfo(text, 'X'))).message).toContain(said)
  })

  it('reads back any quoted value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (password) => {
        const text = `password='${password.replace(/[\\']/g, '\\$&')}' user=u`
        expect(parseConninfo(text, 'X')).toEqual({ password, user: 'u' })
      }),
    )
  })

  it('never repeats the text in a message', async () => {
    for (const text of [
      "password='hunter2",
      'postgres://u:hunter2@[::1/d',
      'postgres://u:hunter2%zz@h',
      'password=hunter2 x',
    ]) {
      const error = await refusal(() => parseConninfo(text, 'X'))
      expect(`${error.message}${error.detail}${error.hint}`).not.toContain('hunter2')
    }
  })
})

describe('what wins', () => {
  const disk = { '/home/ann/.pg_service.conf': { text: '[a]\nhost=service-a\n[b]\nhost=service-b\n' } }
  const all = {
    PGSERVICE: 'b',
    ARXDB_URL: 'postgres://arxdb',
    DATABASE_URL: 'postgres://database',
    PGHOST: 'pghost',
  }
  const configured = (chosen: 'flag' | 'variable' | 'file') => ({
    chosen,
    url: `postgres://${chosen}`,
    origin: `arxdb.json env "${chosen}"`,
    production: true,
  })
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)))

  it.each<[string, Partially, string, string]>([
    ['--url', { flags: { url: 'postgres://flag-url' }, env: all, configured: configured('file') }, 'flag-url', '--url'],
    ['--service', { flags: { service: 'a' }, env: all }, 'service-a', '--service a'],
    ['--env', { env: all, configured: configured('flag') }, 'flag', 'arxdb.json env "flag"'],
    ['PGSERVICE', { env: all, configured: configured('variable') }, 'service-b', 'PGSERVICE=b'],
    ['ARXDB_URL', { env: without('PGSERVICE'), configured: configured('variable') }, 'arxdb', 'ARXDB_URL'],
    [
      'ARXDB_ENV',
      { env: without('PGSERVICE', 'ARXDB_URL'), configured: configured('variable') },
      'variable',
      'arxdb.json env "variable"',
    ],
    [
      'DATABASE_URL',
      { env: without('PGSERVICE', 'ARXDB_URL'), configured: configured('file') },
      'database',
      'DATABASE_URL',
    ],
    ['PGHOST', { env: { PGHOST: 'pghost' }, configured: configured('file') }, 'pghost', 'PGHOST'],
    [
      'the file',
      { env: { PGUSER: 'u', PGPASSWORD: 'p' }, configured: configured('file') },
      'file',
      'arxdb.json env "file"',
    ],
  ])('%s', async (_name, options, host, origin) => {
    const connection = await must({ ...options, disk })
    expect(connection).toMatchObject({ host, origin })
    expect(connection.production).toBe(origin.startsWith('arxdb.json') ? true : undefined)
  })

  it('is nothing when nothing is said, or only how to log in, or in empty variables', async () => {
    expect(await resolve({})).toBeUndefined()
    expect(await resolve({ env: { PGUSER: 'u', PGPASSWORD: 'p', PGSSLMODE: 'require' } })).toBeUndefined()
    expect(await resolve({ env: { ARXDB_URL: '', DATABASE_URL: '', PGHOST: '', PGSERVICE: '' } })).toBeUndefined()
  })

  it('refuses two flags that both name a server, and an empty one', async () => {
    const both = { flags: { url: 'postgres://h', service: 'a' } }
    expect((await refusal(() => resolve(both))).message).toBe('--url and --service both name a server')
    const env = { flags: { url: 'postgres://h' }, configured: configured('flag') }
    expect((await refusal(() => resolve(env))).message).toBe('--url and --env both name a server')
    expect((await refusal(() => resolve({ flags: { url: '' } }))).exit).toBe(2)
  })

  it.each(['postgres://bob:hunter2@db/market', 'host=db password=hunter2', 'postgres://bob@db/m?password=hunter2'])(
    'refuses a password on the command line: %s',
    async (text) => {
      const error = await refusal(() => resolve({ flags: { url: text } }))
      expect(error.exit).toBe(2)
      expect(error.hint).toMatch(/~\/\.pgpass.*PGPASSWORD.*ARXDB_URL/)
      expect(`${error.message}${error.detail}${error.hint}${error.stack}`).not.toContain('hunter2')
      await url(text)
    },
  )

  it('needs no file system to choose', () => {
    expect(chooseTarget({ flags: {}, env: all, homeDirectory: '/', systemUser: 'x' })?.origin).toBe('PGSERVICE=b')
  })
})

describe('what is left open', () => {
  it('comes from PG*, then from libpq defaults', async () => {
    const env = {
      PGUSER: 'bob',
      PGPORT: '6000',
      PGDATABASE: 'd',
      PGCONNECT_TIMEOUT: '3',
      PGHOST: 'other',
      PGPASSWORD: 'p',
    }
    const connection = await url('postgres://h', { env })
    expect(connection).toMatchObject({ host: 'h', user: 'bob', port: 6000, database: 'd', connectTimeoutMs: 3000 })
    expect(await connection.password?.()).toBe('p')
    expect(await url('postgres://h')).toMatchObject({
      user: 'ann',
      database: 'ann',
      port: 5432,
      connectTimeoutMs: 10_000,
    })
    expect(await url('postgres://bob@h')).toMatchObject({ user: 'bob', database: 'bob' })
    expect((await url('postgres://h?connect_timeout=0')).connectTimeoutMs).toBe(0)
  })

  it('finds the socket directory that has the socket of that port', async () => {
    const disk = { '/tmp/.s.PGSQL.5433': { socket: true }, '/var/run/postgresql/.s.PGSQL.5432': { socket: true } }
    expect((await url('postgres:///d', { disk })).host).toBe('/var/run/postgresql')
    expect((await url('postgres:///d?port=5433', { disk })).host).toBe('/tmp')
    expect((await url('postgres:///d?port=5434', { disk })).host).toBe('localhost')
    expect((await url("host='' dbname=d", { disk, env: { PGHOST: 'h' } })).host).toBe('/var/run/postgresql')
  })

  it.each(['0', '65536', 'x', '5432,5433', '-1'])('refuses port %s', async (port) => {
    expect((await refusal(() => url(`postgres://h?port=${port}`))).message).toContain('is no port')
  })

  it('shows no password, and brackets what holds colons', async () => {
    expect(shown(await url('postgres://bob:pw@[::1]/d'))).toBe('bob@[::1]:5432/d')
    expect(JSON.stringify(await url('postgres://bob:hunter2@h/d'))).not.toContain('hunter2')
  })

  it('warns of what is not followed', async () => {
    await url('postgres://h?channel_binding=require', { env: { PGOPTIONS: '-c x=y' } })
    expect(warnings).toHaveLength(2)
    expect((await refusal(() => url('postgres://h', { env: { PGREQUIREAUTH: 'none' } }))).message).toContain(
      'PGREQUIREAUTH',
    )
  })
})

describe('a service', () => {
  const home = '/home/ann/.pg_service.conf'
  const system = '/etc/postgresql-common/pg_service.conf'

  it('is read from the user file, then the system file', async () => {
    const disk = { [home]: { text: '[x]\nhost=mine' }, [system]: { text: '[x]\nhost=theirs\n[y]\nhost=y' } }
    expect((await must({ flags: { service: 'x' }, disk })).host).toBe('mine')
    expect((await must({ flags: { service: 'y' }, disk })).host).toBe('y')
    const env = { PGSYSCONFDIR: '/conf', PGSERVICEFILE: '/my/services' }
    const moved = { ...disk, '/my/services': { text: '[z]\nhost=z' }, '/conf/pg_service.conf': { text: '[w]\nhost=w' } }
    expect((await must({ flags: { service: 'z' }, env, disk: moved })).host).toBe('z')
    expect((await must({ flags: { service: 'w' }, env, disk: moved })).host).toBe('w')
    await refusal(() => must({ flags: { service: 'x' }, env, disk: moved }))
  })

  it('stands over PG* and below what the URL says', async () => {
    const disk = {
      [home]: { text: '# mine\n[x]\n  host=h  \nport=1\nport=2\nuser=bob\npassword= p w\n\n[y]\nhost=no' },
    }
    const connection = await must({ flags: { service: 'x' }, env: { PGHOST: 'no', PGDATABASE: 'd' }, disk })
    expect(connection).toMatchObject({ host: 'h', port: 1, user: 'bob', database: 'd' })
    expect(await connection.password?.()).toBe(' p w')
    expect(await url('postgres://other/?service=x', { disk })).toMatchObject({ host: 'other', port: 1, user: 'bob' })
  })

  it.each([
    ['host = h', 'no blank'],
    ['host', '"=" is missing'],
    ['service=y', 'another service'],
    ['hots=h', 'no connection parameter'],
    ['ldap://x/y', 'LDAP'],
  ])('refuses the line "%s" and says where it is', async (line, said) => {
    const error = await refusal(() => must({ flags: { service: 'x' }, disk: { [home]: { text: `[x]\n${line}\n` } } }))
    expect(error.message).toContain(said)
    expect(error.message).toContain(`${home}:2`)
  })

  it('that does not exist is told with the nearest that does', async () => {
    const disk = { [home]: { text: '[production]\nhost=h' } }
    expect((await refusal(() => must({ flags: { service: 'prodction' }, disk }))).hint).toBe('--service production')
    expect((await refusal(() => must({ flags: { service: 'x' } }))).hint).toContain(home)
    const env = { PGSERVICEFILE: '/gone' }
    expect((await refusal(() => must({ flags: { service: 'x' }, env }))).message).toContain('/gone does not exist')
  })
})

describe('.pgpass', () => {
  const key = { hosts: ['h'], port: 5432, database: 'd', user: 'u' }

  it.each([
    ['h:5432:d:u:pw', 'pw'],
    ['*:*:*:*:pw', 'pw'],
    ['h:5432:d:x:no\nh:*:d:u:first\n*:*:*:*:second', 'first'],
    ['# h:5432:d:u:no\n*:*:*:*:yes', 'yes'],
    ['h:5432:d:u:a\\:b\\\\c', 'a:b\\c'],
    ['h:5432:d:u:pw:rest', 'pw'],
    ['h:5432:d:u:pw\r\n', 'pw'],
    ['h:5432:d:u:pw\r', 'pw'],
    ['h:5432:d:u', undefined],
    ['h:5433:d:u:pw', undefined],
    ['H:5432:d:u:pw', undefined],
    ['h*:5432:d:u:pw', undefined],
    ['\\*:5432:d:u:pw', undefined],
    ['', undefined],
  ])('%j gives %s', (content, password) => expect(findPassword(content, key)).toBe(password))

  it('escapes in every field', () => {
    expect(findPassword('\\:\\:1:1:a\\\\b:c\\:d:pw', { hosts: ['::1'], port: 1, database: 'a\\b', user: 'c:d' })).toBe(
      'pw',
    )
  })

  it('calls a socket in the default directory localhost', async () => {
    const disk = {
      '/home/ann/.pgpass': { text: 'localhost:*:*:*:local\n/other:*:*:*:elsewhere' },
      '/var/run/postgresql/.s.PGSQL.5432': { socket: true },
    }
    expect(await (await url('postgres:///d', { disk })).password?.()).toBe('local')
    expect(await (await url('host=/var/run/postgresql', { disk })).password?.()).toBe('local')
    expect(await (await url('host=/other', { disk })).password?.()).toBe('elsewhere')
    expect(await (await url('host=/third', { disk })).password?.()).toBeUndefined()
  })

  it('is asked last, at each attempt, and where PGPASSFILE says', async () => {
    const disk: Record<string, Fake> = { '/p': { text: '*:*:*:*:one' } }
    const env = { PGPASSFILE: '/p' }
    const connection = await url('postgres://h', { disk, env })
    expect(await connection.password?.()).toBe('one')
    disk['/p'] = { text: '*:*:*:*:two' }
    expect(await connection.password?.()).toBe('two')
    expect(await (await url('postgres://h', { disk, env: { ...env, PGPASSWORD: 'env' } })).password?.()).toBe('env')
    expect(await (await url('postgres://u:url@h', { disk, env: { ...env, PGPASSWORD: 'env' } })).password?.()).toBe(
      'url',
    )
  })

  it.each([0o640, 0o604, 0o620, 0o644])('is ignored with one warning when its mode is %o', async (mode) => {
    const disk = { '/home/ann/.pgpass': { text: '*:*:*:*:pw', mode } }
    const connection = await url('postgres://h', { disk })
    expect(await connection.password?.()).toBeUndefined()
    expect(await connection.password?.()).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('chmod 600 /home/ann/.pgpass')])
  })

  it('that is no plain file is ignored', async () => {
    const connection = await url('postgres://h', { disk: { '/home/ann/.pgpass': { folder: true } } })
    expect(await connection.password?.()).toBeUndefined()
    expect(warnings[0]).toContain('not a plain file')
  })
})

describe('sslmode', () => {
  const root = '/home/ann/.postgresql/root.crt'
  const tls = async (query: string, disk: Record<string, Fake> = {}) =>
    (await url(`postgres://h?${query}`, { disk })).tls

  it('maps to what the driver knows', async () => {
    expect(await tls('sslmode=disable')).toBe(false)
    expect(await tls('sslmode=allow')).toBe('prefer')
    expect(await tls('sslmode=prefer')).toBe('prefer')
    expect(await tls('')).toBe('prefer')
    expect(await tls('sslmode=require')).toEqual({ rejectUnauthorized: false })
    const full = await tls('sslmode=verify-full', { [root]: { text: 'CA' } })
    expect(full).toEqual({ rejectUnauthorized: true, ca: 'CA' })
    const authority = await tls('sslmode=verify-ca', { [root]: { text: 'CA' } })
    expect(authority).toMatchObject({ rejectUnauthorized: true, ca: 'CA', checkServerIdentity: expect.any(Function) })
  })

  it('require checks the authority when there is one, as libpq does', async () => {
    expect(await tls('sslmode=require', { [root]: { text: 'CA' } })).toMatchObject({
      rejectUnauthorized: true,
      ca: 'CA',
    })
  })

  it('system means the public authorities, and the full check', async () => {
    expect(await tls('sslrootcert=system')).toMatchObject({
      rejectUnauthorized: true,
      ca: expect.stringContaining('BEGIN'),
    })
    expect((await refusal(() => tls('sslrootcert=system&sslmode=require'))).message).toContain('verify-full')
  })

  it('is nothing on a socket', async () => {
    expect((await url('postgres:///d?host=/tmp/x&sslmode=verify-full')).tls).toBe(false)
  })

  it('gives the client certificate, with a key that only its owner reads', async () => {
    const disk = { '/c': { text: 'CERT' }, '/k': { text: 'KEY', mode: 0o600 } }
    const query = 'sslmode=require&sslcert=/c&sslkey=/k'
    expect(await tls(query, disk)).toEqual({ rejectUnauthorized: false, cert: 'CERT', key: 'KEY' })
    const open = await refusal(() => tls(query, { ...disk, '/k': { text: 'KEY', mode: 0o644 } }))
    expect([open.exit, open.hint]).toEqual([4, 'chmod 600 /k'])
    expect((await refusal(() => tls(query, { '/k': { text: 'KEY' } }))).message).toContain('/c does not exist')
  })

  it('refuses what is missing or unknown', async () => {
    expect(await refusal(() => tls('sslmode=verify-full'))).toMatchObject({
      exit: 4,
      message: expect.stringContaining(root),
    })
    expect((await refusal(() => tls('sslmode=no-verify'))).hint).toBe('write sslmode=require')
    expect((await refusal(() => tls('sslmode=always'))).exit).toBe(2)
    const both = 'sslmode=verify-full&hostaddr=10.0.0.1&sslrootcert=/ca'
    expect((await refusal(() => tls(both, { '/ca': { text: 'CA' } }))).message).toContain('hostaddr')
  })
})

describe('redact', () => {
  // The filter keeps out what may stand in the text anyway.
  const secret = fc.string({ minLength: 6, maxLength: 20, unit: 'grapheme-ascii' }).map((text) => `${text}Zq7`)
  const bare = secret.filter((text) => !/\s/.test(text))

  it.each([
    ['postgres://bob:hunter2@h/d', 'postgres://bob:***@h/d'],
    ['connect to postgresql://bob:hunter2@h:1/d?x=1 failed', 'connect to postgresql://bob:***@h:1/d?x=1 failed'],
    ['postgres://bob:p@ss/w:rd@h/d', 'postgres://bob:***@h/d'],
    ['postgres://h/d?password=hunter2&sslmode=require', 'postgres://h/d?password=***&sslmode=require'],
    ["host=h password='it\\'s hunter2' user=u", 'host=h password=*** user=u'],
    ['PGPASSWORD=hunter2 psql', 'PGPASSWORD=*** psql'],
    ['{"password": "hunter2", "port": 1}', '{"password": "***", "port": 1}'],
    ["create role bob login password 'hunter2'", "create role bob login password '***'"],
    ['sslpassword=hunter2', 'sslpassword=***'],
    ['https://key:hunter2@bucket/x', 'https://key:***@bucket/x'],
  ])('%s', (text, shownText) => expect(redact(text)).toBe(shownText))

  it.each([
    'password authentication failed for user "bob"',
    'postgres://bob@h:5432/d?sslmode=require',
    'no password supplied',
    'mail bob@example.com: see https://example.com/a:b',
    'select timestamp from prices where coin_id = $1',
    'server at h:5432, user bob@h',
  ])('leaves "%s" alone', (text) => expect(redact(text)).toBe(text))

  it('hides any password of a URL, encoded or not', () => {
    fc.assert(
      fc.property(bare, fc.boolean(), (password, encoded) => {
        const text = `error: postgres://bob:${encoded ? encodeURIComponent(password) : password}@h/d refused`
        expect(redact(text)).not.toContain('Zq7')
        expect(redact(text)).toContain(' refused')
      }),
      { numRuns: 1000 },
    )
  })

  it('hides any password of a key=value string, quoted or not', () => {
    fc.assert(
      fc.property(secret, fc.boolean(), (password, quoted) => {
        const raw = quoted ? `'${password.replace(/[\\']/g, '\\$&')}'` : password.replace(/[\s\\']/g, '\\$&')
        expect(redact(`host=h password=${raw} user=u`)).not.toContain('Zq7')
      }),
      { numRuns: 1000 },
    )
  })

  it('hides any password in a query string', () => {
    fc.assert(
      fc.property(secret, (password) => {
        expect(redact(`postgres://h/d?a=b&password=${encodeURIComponent(password)}&c=d`)).not.toContain('Zq7')
      }),
    )
  })

  it('says the same twice', () => {
    fc.assert(
      fc.property(fc.string(), bare, (text, password) => {
        const once = redact(`${text} postgres://u:${password}@h password=${password}`)
        expect(redact(once)).toBe(once)
      }),
    )
  })

  it('is quick on long text', () => {
    const started = performance.now()
    redact(`${'a:'.repeat(50_000)} ${'postgres://'.repeat(5000)} ${"password='".repeat(5000)}`)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
