// A buffered writer: rows one at a time in, batches out by size or by time, with back-pressure, and no row lost unsaid.
import { ArxError, usageError } from '../errors.ts'
import { addCounts, type BatchCounts, type BatchOptions, NO_COUNTS } from './batch-options.ts'
import { columnsOf, type Row, requireColumns } from './rows.ts'

export interface WriterOptions extends Pick<BatchOptions, 'onConflict' | 'conflictColumns'> {
  /** A batch is sent when it holds this many rows; 1000 by default. */
  readonly maxRows?: number
  /** Or when its first row has waited this long; 5000 by default. The timer keeps no process alive: close the writer. */
  readonly flushMs?: number
  /** `write` waits while more rows than this are not yet stored; twice maxRows by default. */
  readonly highWater?: number
}

export interface Writer {
  /** Takes the row; waits while too many are underway. When it throws, it has not taken the row. */
  write(row: Row): Promise<void>
  /** Resolves when everything taken so far is stored. */
  flush(): Promise<BatchCounts>
  /** Flushes, and takes no more. */
  close(): Promise<BatchCounts>
  /** Rows taken and not yet stored. */
  readonly pending: number
}

/** Rows that were taken and could not be stored: they are in `rows`, and nowhere else. */
export class WriteError extends ArxError {
  readonly rows: readonly Row[]

  constructor(cause: unknown, rows: readonly Row[]) {
    const { message, detail, hint, exit } = cause as Partial<ArxError>
    super({
      code: 'write-failed',
      message: `${rows.length} rows were not stored: ${message}`,
      detail,
      hint,
      exit,
      cause,
    })
    this.name = 'WriteError'
    this.rows = rows
  }
}

export type Store = (rows: readonly Row[]) => Promise<BatchCounts>

const positive = (name: string, value: number): number => {
  if (!Number.isInteger(value) || value < 1) throw usageError(`${name} is not a whole number of at least 1`)
  return value
}

/**
 * A writer over `store`. Batches are stored one after another, in the order of the writes. A batch that fails is
 * reported by the next write, flush or close as a WriteError that holds its rows; later batches are still stored.
 */
export function createWriter(store: Store, options: WriterOptions = {}): Writer {
  const maxRows = positive('maxRows', options.maxRows ?? 1000)
  const flushMs = positive('flushMs', options.flushMs ?? 5000)
  const highWater = positive('highWater', options.highWater ?? 2 * maxRows)
  let names: readonly string[] | undefined
  let taken = 0
  let buffer: Row[] = []
  let underway = 0
  let tail = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let failure: { readonly cause: unknown; rows: readonly Row[] } | undefined
  let total = NO_COUNTS
  let closed = false
  let waiting: (() => void)[] = []

  const pending = (): number => buffer.length + underway
  const raise = (): void => {
    if (!failure) return
    const { cause, rows } = failure
    failure = undefined
    throw new WriteError(cause, rows)
  }
  const release = (): void => {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  const send = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (buffer.length === 0) return
    const rows = buffer
    buffer = []
    underway += rows.length
    tail = tail.then(async () => {
      try {
        total = addCounts(total, await store(rows))
      } catch (cause) {
        failure = { cause: failure?.cause ?? cause, rows: [...(failure?.rows ?? []), ...rows] }
      } finally {
        underway -= rows.length
        release()
      }
    })
  }
  const drained = async (): Promise<BatchCounts> => {
    send()
    await tail
    raise()
    return total
  }

  return {
    get pending() {
      return pending()
    },
    async write(row) {
      if (closed) throw usageError('the writer is closed')
      raise()
      names ??= columnsOf(row)
      requireColumns(row, names, taken)
      taken += 1
      // A copy: the caller may use the object again before the batch is sent.
      buffer.push({ ...row })
      if (buffer.length >= maxRows) send()
      else timer ??= setTimeout(send, flushMs).unref()
      while (pending() > highWater) {
        // All of them may wait in the buffer, below maxRows: then nobody else would send them.
        if (underway === 0) send()
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    flush: drained,
    close() {
      closed = true
      return drained()
    },
  }
}
