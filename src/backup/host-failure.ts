// Failures that say nothing of a backup: this host has no room or lacks a program, the store does not answer. They must
// never be kept as proof against it, or a full disk would have a prune take good backups for bad ones.
import { ArxError } from '../errors.ts'
import { FULL_CODES } from '../programs/full-disk.ts'

const OURS: ReadonlySet<string> = new Set([
  ...['s3-unreachable', 's3-failed', 'repository-absent', 'repository-failed', 'disk-full'],
  ...['program-missing', 'no-zstd'],
])
const HOST: ReadonlySet<string> = new Set([...FULL_CODES, 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS', 'EACCES'])
/** The disk under an object gives wrong bytes, or none. */
const DAMAGE: ReadonlySet<string> = new Set(['EIO', 'EUCLEAN', 'EBADMSG'])

const chainOf = (error: unknown): readonly (Error & { readonly code?: string })[] => {
  const chain: Error[] = []
  for (let at = error; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at)
  return chain
}

const isOurs = (one: Error & { readonly code?: string }): boolean =>
  (one instanceof ArxError ? OURS : HOST).has(one.code ?? '')

/** Whether an error, or what caused it, is one of these. */
export function isOfHost(error: unknown): boolean {
  const chain = chainOf(error)
  return !chain.some(({ code }) => DAMAGE.has(code ?? '')) && chain.some(isOurs)
}

/** The same as what it is: whoever met it first may have taken it for damage. */
export function hostFailure(error: unknown, what: string, folder: string): ArxError {
  const ours = chainOf(error).filter(isOurs)
  // "Full" is told by what ran out of room; here it is the folder of this work.
  const own = ours.find((one) => !(one instanceof ArxError && one.code === 'disk-full')) ?? ours[0]
  if (own instanceof ArxError) return own
  return new ArxError({
    code: 'host-failure',
    message: `${what} in ${folder}`,
    detail: own?.message,
    hint: 'nothing is said of the backup; mend that, or give another folder as "staging" in the backup section',
    cause: error,
  })
}
