// pgBackRest of the walk's own: a second archive and a second place for backups, of which arxdb keeps the list.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ownFolder, type Server, who } from './cluster.ts'

const PROGRAM = '/usr/bin/pgbackrest'

export interface Stanza {
  readonly name: string
  readonly folder: string
  /** What arxdb has to know: where its configuration is. */
  readonly env: { readonly PGBACKREST_CONFIG: string }
}

/** Undefined where the program is not installed. */
export function findStanza(folder: string): Stanza | undefined {
  if (!existsSync(PROGRAM)) return undefined
  const own = join(folder, 'pgbackrest')
  for (const name of ['', 'repo', 'log', 'lock', 'spool']) ownFolder(join(own, name))
  return { name: 'main', folder: own, env: { PGBACKREST_CONFIG: join(own, 'pgbackrest.conf') } }
}

const words = ({ name, env }: Stanza): readonly string[] => [`--config=${env.PGBACKREST_CONFIG}`, `--stanza=${name}`]

/** What archive_command calls, behind arxdb's own: only what both have is archived. */
export const archives = (stanza: Stanza): string => [PROGRAM, ...words(stanza), 'archive-push', '%p'].join(' ')

/** Which server it is of; nothing expires, so that arxdb's list stays true. */
export function configure({ name, folder, env }: Stanza, server: Pick<Server, 'dataDir' | 'port'>): void {
  const places = ['log', 'lock', 'spool'].map((place) => `${place}-path=${join(folder, place)}\n`).join('')
  writeFileSync(
    env.PGBACKREST_CONFIG,
    `[global]
repo1-path=${join(folder, 'repo')}
repo1-retention-full=1000
compress-type=zst
compress-level=1
log-level-file=off
${places}[${name}]
pg1-path=${server.dataDir}
pg1-socket-path=${folder}
pg1-port=${server.port}
`,
  )
}

/** Whether its archive has that segment. */
export function holds({ name, folder }: Stanza, segment: string): boolean {
  const place = join(folder, 'repo/archive', name)
  const files = readdirSync(place, { recursive: true, encoding: 'utf8' }).map((path) => basename(path))
  return files.some((file) => new RegExp(`^${segment}-[0-9a-f]{40}\\.zst$`).test(file))
}

/** Begins it. */
export function makeStanza(stanza: Stanza, server: Pick<Server, 'dataDir' | 'port'>): void {
  configure(stanza, server)
  execFileSync(PROGRAM, [...words(stanza), '--log-level-console=off', 'stanza-create'], {
    ...who,
    cwd: '/',
    stdio: 'pipe',
  })
}
