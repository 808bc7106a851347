// .pgpass by libpq's rules: host:port:database:user:password, the first line that matches wins.
import type { Files } from './files.ts'

export interface PassKey {
  /** Any of these names the server: a socket in a default directory is also `localhost`. */
  readonly hosts: readonly string[]
  readonly port: number
  readonly database: string
  readonly user: string
}

/** Splits at colons; a backslash takes the next character as it is. What follows the fifth field is not read. */
function fields(line: string): readonly { readonly text: string; readonly wild: boolean }[] {
  const found: { text: string; wild: boolean }[] = []
  let text = ''
  let start = 0
  for (let at = 0; at <= line.length; at++) {
    const letter = line[at]
    if (letter === undefined || letter === ':') {
      found.push({ text, wild: line.slice(start, at) === '*' })
      text = ''
      start = at + 1
    } else if (letter === '\\' && at + 1 < line.length) {
      text += line[++at]
    } else {
      text += letter
    }
  }
  return found
}

/** The password of the first matching line. */
export function findPassword(content: string, key: PassKey): string | undefined {
  for (const raw of content.split('\n')) {
    const line = raw.replace(/\r+$/, '')
    if (line === '' || line.startsWith('#')) continue
    const [host, port, database, user, password] = fields(line)
    if (!host || !port || !database || !user || !password) continue
    const fits =
      (host.wild || key.hosts.includes(host.text)) &&
      (port.wild || port.text === String(key.port)) &&
      (database.wild || database.text === key.database) &&
      (user.wild || user.text === key.user)
    if (fits) return password.text
  }
  return undefined
}

/** Looks the password up. A file that others may read is passed over with a warning, as libpq does. */
export async function readPassword(
  path: string,
  key: PassKey,
  files: Files,
  warn: (text: string) => void,
): Promise<string | undefined> {
  const info = await files.info(path)
  if (!info) return undefined
  if (!info.isFile) {
    warn(`password file ${path} is not a plain file: ignored`)
    return undefined
  }
  if (process.platform !== 'win32' && (info.mode & 0o077) !== 0) {
    warn(`password file ${path} can be read by others: ignored (chmod 600 ${path})`)
    return undefined
  }
  return findPassword((await files.read(path)) ?? '', key)
}
