// A backup of pgBackRest's, laid out in a new data directory and ready to recover: the server is started by who asks.
import { ArxError, EXIT } from '../../../errors.ts'
import type { Env } from '../../../programs/run.ts'
import type { Manifest } from '../../manifest.ts'
import { type Stanza, stanzaOf } from './info.ts'
import { ask, common, failed, findPgbackrest, type Pgbackrest } from './program.ts'

/** Where recovery ends; the same kinds as restore/target.ts. */
export type PgbackrestTarget =
  | { readonly kind: 'latest' }
  /** As soon as it is consistent. */
  | { readonly kind: 'backup' }
  | { readonly kind: 'time'; readonly at: string }
  | { readonly kind: 'xid'; readonly xid: string }
  | { readonly kind: 'lsn'; readonly lsn: string }
  | { readonly kind: 'name'; readonly name: string }

export interface PgbackrestRestore {
  readonly manifest: Manifest
  readonly target: PgbackrestTarget
  /** The backup's own when left out: the newest one may be that of a clone. */
  readonly timeline?: string | undefined
  /** An empty folder of the account that will run the server. */
  readonly into: string
  readonly env: Env
  readonly signal: AbortSignal
}

/** Which pgBackRest a backup was made with: by its manifest, where the environment says nothing else. */
export function programOf(manifest: Manifest, env: Env, signal: AbortSignal): Pgbackrest & { readonly label: string } {
  const { stanza, label, config } = manifest.method as { stanza: string; label: string; config: string | null }
  return { path: findPgbackrest(env), stanza, label, config: env.PGBACKREST_CONFIG ?? config ?? undefined, env, signal }
}

/**
 * Restores the files and writes the recovery settings: archiving off, promotion at the target, and a restore_command
 * after which recovery never takes an error for the end of the archive.
 */
export async function layOutPgbackrest({ manifest, target, timeline, into, env, signal }: PgbackrestRestore) {
  const program = programOf(manifest, env, signal)
  const archive = archiveOf(await stanzaOf(program), manifest)
  const recovery = restoreCommand(program, into, archive)
  const answer = await ask(program, 'restore', [
    `--set=${program.label}`,
    `--pg1-path=${into}`,
    '--archive-mode=off',
    ...targetArgs(target, timeline ?? 'current'),
    `--recovery-option=restore_command=${recovery}`,
  ])
  if (answer.code === 0) return { restoreCommand: recovery, warnings: answer.told }
  const busy = answer.told.some((line) => /contains files|postmaster\.pid|while PostgreSQL is running/.test(line))
  if (!busy) throw failed('restore', answer)
  throw new ArxError({
    code: 'not-empty',
    message: `${into} is not empty: nothing was restored`,
    detail: answer.told[0],
    hint: 'give an empty folder',
    exit: EXIT.refused,
  })
}

/** `archive/main/15-1`: where the WAL of the backup's cluster lies in pgBackRest's repository. */
export function archiveOf({ archive }: Stanza, { method }: Manifest): string {
  const found = archive.find(({ database }) => database.id === method.database)
  if (found) return `archive/${method.stanza}/${found.id}`
  throw new ArxError({ code: 'pgbackrest-archive', message: `pgBackRest has no WAL of the cluster of ${method.label}` })
}

function targetArgs(target: PgbackrestTarget, timeline: string): readonly string[] {
  const along = [`--target-timeline=${timeline}`, ...(target.kind === 'latest' ? [] : ['--target-action=promote'])]
  switch (target.kind) {
    case 'latest':
      return along
    case 'backup':
      // On the backup's own timeline, as there is no other choice.
      return ['--type=immediate', '--target-action=promote']
    case 'time':
      return ['--type=time', `--target=${target.at}`, ...along]
    case 'xid':
      return ['--type=xid', `--target=${target.xid}`, ...along]
    case 'lsn':
      return ['--type=lsn', `--target=${target.lsn}`, ...along]
    case 'name':
      return ['--type=name', `--target=${target.name}`, ...along]
  }
}

/**
 * pgBackRest's archive-get ends with 1 for a segment that is not there, and with 25 to 125 for every error; PostgreSQL
 * takes all of 1 to 125 for the end of the archive, and promotes with what it has: above that it stops. Nor does
 * archive-get compare a segment with the SHA-1 in its name (2.45: a flipped bit in a zst ended recovery in the middle,
 * and the server promoted; measured), so that is done here.
 */
export function restoreCommand(program: Pick<Pgbackrest, 'path' | 'stanza' | 'config'>, into: string, archive: string) {
  const { path, stanza, config } = program
  const words = (list: readonly string[]): string => list.map((word) => shellWord(word).replaceAll('%', '%%')).join(' ')
  const run = words([path, ...common({ stanza, config }), '--log-level-file=off'])
  // PostgreSQL makes one % of two.
  return [
    `${run} archive-get ${words([`--pg1-path=${into}`])} %f "%p"; rc=$?; [ $rc -le 1 ] || exit 255; [ $rc -eq 0 ] || exit 1`,
    'case %f in *[!0-9A-F]*) exit 0;; esac',
    `sum=$(sha1sum <"%p" || shasum <"%p"); log=%f; log=\${log%%????????}`,
    `${run} repo-ls "--filter=^%f-\${sum%%%% *}" ${words([archive])}/$log | grep -q . || exit 255`,
  ].join('; ')
}

const shellWord = (word: string): string => (/^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
