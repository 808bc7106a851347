// Made from the headers in sql/ by `npm run docs`; a test compares. Do not edit.
export interface Statements {
  'engine/server': { params: Record<never, never>; row: { server: number } }
}
export type StatementName = keyof Statements
