// How a full disk is told: by the system as a code, by programs and servers in words.

export const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])

/** Whether an error of the system's is that. */
export const isFullCode = (error: unknown): boolean =>
  FULL_CODES.has((error as NodeJS.ErrnoException | undefined)?.code ?? '')

/** Whether what a program wrote says so. */
export const saysFull = (text: string): boolean =>
  /No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/.test(text)
