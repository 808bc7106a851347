// Who runs arxdb: libpq's default user, and the home that holds .pgpass and .pg_service.conf.
import { homedir, userInfo } from 'node:os'

export interface Account {
  readonly homeDirectory: string
  readonly systemUser: string
}

/** A uid without an entry in passwd (containers) has no name: then USER, or `postgres`. */
export function account(env: Readonly<Record<string, string | undefined>>): Account {
  const homeDirectory = env.HOME || homedir()
  try {
    return { homeDirectory, systemUser: userInfo().username }
  } catch {
    return { homeDirectory, systemUser: env.USER || 'postgres' }
  }
}
