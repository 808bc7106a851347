// From what was typed to the files to load: patterns opened, folders walked, and what is passed over named.
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { usageError } from '../../errors.ts'
import { isRejectsName } from '../load/rejects.ts'

export interface Passed {
  readonly file: string
  readonly why: string
}

export interface Discovered {
  readonly files: readonly string[]
  readonly passed: readonly Passed[]
}

const DATA = /\.(csv|tsv|txt|psv)(\.(gz|zst))?$/i

/** What lies beside data without being any. */
function leftover(name: string): string | undefined {
  if (name.startsWith('._')) return 'an AppleDouble file, the leftovers of a macOS copy'
  return isRejectsName(name) ? 'the rejected rows of an earlier load' : undefined
}

/** Why a file of a folder is none of the data; undefined when it is. */
function junk(name: string): string | undefined {
  const why = leftover(name)
  if (why !== undefined) return why
  if (name.startsWith('.')) return 'a hidden file'
  return DATA.test(name) ? undefined : 'its name is not one of .csv, .tsv, .txt, .psv, with or without .gz or .zst'
}

/** Opens patterns and folders. Throws where a name stands for nothing, or a folder is named without `recursive`. */
export async function discover(names: readonly string[], recursive: boolean): Promise<Discovered> {
  const files: string[] = []
  const passed: Passed[] = []
  for (const name of names) {
    const found = name === '-' ? undefined : await stat(name).catch(() => undefined)
    if (found?.isDirectory()) {
      if (!recursive) throw usageError(`${name} is a directory`, `arxdb ingest --recursive ${name}`)
      const inside = await walk(name)
      if (inside.files.length === 0) throw usageError(`there is no file to load in ${name}`, 'see what it holds: ls -R')
      files.push(...inside.files)
      passed.push(...inside.passed)
    } else if (!found && /[*?[]/.test(name)) {
      const inside = await opened(name)
      files.push(...inside.files)
      passed.push(...inside.passed)
    } else {
      // The shell's own `*.csv` takes them in; one that stands alone was meant, and is refused with a reason.
      const why = names.length > 1 ? leftover(basename(name)) : undefined
      if (why === undefined) files.push(name)
      else passed.push({ file: name, why })
    }
  }
  return { files: [...new Set(files)], passed }
}

async function walk(folder: string): Promise<Discovered> {
  const files: string[] = []
  const passed: Passed[] = []
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (entry.name.startsWith('.')) continue
      const inside = await walk(path)
      files.push(...inside.files)
      passed.push(...inside.passed)
      continue
    }
    const isLinkedFolder = entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isDirectory()
    const why = isLinkedFolder ? 'a link to a folder: such are not followed' : junk(entry.name)
    if (why === undefined) files.push(path)
    else passed.push({ file: path, why })
  }
  return { files, passed }
}

/** `data/*.csv` where the shell left it as it is; `*` and `?` do not cross a slash, `[ab]` is one of these. */
async function opened(pattern: string): Promise<Discovered> {
  const parts = pattern.split('/')
  let places = [pattern.startsWith('/') ? '/' : '']
  for (const part of parts.filter((p) => p !== '')) {
    const next: string[] = []
    for (const place of places) {
      if (!/[*?[]/.test(part)) {
        next.push(join(place, part))
        continue
      }
      const matches = matcher(part)
      const names = await readdir(place || '.').catch(() => [])
      next.push(
        ...names
          .filter((name) => matches.test(name))
          .sort()
          .map((name) => join(place, name)),
      )
    }
    places = next
  }
  const found: string[] = []
  for (const place of places) if ((await stat(place).catch(() => undefined))?.isFile()) found.push(place)
  const passed = found.flatMap((file) => {
    const why = leftover(basename(file))
    return why === undefined ? [] : [{ file, why }]
  })
  const files = found.filter((file) => leftover(basename(file)) === undefined)
  if (files.length === 0) throw usageError(`no file is called ${pattern}`, 'check the pattern: ls')
  return { files, passed }
}

function matcher(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  // As shells do: a leading dot has to be written out.
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`)
}
