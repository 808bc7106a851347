// arxdb, as the walk's administrator calls it: the program itself, by the account that the server runs as.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { planted } from '../harness/faulty.ts'
import { who } from './cluster.ts'
import type { Stanza } from './stanza.ts'

export interface Said {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Tool {
  /** What archive_command is. */
  readonly archiveCommand: string
  run(args: readonly string[], killAt?: number): Promise<Said>
  /** Its answer; undefined where it ended otherwise than with `good`. */
  rows<T>(said: Said, good?: readonly number[]): readonly T[] | undefined
}

export const RETENTION = { keepVerified: 2, count: 3, days: 0 }

export interface Where {
  /** The checkout. */
  readonly root: string
  readonly repo: string
  readonly folder: string
  readonly bindir: string
  readonly stanza?: Stanza | undefined
}

export function makeTool({ root, repo, folder, bindir, stanza }: Where): Tool {
  const config = join(folder, 'arxdb.json')
  const keyFile = join(folder, 'key')
  writeFileSync(
    config,
    JSON.stringify({
      backup: {
        ...{ repo, keyFile, bindir, staging: join(folder, 'staging'), retention: RETENTION },
        ...(stanza ? { stanza: stanza.name } : {}),
      },
    }),
  )
  const words = [process.execPath, join(root, 'bin/arxdb.js')]
  const base = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    TZ: 'UTC',
    NO_COLOR: '1',
    ARXDB_BACKUP_KEY: keyFile,
    ...stanza?.env,
  }
  const preload = `--import=${join(root, 'test/faults/harness/preload.js')}`
  const tool: Tool = {
    archiveCommand: `HOME=${folder} ${words.join(' ')} wal push %p --repo ${repo}`,
    run(args, killAt) {
      const more = killAt === undefined ? {} : { ...planted('plain', { at: killAt }), NODE_OPTIONS: preload }
      const all = [...words.slice(1), ...args, '--config', config]
      const child = spawn(words[0]!, all, {
        cwd: folder,
        ...who,
        env: { ...base, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', (chunk) => {
        stdout += chunk
      })
      child.stderr.on('data', (chunk) => {
        stderr += chunk
      })
      return new Promise((resolve, reject) => {
        child.on('error', reject)
        child.on('exit', (code, signal) => {
          // What it started may hold the pipes for longer.
          setTimeout(() => resolve({ code, signal, stdout, stderr }), killAt === undefined ? 0 : 20)
        })
      })
    },
    rows: (said, good = [0]) => (good.includes(said.code ?? -1) ? JSON.parse(said.stdout) : undefined),
  }
  return tool
}
