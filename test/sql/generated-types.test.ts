import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../../src/statements/package-root.ts'
import { statementTypes } from './typescript.ts'

const file = join(packageRoot(), 'src/statements/statements.gen.ts')

test('the TypeScript of the statements is what their headers say', () => {
  const wanted = statementTypes()
  if (process.env.ARXDB_UPDATE) writeFileSync(file, wanted)
  expect(readFileSync(file, 'utf8'), 'run `npm run docs`').toBe(wanted)
})
