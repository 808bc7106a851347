// sslmode and its files, as libpq reads them, to what the driver understands.
import { join } from 'node:path'
import { ArxError, EXIT, usageError } from '../errors.ts'
import type { Connection, TlsOptions } from './connection.ts'
import type { Files } from './files.ts'
import type { Parameters } from './target.ts'

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

const broken = (message: string, hint?: string): ArxError =>
  new ArxError({ code: 'no-connection', message, hint, exit: EXIT.connection })

/**
 * `allow` is treated as `prefer`: it reaches the same servers, with TLS where they have it. `require` checks the
 * authority when there is a root certificate, because libpq does.
 */
export async function tlsOf(
  parameters: Parameters,
  homeDirectory: string,
  files: Files,
  origin: string,
): Promise<Connection['tls']> {
  const system = parameters.sslrootcert === 'system'
  const mode = parameters.sslmode || (system ? 'verify-full' : 'prefer')
  if (!MODES.includes(mode)) {
    const hint = mode === 'no-verify' ? 'write sslmode=require' : `write one of ${MODES.join(', ')}`
    throw usageError(`${origin}: no such sslmode "${mode}"`, hint)
  }
  if (system && mode !== 'verify-full') throw usageError(`${origin}: sslrootcert=system needs sslmode=verify-full`)
  if (mode === 'disable') return false
  if (mode === 'prefer' || mode === 'allow') return 'prefer'
  const authority = system ? await systemRoots() : await rootOf(parameters, mode, homeDirectory, files)
  const client = await clientOf(parameters, homeDirectory, files)
  if (authority === undefined) return { rejectUnauthorized: false, ...client }
  const named = mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }
  return { rejectUnauthorized: true, ca: authority, ...named, ...client }
}

/** An import of node:tls makes all of its certificates, which takes longer than to connect: only who needs them waits. */
async function systemRoots(): Promise<string> {
  const { rootCertificates } = await import('node:tls')
  return rootCertificates.join('\n')
}

async function rootOf(parameters: Parameters, mode: string, home: string, files: Files): Promise<string | undefined> {
  const path = parameters.sslrootcert || join(home, '.postgresql', 'root.crt')
  const text = await files.read(path)
  if (text !== undefined || mode === 'require') return text
  const hint = 'give the file with sslrootcert, use sslrootcert=system, or check nothing with sslmode=require'
  throw broken(`the root certificate ${path} does not exist, and sslmode=${mode} needs it`, hint)
}

type Client = Pick<TlsOptions, 'cert' | 'key'>

async function clientOf(parameters: Parameters, home: string, files: Files): Promise<Client> {
  const certificate = parameters.sslcert || join(home, '.postgresql', 'postgresql.crt')
  const cert = await files.read(certificate)
  if (cert === undefined) {
    if (parameters.sslcert) throw broken(`the client certificate ${certificate} does not exist`)
    return {}
  }
  const path = parameters.sslkey || join(home, '.postgresql', 'postgresql.key')
  const info = await files.info(path)
  if (!info?.isFile) throw broken(`the private key ${path} of the client certificate does not exist`)
  // 0640 is for keys that root owns and a group reads, as Debian's ssl-cert does.
  if (process.platform !== 'win32' && (info.mode & 0o037) !== 0) {
    throw broken(`the private key ${path} can be read by others`, `chmod 600 ${path}`)
  }
  return { cert, key: (await files.read(path)) ?? '' }
}
