// Which config files count, and what stands in them.
import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { ArxError, type ExitCode, usageError } from '../errors.ts'
import type { FileConfig } from './schema.ts'
import type { Problem } from './validate.ts'

export type Env = Readonly<Record<string, string | undefined>>

export interface Places {
  readonly cwd: string
  readonly env: Env
  /** --config or ARXDB_CONFIG: this file and no other. */
  readonly only?: string | undefined
}

export interface FoundFile {
  readonly path: string
  /** How messages call it: `arxdb.json`, or the whole path of another. */
  readonly name: string
  readonly config: FileConfig
}

export interface Found {
  /** Highest first: the project's, then the user's. */
  readonly files: readonly FoundFile[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
}

const NAME = 'arxdb.json'
export const homeOf = (env: Env): string => env.HOME || homedir()

/** Reads the files that count, without throwing for what stands in them. */
export async function findFiles(places: Places): Promise<Found> {
  const warnings: string[] = []
  const files: FoundFile[] = []
  const problems: Problem[] = []
  for (const path of await paths(places, warnings)) {
    const name = places.only === undefined && path.endsWith(`/${NAME}`) ? NAME : path
    const text = await readFile(path, 'utf8')
    const config = await parse(text, name)
    if (Array.isArray(config)) problems.push(...config)
    else files.push({ path, name, config: config as FileConfig })
    if (holdsPassword(text) && ((await stat(path)).mode & 0o077) !== 0 && process.platform !== 'win32') {
      warnings.push(`${path} holds a password and others can read it (chmod 600 ${path}, or use ~/.pgpass)`)
    }
  }
  return { files, problems, warnings }
}

async function paths({ cwd, env, only }: Places, warnings: string[]): Promise<readonly string[]> {
  if (only !== undefined) {
    const path = resolve(cwd, only)
    if (!(await isFile(path))) throw usageError(`the config file ${only} does not exist`)
    return [path]
  }
  // The XDG specification says that a relative path is to be ignored.
  const xdg =
    env.XDG_CONFIG_HOME && isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : join(homeOf(env), '.config')
  const user = join(xdg, 'arxdb', 'config.json')
  const project = await upward(cwd, homeOf(env), warnings)
  return [...(project ? [project] : []), ...((await isFile(user)) ? [user] : [])]
}

/** The nearest arxdb.json from `cwd` up, as far as the repository's root or the home directory. */
async function upward(cwd: string, home: string, warnings: string[]): Promise<string | undefined> {
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const path = join(directory, NAME)
    if (await isFile(path)) {
      if (!(await isForeign(directory, path))) return path
      warnings.push(`${path} is ignored: it is another user's, in a directory where everybody may write`)
    }
    const root = await stat(join(directory, '.git')).catch(() => undefined)
    if (root || directory === home || directory === dirname(directory)) return undefined
  }
}

/** Somebody else's file in /tmp could send our password to a server of theirs. */
async function isForeign(directory: string, path: string): Promise<boolean> {
  const open = ((await stat(directory)).mode & 0o002) !== 0
  return open && process.getuid !== undefined && ![0, process.getuid()].includes((await stat(path)).uid)
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false

async function parse(text: string, name: string): Promise<FileConfig | readonly Problem[]> {
  let input: unknown
  try {
    input = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    return [{ file: name, pointer: '', problem: `is not JSON: ${complaint(error as Error, text)}` }]
  }
  const { validate } = await import('./validate.ts')
  return validate(input, name)
}

/** V8's message can quote the text around the error, and with it a password. */
function complaint({ message }: Error, text: string): string {
  const position = /at position (\d+)/.exec(message)?.[1]
  const what = message.replace(/ (?:in JSON )?at position.*| in JSON.*|, ".*| is not valid JSON$/s, '')
  const said = `${what.charAt(0).toLowerCase()}${what.slice(1)}`
  if (position === undefined) return said
  const before = text.slice(0, Number(position)).split('\n')
  return `${said} in line ${before.length}, column ${before.at(-1)!.length + 1}`
}

const holdsPassword = (text: string): boolean =>
  /postgres(?:ql)?:\/\/[^\s:/"@]*:[^\s"@]+@|[?&\s"]password\s*=\s*[^\s"&]/i.test(text)

/** All problems as one error: exit 2 for a command that cannot go on, 3 for `config check`. */
export const invalid = (problems: readonly Problem[], exit: ExitCode, hint?: string): ArxError =>
  new ArxError({
    code: 'config-invalid',
    message: `the config has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
    detail: problems
      .map(({ file, pointer, problem }) => `${file}${pointer && `#${pointer}`}: ${problem}`)
      .join('\n       '),
    hint,
    exit,
  })
