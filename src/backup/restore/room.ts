// A disk that fills up while something is restored to it: no word about the backup, and what to do is to make room.
import { ArxError, EXIT } from '../../errors.ts'

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** The error of it, where `error` is one of those; or where a server's log says so. */
export function noRoom(error: unknown, place: string, log = ''): ArxError | undefined {
  const codes = [error, (error as Error)?.cause].map((one) => (one as NodeJS.ErrnoException)?.code ?? '')
  if (!codes.some((code) => FULL.has(code)) && !/No space left on device|Disk quota exceeded/.test(log))
    return undefined
  return new ArxError({
    code: 'disk-full',
    message: `the disk became full while it was restored to ${place}`,
    detail: (error as Error)?.message ?? 'no space left on device',
    hint: 'free space there, or restore to another file system; the backup is as good as it was',
    exit: EXIT.refused,
    cause: error,
  })
}
