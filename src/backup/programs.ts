// PostgreSQL's client programs, of the major that a server or a backup needs.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ArxError, EXIT } from '../errors.ts'
import type { Env } from '../programs/run.ts'

export type Program =
  | 'pg_dump'
  | 'pg_restore'
  | 'pg_basebackup'
  | 'pg_verifybackup'
  | 'pg_combinebackup'
  | 'pg_waldump'
  | 'pg_controldata'
  | 'postgres'

export interface Programs {
  readonly major: number
  /** Its path, or undefined. */
  find(program: Program): string | undefined
  /** Its path; exit 5 naming the package that brings it when it is missing. */
  need(program: Program): string
}

const SERVER_SIDE: readonly Program[] = ['postgres', 'pg_controldata', 'pg_waldump', 'pg_combinebackup']

/** The programs of PostgreSQL `major`: in `bindir` when that is given, else where packages put them. */
export function programsOf(major: number, bindir: string | undefined, env: Env): Programs {
  const onPath = (env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'))
  const usual = [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/usr/libexec/postgresql${major}`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ]
  const given = bindir ?? env.ARXDB_PG_BINDIR
  const places = given && given !== 'npm' ? [given] : [...usual, ...onPath]
  const find = (program: Program): string | undefined =>
    places.map((place) => join(place, program)).find((path) => existsSync(path))
  return {
    major,
    find,
    need(program) {
      const found = find(program)
      if (found) return found
      const name = `postgresql-${SERVER_SIDE.includes(program) ? '' : 'client-'}${major}`
      throw new ArxError({
        code: 'program-missing',
        message: `${program} of PostgreSQL ${major} is not here`,
        detail: `looked in ${places.join(', ') || 'no folder at all'}`,
        hint: `apt install ${name}, or give its folder with --bindir or ARXDB_PG_BINDIR; or arxdb backup run --kind copy, which needs none`,
        exit: EXIT.unsupported,
      })
    },
  }
}
