import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../../src/statements/package-root.ts'
import { fixtures } from '../generate/fixtures.ts'

const folder = join(packageRoot(), 'fixtures')

test.each([...fixtures()])('fixtures/%s is what the generator makes', (name, text) => {
  if (process.env.ARXDB_UPDATE) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  expect(readFileSync(join(folder, name), 'utf8'), 'run `npm run docs`').toBe(text)
})
