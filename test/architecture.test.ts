// The house rules over src and sql, and for each rule a violation planted to prove that it sees.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { importsOf, type Sources } from './architecture/graph.ts'
import { OWNERS } from './architecture/layers.ts'
import * as house from './architecture/rules.ts'
import * as sql from './architecture/sql-rules.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

function read(folder: string, extension: string): readonly [string, string][] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => [`${folder}/${name}`, readFileSync(join(root, folder, name), 'utf8')])
}

const sources: Sources = new Map([...read('src', '.ts'), ...read('src', '.tsx'), ...read('sql', '.sql')])

const RULES = {
  arrows: house.arrows,
  resolvable: house.resolvable,
  commandsDoor: house.commandsDoor,
  commandsApart: house.commandsApart,
  corePure: house.corePure,
  worldless: house.worldless,
  owners: house.owners,
  cycles: house.cycles,
  barrels: house.barrels,
  namedExports: house.namedExports,
  names: house.names,
  fileLength: house.fileLength,
  medianLength: house.medianLength,
  lightStart: house.lightStart,
  headers: sql.headers,
  asked: sql.asked,
  castParameters: sql.castParameters,
  lowerCase: sql.lowerCase,
} satisfies Record<string, house.Rule>

type RuleName = keyof typeof RULES

const HEADER = '-- Title.\n-- @params  a int\n-- @returns b int\n-- @locks   none\n'
const long = (count: number): string => 'const x = 1\n'.repeat(count)

interface Planted {
  readonly rule: RuleName
  /** What is wrong about it. */
  readonly what: string
  readonly files: Readonly<Record<string, string>>
  /** Where it is reported; by default in the first planted file. */
  readonly at?: string
}

const PLANTED: readonly Planted[] = [
  {
    rule: 'arrows',
    what: 'core leans on db',
    files: { 'src/core/planted.ts': "import { openClient } from '../db/connect.ts'" },
  },
  {
    rule: 'arrows',
    what: 'an area leans on another, by types alone',
    files: { 'src/ingest/planted.ts': "import type { RunWish } from '../migrate/run.ts'" },
  },
  {
    rule: 'arrows',
    what: 'an area leans on core',
    files: { 'src/migrate/planted.ts': "import { twap } from '../core/twap.ts'" },
  },
  {
    rule: 'arrows',
    what: 'db leans on cli',
    files: { 'src/db/planted.ts': "const cli = () => import('../cli/run.ts')" },
  },
  {
    rule: 'arrows',
    what: 'the shell loads an area at start',
    files: { 'src/cli/planted.ts': "import { up } from '../migrate/service.ts'" },
  },
  {
    rule: 'arrows',
    what: 'one engine leans on another',
    files: { 'src/engines/postgres/planted.ts': "import { openEngine } from '../timescaledb/engine.ts'" },
  },
  {
    rule: 'arrows',
    what: 'storage leans on an area',
    files: { 'src/storage/planted.ts': "import {\n  up,\n  status,\n} from '../migrate/service.ts'" },
  },
  {
    rule: 'arrows',
    what: 'a folder that the plan does not know',
    files: { 'src/extras/planted.ts': "import { ArxError } from '../errors.ts'" },
  },
  {
    rule: 'resolvable',
    what: 'an import without its extension',
    files: { 'src/core/planted.ts': "import { twap } from './twap'" },
  },
  {
    rule: 'resolvable',
    what: 'an import of the tests',
    files: { 'src/core/planted.ts': "export * from '../../test/servers/tiers.ts'" },
  },
  {
    rule: 'resolvable',
    what: 'a computed import',
    files: { 'src/db/planted.ts': 'export const load = (name: string) => import(name)' },
  },
  {
    rule: 'commandsDoor',
    what: 'a command prints by itself',
    files: { 'src/commands/planted.ts': "import { run } from '../cli/run.ts'" },
  },
  {
    rule: 'commandsDoor',
    what: 'a command takes more than types from the Context',
    files: { 'src/commands/planted.ts': "import { FORMATS } from '../cli/context.ts'" },
  },
  {
    rule: 'commandsApart',
    what: 'a command uses another',
    files: { 'src/commands/planted.ts': "import { twapCommand } from './twap.ts'" },
  },
  {
    rule: 'commandsApart',
    what: 'a command uses its sibling',
    files: { 'src/commands/local/planted.ts': "import { stopCommand } from './stop.ts'" },
  },
  {
    rule: 'corePure',
    what: 'core opens files',
    files: { 'src/core/planted.ts': "import { readFileSync } from 'node:fs'" },
  },
  {
    rule: 'corePure',
    what: 'core uses a package',
    files: { 'src/core/planted.ts': "import type { Client } from 'pg'" },
  },
  {
    rule: 'corePure',
    what: 'core knows an engine',
    files: { 'src/core/planted.ts': "import type { Detected } from '../engines/detect.ts'" },
  },
  {
    rule: 'worldless',
    what: 'core reads the clock',
    files: { 'src/core/planted.ts': 'export const today = () => Date.now()' },
  },
  {
    rule: 'worldless',
    what: 'a command exits',
    files: { 'src/commands/planted.ts': 'export const quit = () => process.exit(1)' },
  },
  {
    rule: 'owners',
    what: 'the driver outside db',
    files: { 'src/ingest/planted.ts': "import pg from 'pg'" },
  },
  {
    rule: 'owners',
    what: 'a part of a package outside its folder',
    files: { 'src/db/planted.ts': "const parse = () => import('csv-parse/sync')" },
  },
  {
    rule: 'owners',
    what: "the driver's types in the shell",
    files: { 'src/cli/planted.ts': "import type pg from 'pg'" },
  },
  {
    rule: 'owners',
    what: 'a package that nobody owns',
    files: { 'src/render/planted.ts': "import 'chalk'" },
  },
  {
    rule: 'owners',
    what: 'a command that opens files',
    files: { 'src/commands/planted.ts': "import { readFileSync } from 'node:fs'" },
  },
  {
    rule: 'cycles',
    what: 'three files in a ring',
    files: {
      'src/core/planted-a.ts': "import { b } from './planted-b.ts'",
      'src/core/planted-b.ts': "const c = () => import('./planted-c.ts')",
      'src/core/planted-c.ts': "import { a } from './planted-a.ts'",
    },
  },
  {
    rule: 'cycles',
    what: 'a file that imports itself',
    files: { 'src/core/planted.ts': "import { a } from './planted.ts'" },
  },
  {
    rule: 'barrels',
    what: 'a file that passes on what another has',
    files: { 'src/core/planted.ts': "export { twap } from './twap.ts'" },
  },
  {
    rule: 'barrels',
    what: "an area's face that passes on functions",
    files: { 'src/planted/service.ts': "export { up } from '../migrate/up.ts'" },
  },
  {
    rule: 'barrels',
    what: 'a file that passes on everything',
    files: { 'src/migrate/planted.ts': "export * as up from './up.ts'" },
  },
  { rule: 'namedExports', what: 'a default export', files: { 'src/core/planted.ts': 'export default 1' } },
  {
    rule: 'namedExports',
    what: 'a default export by another name',
    files: { 'src/core/planted.ts': 'const a = 1\nexport { a as default }' },
  },
  { rule: 'names', what: 'a camel', files: { 'src/core/timeRange.ts': '' } },
  { rule: 'names', what: 'utils', files: { 'src/core/utils.ts': '' } },
  { rule: 'names', what: 'a folder of helpers', files: { 'src/core/helpers/twap.ts': '' } },
  { rule: 'names', what: 'a second index.ts', files: { 'src/core/index.ts': '' } },
  { rule: 'names', what: 'a snake in sql', files: { 'sql/twap/by_hour.sql': HEADER } },
  { rule: 'fileLength', what: 'a file of 401 lines', files: { 'src/core/planted.ts': long(401) } },
  { rule: 'fileLength', what: 'a command of 61 lines', files: { 'src/commands/planted.ts': long(61) } },
  {
    rule: 'medianLength',
    what: 'as many long files again',
    files: Object.fromEntries([...sources.keys()].map((_, i) => [`src/core/planted-${i}.ts`, long(200)])),
    at: 'src',
  },
  {
    rule: 'lightStart',
    what: 'a package loaded at every start, two files down',
    files: {
      'src/connect/planted.ts': "import { Client } from 'pg'",
      'src/main.ts': "import { run } from './connect/planted.ts'",
    },
  },
  { rule: 'headers', what: 'no header', files: { 'sql/twap/planted.sql': '-- Title.\nselect 1' } },
  { rule: 'headers', what: 'no title', files: { 'sql/twap/planted.sql': HEADER.replace('-- Title.\n', '') } },
  { rule: 'asked', what: 'a statement nobody asks', files: { 'sql/twap/planted.sql': `${HEADER}select 1` } },
  {
    rule: 'castParameters',
    what: 'a parameter without a cast',
    files: { 'sql/twap/planted.sql': `${HEADER}select :a::int + :a as b` },
  },
  { rule: 'lowerCase', what: 'shouting', files: { 'sql/twap/planted.sql': `${HEADER}SELECT :a::int as b` } },
]

const judge = (rule: RuleName, where: Sources): readonly string[] =>
  RULES[rule](where).map(({ file, text }) => `${file}: ${text}`)

describe('the house', () => {
  test.each(Object.keys(RULES) as RuleName[])('%s', (rule) => {
    expect(judge(rule, sources)).toEqual([])
  })

  test('is all there: the rules saw files of every kind', () => {
    expect([...sources.keys()].filter((path) => path.startsWith('src/commands/')).length).toBeGreaterThan(5)
    expect([...sources.keys()].filter((path) => path.endsWith('.sql')).length).toBeGreaterThan(10)
  })

  test('every package that is shipped has an owner', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    expect(Object.keys(dependencies).filter((name) => !(name in OWNERS))).toEqual([])
  })
})

describe('a planted violation is found', () => {
  test('for every rule', () => {
    const planted = new Set(PLANTED.map(({ rule }) => rule))
    expect(Object.keys(RULES).filter((rule) => !planted.has(rule as RuleName))).toEqual([])
  })

  test.each(PLANTED)('$rule: $what', ({ rule, files, at }) => {
    const where = at ?? Object.keys(files)[0]!
    const before = judge(rule, sources).filter((text) => text.startsWith(`${where}: `))
    const after = judge(rule, new Map([...sources, ...Object.entries(files)]))
    expect(before).toEqual([])
    expect(after.filter((text) => text.startsWith(`${where}: `))).not.toEqual([])
  })
})

describe('imports are read', () => {
  test.each([
    ["import a from './a.ts'", 'static'],
    ["import a, { b } from './a.ts'", 'static'],
    ["import * as a from './a.ts'", 'static'],
    ["import {\n  a,\n  type B,\n} from './a.ts'", 'static'],
    ["import './a.ts'", 'static'],
    ["export * from './a.ts'", 'static'],
    ["import type a from './a.ts'", 'type'],
    ["import { type A, type B } from './a.ts'", 'type'],
    ["export type { A } from './a.ts'", 'type'],
    ["let a: typeof import('./a.ts')", 'type'],
    ["const a = await import('./a.ts')", 'dynamic'],
  ])('%s', (text, kind) => {
    expect(importsOf('src/b.ts', text)).toMatchObject([{ target: 'src/a.ts', kind }])
  })

  test.each([["// import a from './a.ts'"], [" * import('./a.ts')"], ['const text = "import a from \'./a.ts\'"']])(
    'not from a comment or a text: %s',
    (text) => {
      expect(importsOf('src/b.ts', text)).toEqual([])
    },
  )
})
