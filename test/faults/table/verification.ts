import type { FaultRow } from './row.ts'

/** Faults 16 to 26. */
export const verification: readonly FaultRow[] = []
