/** One fault of the list that backups are tested against. */
export interface FaultRow {
  readonly fault: number
  /** What happens, in a few words. */
  readonly what: string
  /** By which means the tests make it happen. */
  readonly injected: string
  /** What has to come of it. */
  readonly expected: string
  /** What came of it before anything was mended; `as expected` where nothing had to be. */
  readonly before: string
  /** Where it is tested: a file below test/, and the words that its test's title, or its describe's, begins with. */
  readonly tests: readonly (readonly [file: string, title: string])[]
  /** Where it cannot be made to happen everywhere: what it needs. */
  readonly needs?: string
}
