// A full disk, whoever met it: our own writes, or a program of PostgreSQL's that says it on stderr.
import { ArxError } from '../../errors.ts'
import { isFullCode, saysFull } from '../../programs/full-disk.ts'

/** Whether that is what it died of, here and not on the server. */
function isFull(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (isFullCode(one)) return true
    const detail = one instanceof ArxError ? (one.detail ?? '') : ''
    // What the server could not write, for a sort perhaps, it tells as an error of its own.
    if (saysFull(detail) && !/ERROR: /.test(detail)) return true
  }
  return false
}

/** The error with the folder in it, and what to try; any other error as it is. */
export function namingFolder(error: unknown, folder: string): unknown {
  if (!isFull(error) || (error instanceof ArxError && error.code === 'disk-full')) return error
  const { message, detail } = error as ArxError
  return new ArxError({
    code: 'disk-full',
    message: `no space left in ${folder}, where the backup is made`,
    detail: [message, detail].filter(Boolean).join(': '),
    hint: 'free space there, or give another folder with --staging; nothing was published, earlier backups are as they were',
    cause: error,
  })
}
