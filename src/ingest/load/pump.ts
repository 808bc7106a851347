// Content bytes to a rewriter: at the pace asked for, and no further once the user wants to stop.
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Rewriter } from '../rows/rewriter.ts'
import { content, type Extent, type Source } from '../sources/source.ts'

export interface Pump {
  readonly source: Source
  readonly rewriter: Rewriter
  /** The part of the content to read. */
  readonly extent: Extent
  readonly signal: AbortSignal
  /** Bytes of content a second; no limit when undefined. */
  readonly rate: number | undefined
  readonly onBytes: (chunk: Buffer) => void
  /** After each chunk, with the bytes read from disk so far. */
  readonly onStep: (read: number) => void
}

/** Reads to the extent's end, or until the signal fires; true when all of it was read. */
export async function pump({ source, rewriter, extent, signal, rate, onBytes, onStep }: Pump): Promise<boolean> {
  const begin = performance.now()
  let bytes = 0
  let read = 0
  for await (const chunk of content(source, (done) => (read = done), extent)) {
    if (signal.aborted) return false
    if (chunk.length === 0) {
      await rewriter.flush()
      continue
    }
    onBytes(chunk)
    bytes += chunk.length
    await rewriter.push(chunk)
    if (rate !== undefined) {
      const early = (bytes / rate) * 1000 - (performance.now() - begin)
      if (early > 1) await sleep(early, undefined, { signal }).catch(() => {})
    }
    // Lets the sockets be filled again before the next rows are made.
    await turn()
    onStep(read)
  }
  return !signal.aborted
}
