// What makes rows of content, as those see it who feed it.

import type { Plan } from '../plan/plan.ts'
import type { Batch, Reject, Spare } from './batch.ts'
import type { CourseReport, Outlier } from './course.ts'
import type { Key, Owner } from './owners.ts'

export interface Rewriter {
  /**
   * Takes content bytes; the batches that got full come out of `onBatch`. A market not seen before is asked of
   * `resolve` meanwhile. A record that cannot be loaded stands in its batch's rejects.
   */
  push(chunk: Buffer): Promise<void>
  /** Lets go of what is whole by now, for a file that grows. */
  flush(): Promise<void>
  /** No bytes follow. */
  end(): Promise<void>
  /** Records seen, and those among them that were rejected. */
  readonly rows: number
  readonly rejected: number
  readonly firstReject: Reject | undefined
  /** Where in the content the next record begins. */
  readonly position: number
  course(): CourseReport
  readonly outliers: readonly Outlier[]
  readonly disagreements: { readonly rows: number; readonly line: number }
}

/** Asked of every record: its owner, moment, and place in the content, and the field that `plan.prefer` looks at. */
export type IsBetterElsewhere = (
  owner: number,
  moment: number,
  at: number,
  buf: Buffer,
  from: number,
  to: number,
) => boolean

export interface RewriterOptions {
  readonly plan: Plan
  readonly now: Date
  /** The owner of rows with this key, or why there can be none. */
  resolve(key: Key): Promise<Owner | string>
  onBatch(batch: Batch): Promise<void>
  /** Bytes at which the batch now filling is full; asked once a chunk. */
  size?(): number
  /** Where the content pushed begins: a record's first byte, and its line. */
  readonly from?: { readonly byte: number; readonly line: number } | undefined
  /** Whether the key of this record is better said by another record of the file: then that one alone is loaded. */
  readonly isBetterElsewhere?: IsBetterElsewhere | undefined
  /** Memory for batches, given back by who is done with one. */
  readonly spare?: Spare | undefined
  /** False in a benchmark that asks what the checks cost. */
  readonly checked?: boolean | undefined
}
