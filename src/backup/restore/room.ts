// A disk that fills up while something is restored to it: no word about the backup, and what to do is to make room.
import { ArxError, EXIT } from '../../errors.ts'
import { isFullCode, saysFull } from '../../programs/full-disk.ts'

/** A limit of the user's, or of the file system, for one file: to whoever restores it is the same. */
const isTooLarge = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'EFBIG'

/** The error of it, where `error` is one of those; or where a server's log says so. */
export function noRoom(error: unknown, place: string, log = ''): ArxError | undefined {
  const met = [error, (error as Error)?.cause].some((one) => isFullCode(one) || isTooLarge(one))
  if (!met && !saysFull(log)) return undefined
  return new ArxError({
    code: 'disk-full',
    message: `the disk became full while it was restored to ${place}`,
    detail: (error as Error)?.message ?? 'no space left on device',
    hint: 'free space there, or restore to another file system; the backup is as good as it was',
    exit: EXIT.refused,
    cause: error,
  })
}
