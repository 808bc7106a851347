import type { FaultRow } from './row.ts'

/** Faults 1 to 15. */
export const creation: readonly FaultRow[] = []
