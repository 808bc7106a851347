import type { Plan } from './plan.ts'
import type { IngestOptions } from './report.ts'
import type { Source } from './source.ts'
import type { Workshop } from './workshop.ts'

/** One file to load, and with what. */
export interface Job {
  readonly source: Source
  readonly plan: Plan
  readonly options: IngestOptions
  readonly workshop: Workshop
}
