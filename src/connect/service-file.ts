// pg_service.conf by libpq's rules; the driver has none of its own.
import { join } from 'node:path'
import { ArxError, EXIT, usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { Files } from './files.ts'
import { checkParameters } from './parameters.ts'
import type { Parameters } from './target.ts'

export interface ServicePlaces {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly homeDirectory: string
  readonly files: Files
}

/** Where distributions compile PGSYSCONFDIR to: Debian, Red Hat, upstream. */
const SYSTEM = ['/etc/postgresql-common', '/etc/sysconfig/pgsql', '/usr/local/pgsql/etc']

/** The user's file first, then the system's; a service found in the first hides the other. */
const candidates = ({ env, homeDirectory }: ServicePlaces): readonly string[] => [
  env.PGSERVICEFILE || join(homeDirectory, '.pg_service.conf'),
  ...(env.PGSYSCONFDIR ? [env.PGSYSCONFDIR] : SYSTEM).map((directory) => join(directory, 'pg_service.conf')),
]

/** The parameters of a service. Unknown service, or a line libpq would refuse: usage error. */
export async function readService(name: string, places: ServicePlaces): Promise<Parameters> {
  const looked: string[] = []
  const names = new Set<string>()
  for (const [index, path] of candidates(places).entries()) {
    const text = await places.files.read(path)
    if (text === undefined) {
      if (index === 0 && places.env.PGSERVICEFILE) throw missingFile(path)
      continue
    }
    looked.push(path)
    const found = readSection(text, name, path, names)
    if (found) return found
  }
  const [near] = nearest(name, names, 1)
  const where = looked.length > 0 ? looked.join(' or ') : candidates(places).slice(0, 2).join(' or ')
  throw usageError(
    `no service "${name}" in ${where}`,
    near ? `--service ${near}` : `add a section [${name}] to ${where}`,
  )
}

function readSection(text: string, name: string, path: string, names: Set<string>): Parameters | undefined {
  let found: Record<string, string> | undefined
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const section = /^\[([^\]]*)\]/.exec(line)?.[1]
    if (section !== undefined) {
      if (found) return found
      names.add(section)
      if (section === name) found = {}
      continue
    }
    if (!found) continue
    const place = `${path}:${index + 1}`
    const equals = line.indexOf('=')
    if (line.startsWith('ldap')) throw usageError(`${place}: services from LDAP are not supported`)
    if (equals < 0) throw usageError(`${place}: a "=" is missing`)
    const key = line.slice(0, equals)
    if (key !== key.trim()) throw usageError(`${place}: no blank may stand before "="`, 'write host=db.example.com')
    if (key === 'service') throw usageError(`${place}: a service cannot name another service`)
    // The first of two lines for a parameter wins, as in libpq.
    if (found[key] !== undefined) continue
    found[key] = line.slice(equals + 1)
    checkParameters({ [key]: found[key] }, place)
  }
  return found
}

const missingFile = (path: string): ArxError =>
  new ArxError({
    code: 'no-service-file',
    message: `the service file ${path} does not exist`,
    detail: 'PGSERVICEFILE names it',
    exit: EXIT.connection,
  })
