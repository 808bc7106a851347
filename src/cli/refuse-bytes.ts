// Formats that are no text.
import { usageError } from '../errors.ts'
import type { Globals } from './context.ts'
import type { IO } from './io.ts'

/** A Parquet file is bytes, and ends once: no terminal shows it, and two in one stream are none. Before anything is done. */
export function refuseBytes({ output, out, watch, json }: Globals, io: IO): void {
  if (output !== 'parquet' || json || out !== undefined) return
  if (io.out.isTTY) throw usageError('Parquet is nothing to read on a terminal', '--out FILE')
  if (watch !== undefined) throw usageError('one stream cannot hold one Parquet file after the other', '--out FILE')
}
