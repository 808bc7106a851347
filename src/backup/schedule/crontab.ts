// Lines of a crontab between marks of ours; every other line stays byte for byte.
import { existsSync } from 'node:fs'
import { execa } from 'execa'
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import type { ScheduledJob } from './jobs.ts'

/** One word for sh. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

const beginning = (id: string): string =>
  `# arxdb begin ${id}: made by arxdb schedule install, which replaces it as a whole`
const end = (id: string): string => `# arxdb end ${id}`

/**
 * The line of one job. Its own deadline ends it in an orderly way; `timeout`, ten minutes later, is for what hangs beyond
 * that. Cron takes an unescaped % for a new line.
 */
export function cronLine(
  { cron, words, deadlineMs }: Pick<ScheduledJob, 'cron' | 'words' | 'deadlineMs'>,
  log: string | undefined,
  timeout?: string,
): string {
  const limit = deadlineMs === 0 || timeout === undefined ? [] : [timeout, '-k', '60', String(limitOf(deadlineMs))]
  const target = log === undefined ? '' : ` >>${shellWord(log)} 2>&1`
  return `${cron.text} ${`${[...limit, ...words].map(shellWord).join(' ')}${target}`.replaceAll('%', '\\%')}`
}

/** Seconds. */
export const limitOf = (deadlineMs: number): number => Math.ceil(deadlineMs / 1000) + 600

/** What is put into a crontab. Each job takes arxdb's own lock and keeps its own deadline. */
export function cronBlock(id: string, jobs: readonly ScheduledJob[], log: string | undefined): string {
  const timeout = ['/usr/bin/timeout', '/bin/timeout'].find((path) => existsSync(path))
  return [beginning(id), ...jobs.map((job) => cronLine(job, log, timeout)), end(id), ''].join('\n')
}

/** A crontab with the block of that id replaced, added, or (with an empty one) taken out. */
export function withBlock(table: string, id: string, block: string): string {
  const lines = table.split('\n')
  const from = lines.findIndex((line) => line.startsWith(`# arxdb begin ${id}:`))
  const to = lines.findIndex((line, i) => i > from && line === end(id))
  if (from >= 0 && to < 0) {
    throw new ArxError({
      code: 'crontab-torn',
      message: `the crontab has a "# arxdb begin ${id}" without its end`,
      hint: 'crontab -e: remove the lines that are left of it; nothing was changed',
      exit: EXIT.refused,
    })
  }
  if (from >= 0) {
    return [...lines.slice(0, from), ...block.split('\n').slice(0, -1), ...lines.slice(to + 1)].join('\n')
  }
  if (block === '') return table
  return `${table === '' || table.endsWith('\n') ? table : `${table}\n`}${block}`
}

/** The block of that id as it is installed; undefined when there is none. */
export function blockOf(table: string, id: string): readonly string[] | undefined {
  const lines = table.split('\n')
  const from = lines.findIndex((line) => line.startsWith(`# arxdb begin ${id}:`))
  const to = lines.indexOf(end(id))
  return from < 0 || to < from ? undefined : lines.slice(from + 1, to)
}

const options = (env: Env) => ({ env: { ...env, LC_ALL: 'C' }, extendEnv: false, reject: false }) as const

/** The user's crontab; empty when there is none yet. One that could not be written back byte for byte is refused. */
export async function readCrontab(env: Env): Promise<string> {
  const ran = await execa('crontab', ['-l'], { ...options(env), encoding: 'buffer', stripFinalNewline: false })
  const complaint = Buffer.from(ran.stderr ?? [])
    .toString()
    .trim()
  if (ran.failed && /no crontab for/i.test(complaint)) return ''
  if (ran.failed) throw noCron(complaint || ran.shortMessage)
  const table = Buffer.from(ran.stdout).toString()
  if (Buffer.from(table).equals(ran.stdout)) return table
  throw new ArxError({
    code: 'crontab-encoding',
    message: 'the crontab holds bytes that are no UTF-8, which would not survive a change',
    hint: 'put what arxdb schedule print says into it with crontab -e',
    exit: EXIT.unsupported,
  })
}

export async function writeCrontab(table: string, env: Env): Promise<void> {
  const ran = await execa('crontab', ['-'], { ...options(env), input: table })
  if (ran.failed) throw noCron(ran.stderr?.trim() || ran.shortMessage)
}

const noCron = (why: string | undefined): ArxError =>
  new ArxError({
    code: 'no-crontab',
    message: 'the crontab cannot be read or written',
    detail: why,
    hint: 'apt install cron; or arxdb schedule print --format systemd',
    exit: EXIT.unsupported,
  })
