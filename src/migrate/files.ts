// Migration directories: which files they hold, what each says, and which of them are for the database at hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { usageError } from '../errors.ts'
import { packageRoot } from '../statements/package-root.ts'
import { checksum, sha256 } from './checksum.ts'
import { type Directives, readSections, type Section } from './directives.ts'
import { lex } from './lex.ts'
import { type Statement, split } from './split.ts'

/** A directory and the name its migrations go by in the ledger. */
export interface Directory {
  readonly source: string
  readonly path: string
}

export type Variant = 'any' | 'timescaledb' | 'postgres'

export interface MigrationFile {
  readonly source: string
  /** As the file name spells it: `0001`. */
  readonly version: string
  readonly name: string
  readonly variant: Variant
  /** File name, for messages. */
  readonly file: string
  readonly path: string
  readonly text: string
  readonly directives: Directives
  readonly up: readonly Statement[]
  readonly down: readonly Statement[] | undefined
  readonly verify: readonly Statement[]
  /** Over the up section: what was run. The other sections may be mended later. */
  readonly checksum: string
  readonly rawChecksum: string
}

export const BUILT_IN = 'arxdb'
const FILE_NAME = /^(\d+)_([A-Za-z0-9][\w-]*)(?:\.(timescaledb|postgres))?\.sql$/

/** arxdb's own migrations, then each directory given, named by `source` or by its last path part. */
export function directories(
  extra: readonly { readonly path: string; readonly source?: string | undefined }[],
): readonly Directory[] {
  const all = [{ source: BUILT_IN, path: join(packageRoot(), 'sql', 'migrations') }]
  for (const { path, source } of extra) {
    const named = { source: source ?? basename(resolve(path)), path: resolve(path) }
    if (all.some((d) => d.source === named.source)) {
      throw usageError(`two migration directories are called "${named.source}"`, '--source other-name')
    }
    all.push(named)
  }
  return all
}

/** Versions are numbers with any count of leading zeros; BigInt, because timestamps are used as versions too. */
export const compareVersions = (a: string, b: string): number => {
  const difference = BigInt(a) - BigInt(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** CRLF becomes LF, so that a checkout on Windows is not a drift. What is no text would run as something else. */
function readText(path: string, file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw usageError(`cannot read ${file}: ${(error as Error).message}`)
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text.replaceAll('\r\n', '\n')
  } catch {}
  throw usageError(`${file} is not UTF-8 text`, `find out what it is: file ${file}`)
}

/** Reads one file. Throws usage errors: its name, its bytes, its directives, a quote that is never closed. */
export function readMigration(source: string, path: string): MigrationFile {
  const file = basename(path)
  const [, version, name, variant] = FILE_NAME.exec(file) ?? []
  if (version === undefined) {
    throw usageError(
      `${file}: not a migration's file name`,
      'call it 0001_what_it_does.sql, or .timescaledb.sql, .postgres.sql',
    )
  }
  const text = readText(path, file)
  const { directives, tokens } = readSections(file, text, lex(text))
  const section = (which: Section) => {
    const found = tokens.get(which)
    return found && split(text, found)
  }
  const up = section('up') ?? []
  return {
    source,
    version,
    name: name!,
    variant: (variant as Variant | undefined) ?? 'any',
    file,
    path,
    text,
    directives,
    up,
    down: section('down'),
    verify: section('verify') ?? [],
    checksum: checksum(up),
    rawChecksum: sha256(text),
  }
}

function checkVersions(files: readonly MigrationFile[]): void {
  for (const [i, file] of files.entries()) {
    const before = files[i - 1]
    if (!before || compareVersions(before.version, file.version) !== 0) continue
    const variants = before.name === file.name && before.version === file.version && before.variant !== file.variant
    if (variants && before.variant !== 'any' && file.variant !== 'any') continue
    throw usageError(
      `version ${file.version} stands twice in "${file.source}": ${before.file} and ${file.file}`,
      'give one of them another number',
    )
  }
}

/** Every migration of a directory, all variants, by version. A missing directory or a stray .sql file is an error. */
export function readDirectory({ source, path }: Directory): readonly MigrationFile[] {
  if (!existsSync(path)) throw usageError(`no migration directory ${path}`)
  const files = readdirSync(path)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => readMigration(source, join(path, file)))
    .sort((a, b) => compareVersions(a.version, b.version) || (a.file < b.file ? -1 : 1))
  checkVersions(files)
  return files
}

/** The files meant for an engine: a version that exists for the other engine only is not for this database. */
export const filesFor = (
  directories: readonly Directory[],
  engine: Exclude<Variant, 'any'>,
): readonly MigrationFile[] =>
  directories.flatMap((d) => readDirectory(d).filter((f) => f.variant === 'any' || f.variant === engine))

/** `0001_coins`, with its directory's name in front unless it is arxdb's own. */
export const label = (m: { readonly source: string; readonly version: string; readonly name: string }): string =>
  `${m.source === BUILT_IN ? '' : `${m.source}/`}${m.version}_${m.name}`
