// What is left of a content of which some byte ranges are in.
import type { Range } from './ledger.ts'

export interface Gap {
  readonly from: { readonly byte: number; readonly line: number }
  /** Undefined for the content's end. */
  readonly to: number | undefined
}

/** The gaps between ranges, which are in order and do not overlap; the last one is open. */
export function gapsOf(ranges: readonly Range[]): readonly Gap[] {
  const gaps: Gap[] = []
  let from = { byte: 0, line: 1 }
  for (const { byte_from, byte_to, line_to } of ranges) {
    if (byte_from > from.byte) gaps.push({ from, to: byte_from })
    from = { byte: byte_to, line: line_to ?? 1 }
  }
  return [...gaps, { from, to: undefined }]
}
