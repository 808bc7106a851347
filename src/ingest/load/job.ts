import type { Plan } from '../plan/plan.ts'
import type { IngestOptions } from '../report.ts'
import type { Source } from '../sources/source.ts'
import type { Tolerance } from './tolerance.ts'
import type { Workshop } from './workshop.ts'

/** One file to load, and with what. */
export interface Job {
  readonly source: Source
  readonly plan: Plan
  readonly options: IngestOptions
  readonly tolerance: Tolerance
  readonly workshop: Workshop
}
