// What a program sees that installs the package: the types as built, without this project's own packages around.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

const GOOD = `
import { ArxError, type Client, type ClientOptions, connect, type Writer, WriteError } from 'arxdb'
const options: ClientOptions = { profile: 'production', pool: { max: 3 } }
const client: Client = await connect('postgres://localhost', options)
const counts: { readonly inserted: number } = await client.batchInsert('t', [{ a: 1 }], { onConflict: 'skip' })
const rows = await client.queryTimeRange<{ price: string }>('t', new Date(0), '2025-01-01', { columns: ['price'] })
const price: string | undefined = rows[0]?.price
const writer: Writer = client.writer('t', { maxRows: 10 })
await client.transaction(async (tx) => tx.updateVersioned('t', { id: 1 }, 1, { a: 2 }), { isolation: 'serializable' })
const exit = (error: ArxError | WriteError): number => error.exit
const bucket: number | undefined = client.stats().duration.buckets[0]?.le
export { bucket, counts, exit, price, writer }
`
const BAD = `
import { connect } from 'arxdb'
const client = await connect('postgres://localhost', { profil: 'production' })
await client.batchInsert('t', [{ a: 1 }], { onConflict: 'ignore' })
const total: string = client.stats().total
export { total }
`

let program: string
const compile = (file: string): string => {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    skipLibCheck: false,
    noEmit: true,
  }
  writeFileSync(join(program, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  try {
    return execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', program, '--pretty', 'false'], {
      cwd: program,
      encoding: 'utf8',
    })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

/** The project's own build, into the program's copy of the package instead of dist. */
function build(script: string, cwd: string): void {
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` }
  execFileSync('sh', ['-c', scripts[script]!.replaceAll(/ && npm run \S+/g, '')], { cwd, env })
}

beforeAll(() => {
  program = mkdtempSync(join(tmpdir(), 'arxdb-types-'))
  const source = join(program, 'source')
  mkdirSync(source)
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'))
  for (const part of ['src', 'package.json', 'tsconfig.json'])
    cpSync(join(root, part), join(source, part), { recursive: true })
  build('build:types', source)
  build('build:types:extensions', source)
  const installed = join(program, 'node_modules/arxdb')
  mkdirSync(installed, { recursive: true })
  cpSync(join(source, 'dist'), join(installed, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  cpSync(join(root, 'node_modules/@types/node'), join(program, 'node_modules/@types/node'), { recursive: true })
  cpSync(join(root, 'node_modules/undici-types'), join(program, 'node_modules/undici-types'), { recursive: true })
  writeFileSync(join(program, 'package.json'), '{"type":"module"}')
  rmSync(source, { recursive: true })
})
afterAll(() => rmSync(program, { recursive: true, force: true }))

test('no import in the built types names a .ts file', () => {
  const types = join(program, 'node_modules/arxdb/dist/types')
  const files = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'))
  expect(files).toContain('index.d.ts')
  const wrong = files.filter((file) =>
    /(from |import\()["'][^"']*\.ts["']/.test(readFileSync(join(types, file), 'utf8')),
  )
  expect(wrong).toEqual([])
})

test('a program compiles against them, without the types of pg', () => {
  writeFileSync(join(program, 'good.ts'), GOOD)
  expect(compile('good.ts')).toBe('')
})

test('and is told of its mistakes', () => {
  writeFileSync(join(program, 'bad.ts'), BAD)
  const lines = compile('bad.ts')
    .split('\n')
    .filter((line) => line.startsWith('bad.ts'))
  expect(lines.map((line) => /^bad.ts\((\d+),/.exec(line)?.[1])).toEqual(['3', '4', '5'])
})
