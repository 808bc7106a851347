// What pgBackRest says of its repository: `info --output=json`.
import { ArxError } from '../../../errors.ts'
import type { WalRange } from '../../manifest.ts'
import type { Tablespace } from '../cluster.ts'
import { type Answer, ask, failed, type Pgbackrest } from './program.ts'

export interface Made {
  /** `20261125-233507F_20261125-233513I` */
  readonly label: string
  readonly type: 'full' | 'diff' | 'incr'
  readonly prior: string | null
  /** Pages whose checksums were wrong when it was made. */
  readonly error: boolean
  readonly archive: { readonly start: string | null; readonly stop: string | null }
  readonly lsn: { readonly start: string; readonly stop: string }
  readonly info: { readonly size: number; readonly repository: { readonly delta?: number } }
  readonly backrest: { readonly version: string }
  readonly database: { readonly id: number }
  /** Told only of a backup that is asked for by itself. */
  readonly tablespace?: readonly { readonly oid: number; readonly name: string; readonly destination: string }[] | null
}

export interface Stanza {
  readonly backup: readonly Made[]
  readonly archive: readonly { readonly id: string; readonly database: { readonly id: number } }[]
  readonly db: readonly { readonly id: number; readonly 'system-id': string; readonly version: string }[]
  readonly status: { readonly code: number; readonly message: string }
}

/** Its state of the stanza. Code 0 is ok, 2 that there is no backup yet; everything else comes as an error. */
export async function stanzaOf(program: Pgbackrest): Promise<Stanza> {
  const answer = await ask(program, 'info', ['--output=json'])
  const found = answer.code === 0 ? read(answer) : undefined
  if (!found) throw failed('info', answer)
  if (found.status.code === 0 || found.status.code === 2) return found
  throw new ArxError({
    code: 'pgbackrest-stanza',
    message: `pgBackRest's stanza "${program.stanza}" cannot be used: ${found.status.message}`,
    hint: `pgbackrest --stanza=${program.stanza} stanza-create, once; then pgbackrest --stanza=${program.stanza} check`,
  })
}

/** Which tablespaces a backup holds, and where the original has them. */
export async function tablespacesOf(program: Pgbackrest, label: string): Promise<readonly Tablespace[]> {
  const answer = await ask(program, 'info', [`--set=${label}`, '--output=json'])
  const found = answer.code === 0 ? read(answer)?.backup.find((one) => one.label === label) : undefined
  if (!found) throw failed('info', answer)
  return (found.tablespace ?? []).map(({ oid, name, destination }) => ({ oid: `${oid}`, name, location: destination }))
}

/** System ids do not fit a JSON number. */
function read({ stdout }: Answer): Stanza | undefined {
  try {
    return (JSON.parse(stdout.replace(/("system-id":)(\d+)/g, '$1"$2"')) as Stanza[])[0]
  } catch {
    return undefined
  }
}

/** The WAL that a backup needs for itself; pgBackRest does not tell the size of segments. */
export function rangeOf({ archive, lsn }: Made, segmentBytes: number): WalRange | null {
  if (archive.start === null) return null
  const timeline = Number.parseInt(archive.start.slice(0, 8), 16)
  return { timeline, start: lsn.start, end: lsn.stop, segmentBytes }
}
