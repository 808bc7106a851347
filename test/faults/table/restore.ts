import type { FaultRow } from './row.ts'

/** Faults 37 to 54. */
export const restore: readonly FaultRow[] = []
