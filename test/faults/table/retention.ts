import type { FaultRow } from './row.ts'

/** Faults 27 to 36. */
export const retention: readonly FaultRow[] = []
