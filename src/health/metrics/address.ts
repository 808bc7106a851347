// Where `--listen` listens. What is told there names tables and markets, and asks the server: by default to this machine
// alone.
import { isIP } from 'node:net'
import { ArxError, EXIT, usageError } from '../../errors.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

const LOOPBACK = /^(127(\.\d+){3}|::1|::ffff:127(\.\d+){3})$/i

/** `127.0.0.1:9187`, `[::1]:9187`, `localhost:9187`, `9187`. Refuses addresses that others reach, unless `anywhere`. */
export function listenAddress(text: string, anywhere: boolean): Address {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65_535)
    throw usageError(`--listen ${text} is no address`, '--listen 127.0.0.1:9187')
  const named = bracketed ?? (plain || 'localhost')
  // What the name stands for is no question of a resolver.
  const host = named === 'localhost' ? '127.0.0.1' : named
  if (!isIP(host)) throw usageError(`--listen ${text}: "${host}" is no IP address`, '--listen 127.0.0.1:9187')
  if (!anywhere && !LOOPBACK.test(host)) {
    throw new ArxError({
      code: 'not-loopback',
      message: `will not listen on ${host}: other machines reach it`,
      detail: 'whoever does reads names of tables and markets, and has the server asked; there is no password',
      hint: 'listen on 127.0.0.1, or add --listen-anywhere',
      exit: EXIT.refused,
    })
  }
  return { host, port }
}

/** As a URL has it. */
export const urlOf = ({ host, port }: Address): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`
