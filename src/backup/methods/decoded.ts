// What a dump says when it is decoded in full, in two digests: of the rows and of all else. pg_dump's own compression
// with zstd has no checksum (a flipped bit comes through 50 times of 60, measured), so its exit code alone proves little.
import { createHash } from 'node:crypto'

export interface Decoded {
  /** SHA-256 of all COPY blocks, hex. */
  readonly rows: string
  /** Of everything else, but for what varies from run to run. */
  readonly rest: string
}

const NEWLINE = 10
const END = Buffer.from('\n\\.\n')
const COPY = /^COPY .* FROM stdin;$/
/** pg_restore's version, its time, and the key that it makes up for each run. */
const VARIES = /^(-- |\\restrict |\\unrestrict )/

/** Reads pg_restore's script to its end. Nothing is held but the last line. */
export async function digestOf(script: AsyncIterable<Buffer | string>): Promise<Decoded> {
  const rows = createHash('sha256')
  const rest = createHash('sha256')
  let inRows = false
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of script) {
    let buffer: Buffer = pending.length > 0 ? Buffer.concat([pending, chunk as Buffer]) : (chunk as Buffer)
    for (;;) {
      if (inRows) {
        // A block without rows ends at once: its newline is that of the COPY line, kept in front.
        const at = buffer.indexOf(END)
        if (at < 0) {
          const keep = Math.min(END.length - 1, buffer.length)
          rows.update(buffer.subarray(0, buffer.length - keep))
          buffer = buffer.subarray(buffer.length - keep)
          break
        }
        rows.update(buffer.subarray(0, at + END.length))
        buffer = buffer.subarray(at + END.length)
        inRows = false
      } else {
        const at = buffer.indexOf(NEWLINE)
        if (at < 0) break
        const line = buffer.toString('latin1', 0, at)
        if (!VARIES.test(line)) rest.update(buffer.subarray(0, at + 1))
        inRows = COPY.test(line)
        buffer = buffer.subarray(inRows ? at : at + 1)
      }
    }
    pending = buffer
  }
  ;(inRows ? rows : rest).update(pending)
  return { rows: rows.digest('hex'), rest: rest.digest('hex') }
}
