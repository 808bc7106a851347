// Everybody who pushes and fetches: one process for each segment, as PostgreSQL's archiver and its recovery start them.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Segments } from './segments.ts'

export interface Mover {
  readonly name: string
  /** An empty repository. */
  prepare(): void
  push(name: string): void
  fetch(name: string, to: string): void
  /** What runs on in the background is ended. */
  end?(): void
}

const run = (file: string, args: readonly string[], cwd: string): void => {
  const { status, stderr } = spawnSync(file, [...args], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${status} ${stderr}`)
}

export function movers(folder: string, { data }: Segments): readonly Mover[] {
  const fresh = (name: string): string => {
    const repo = join(folder, `repo-${name}`)
    rmSync(repo, { recursive: true, force: true })
    mkdirSync(repo)
    return repo
  }
  const source = (name: string): string => join('pg_wal', name)

  const shell = (name: string, script: string): Mover => {
    const repo = join(folder, `repo-${name}`)
    return {
      name,
      prepare: () => void fresh(name),
      push: (file) => run('sh', ['-c', script, 'sh', source(file), join(repo, file)], data),
      fetch: (file, to) => run('cp', [join(repo, file), to], data),
    }
  }

  const arxdb = (name: string, flags: readonly string[]): Mover => {
    const repo = join(folder, `repo-${name}`)
    const call = (verb: string, ...args: readonly string[]) =>
      run(process.execPath, [join(process.cwd(), 'bin/arxdb.js'), 'wal', verb, ...args, '--repo', repo], data)
    return {
      name,
      prepare() {
        fresh(name)
        const marker = { format: 1, id: name, created: new Date().toISOString() }
        writeFileSync(join(repo, 'arxdb-repository.json'), JSON.stringify(marker))
      },
      push: (file) => call('push', source(file), ...flags),
      fetch: (file, to) => call('fetch', file, to),
    }
  }

  const pgbackrest = (name: string, settings: readonly string[]): Mover => {
    const repo = join(folder, `repo-${name}`)
    const config = join(folder, `${name}.conf`)
    const call = (...args: readonly string[]) =>
      run('pgbackrest', [`--config=${config}`, '--stanza=bench', ...args], data)
    return {
      name,
      prepare() {
        fresh(name)
        for (const sub of ['spool', 'lock']) {
          rmSync(join(folder, sub), { recursive: true, force: true })
          mkdirSync(join(folder, sub))
        }
        writeFileSync(
          config,
          ['[global]', `repo1-path=${repo}`, `spool-path=${folder}/spool`, `lock-path=${folder}/lock`]
            .concat(
              'log-level-file=off',
              'log-level-console=error',
              'compress-type=zst',
              'compress-level=3',
              ...settings,
            )
            .concat('[bench]', `pg1-path=${data}`, '')
            .join('\n'),
        )
        call('--no-online', 'stanza-create')
      },
      push: (file) => call('archive-push', source(file)),
      fetch(file, to) {
        // The asynchronous one trips over its own spool on a busy machine, and is asked again.
        for (let left = 3; ; left--) {
          try {
            return call('archive-get', file, to)
          } catch (error) {
            if (left === 0) throw error
          }
        }
      },
    }
  }

  const hasPgbackrest = spawnSync('pgbackrest', ['version']).status === 0
  return [
    shell('cp', 'test ! -f "$2" && cp "$1" "$2"'),
    shell(
      'cp, synced',
      'test ! -f "$2" && cp "$1" "$2.new" && sync "$2.new" && mv "$2.new" "$2" && sync "$(dirname "$2")"',
    ),
    arxdb('arxdb', []),
    arxdb('arxdb, no batch', ['--no-batch']),
    arxdb('arxdb, no compression', ['--compression', 'none']),
    ...(hasPgbackrest
      ? [pgbackrest('pgBackRest', []), pgbackrest('pgBackRest, async', ['archive-async=y', 'process-max=2'])]
      : []),
  ]
}

/** Bytes below a folder, as du counts them. */
export const sizeOf = (path: string): number => Number(execFileSync('du', ['-sb', path]).toString().split('\t')[0])
