// Reads postgres:// URLs and key=value strings by libpq's grammar. No message repeats the text: it may hold a password.
import { type ArxError, usageError } from '../errors.ts'
import { checkParameters } from './parameters.ts'
import type { Parameters } from './target.ts'

const EXAMPLE = 'write it as postgres://user@host:5432/database?sslmode=require'

/** `origin` names the text in messages: `--url`, `DATABASE_URL`. Throws usage errors. */
export function parseConninfo(text: string, origin: string): Parameters {
  const complain = (what: string): ArxError => usageError(`${origin}: ${what}`, EXAMPLE)
  const url = /^postgres(?:ql)?:\/\//.exec(text)
  if (!url && !text.includes('=')) {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]
    throw complain(
      scheme ? `${scheme}:// is no PostgreSQL URL` : 'this is neither a PostgreSQL URL nor key=value pairs',
    )
  }
  const parameters = url ? readUrl(text.slice(url[0].length), complain) : readPairs(text, complain)
  checkParameters(parameters, origin)
  return parameters
}

type Complain = (what: string) => ArxError

function readUrl(rest: string, complain: Complain): Parameters {
  const found: Record<string, string> = {}
  const store = (key: string, value: string | undefined) => {
    if (value) found[key] = decode(value, complain)
  }
  // As libpq: the user ends at the first @ that comes before any slash.
  const login = /^([^@/]*)@/.exec(rest)
  if (login) {
    const colon = login[1]!.indexOf(':')
    store('user', colon < 0 ? login[1] : login[1]!.slice(0, colon))
    if (colon >= 0) store('password', login[1]!.slice(colon + 1))
  }
  const place = rest.slice(login?.[0].length ?? 0)
  const [, hosts = '', database, query] = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(place) ?? []
  if (hosts.includes(',')) throw complain('several hosts are not supported: name one server')
  // What libpq takes for a port here is rather a piece of the password, and must not be shown.
  if (!login && /^[^/?]*:[^/?]*\/[^?]*@/.test(place)) throw complain('an @ after a slash: write / as %2F and @ as %40')
  const host = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(hosts)
  if (!host) throw complain('the host is malformed (an IPv6 address stands in [brackets])')
  if (host[1] === '') throw complain('the IPv6 address in [] is missing')
  store('host', host[1] ?? host[2])
  store('port', host[3])
  store('dbname', database)
  // One & at the end is fine with libpq.
  for (const pair of query ? query.replace(/(?<=.)&$/s, '').split('&') : []) {
    const [key = '', value, extra] = pair.split('=')
    const name = decode(key, complain)
    if (value === undefined) throw complain(`the parameter "${name}" has no value`)
    if (extra !== undefined) throw complain(`the parameter "${name}" has a second "=": write it as %3D`)
    // JDBC's word for it, which libpq understands as well.
    if (name === 'ssl' && value === 'true') found.sslmode = 'require'
    else found[name] = decode(value, complain)
  }
  return found
}

function decode(text: string, complain: Complain): string {
  if (/%(?![0-9a-f]{2})/i.test(text)) throw complain('a % is not followed by two hex digits: write a literal % as %25')
  if (text.includes('%00')) throw complain('%00 is not allowed')
  try {
    return decodeURIComponent(text)
  } catch {
    throw complain('the percent-encoding is not UTF-8')
  }
}

const BLANK = /[ \t\n\r\f\v]*/y
const KEY = /([^= \t\n\r\f\v]+)[ \t\n\r\f\v]*(=)?[ \t\n\r\f\v]*/y
const VALUE = /'((?:\\.|[^'\\])*)(')?|((?:\\.|[^\\ \t\n\r\f\v])*)\\?/sy

/** `host=/tmp dbname = 'my db'`: a backslash escapes inside and outside of quotes. */
function readPairs(text: string, complain: Complain): Parameters {
  const found: Record<string, string> = {}
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match
  }
  take(BLANK)
  while (at < text.length) {
    const key = take(KEY)
    if (!key?.[2])
      throw complain(`a "=" is missing${key && Object.keys(found).length === 0 ? ' after the first word' : ''}`)
    const value = take(VALUE)
    if (value?.[1] !== undefined && !value[2]) throw complain(`the quoted value of "${key[1]}" does not end`)
    found[key[1]!] = (value?.[1] ?? value?.[3] ?? '').replace(/\\(.)/gs, '$1')
    take(BLANK)
  }
  return found
}
