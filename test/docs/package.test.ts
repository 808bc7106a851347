// What npm would publish, and that it works by itself: no sources, no node_modules.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importsOf, packageOf } from '../architecture/graph.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length))

let files: readonly string[]

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/main.js'))) throw new Error('nothing is built: npm run build')
  const { stdout } = await execa('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
  const told: unknown = JSON.parse(stdout)
  const [packed] = (Array.isArray(told) ? told : Object.values(told as object)) as { files: { path: string }[] }[]
  files = packed!.files.map(({ path }) => path)
})

describe('the package', () => {
  test('holds what it needs', () => {
    const needed = [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'bin/arxdb.js',
      'dist/main.js',
      'dist/wal.js',
    ]
    const library = ['dist/index.js', 'dist/types/index.d.ts']
    expect(files).toEqual(expect.arrayContaining([...needed, ...library]))
  })

  test('holds every statement and migration', () => {
    expect(files.filter((file) => file.startsWith('sql/')).toSorted()).toEqual([...filesBelow('sql')].toSorted())
  })

  test('holds nothing else', () => {
    const known = /^(bin|dist|sql)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/
    expect(files.filter((file) => !known.test(file))).toEqual([])
  })

  test('holds every chunk that its program loads, and loads no package', () => {
    const reached = new Set(['dist/main.js', 'dist/wal.js'])
    const packages = new Set<string>()
    for (const file of reached) {
      for (const { target, specifier } of builtImports(file)) {
        if (target !== undefined) reached.add(target)
        else if (!isBuiltin(specifier)) packages.add(specifier)
      }
    }
    expect(reached.size).toBeGreaterThan(5)
    expect([...reached].filter((file) => !files.includes(file))).toEqual([])
    // Ink asks for it where DEV=true, and does without.
    packages.delete('react-devtools-core')
    expect([...packages]).toEqual([])
  })

  test('its library leans on packages that are installed with it', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const used = new Set(builtImports('dist/index.js').map(({ specifier }) => packageOf(specifier)))
    expect([...used].filter((name) => name && name !== 'node:' && !isBuiltin(name) && !(name in dependencies))).toEqual(
      [],
    )
    expect(used).toContain('pg')
  })
})

/** Built files are minified by nobody: each import still starts a line, or is a call. */
function builtImports(file: string): readonly { readonly specifier: string; readonly target: string | undefined }[] {
  const text = readFileSync(join(root, file), 'utf8')
  const calls = [...text.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, specifier]) => specifier!)
  const declared = importsOf(file, text.replace(/^import\{.*$/m, '')).map(({ specifier }) => specifier)
  return [...new Set([...calls, ...declared])].map((specifier) => ({
    specifier,
    target: specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined,
  }))
}

describe('the package, unpacked where nothing else is', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'arxdb-package-'))
    for (const file of files) cpSync(join(root, file), join(folder, file), { recursive: true })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const arxdb = (...args: string[]) => execa('node', [join(folder, 'bin/arxdb.js'), ...args], { cwd: dirname(folder) })

  test('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect((await arxdb('--version')).stdout).toBe(version)
  })

  test('finds its statements', async () => {
    expect((await arxdb('sql', 'show', 'twap/window')).stdout).toContain('Time-weighted average price')
  })
})
