// `arxdb health` as cron and Nagios start it, with a memory of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../../../src/health/model.ts'
import { arxdb, type Finished } from '../../e2e/spawn.ts'

export interface Asked extends Finished {
  /** What `-o json` said. */
  readonly findings: readonly Finding[]
}

export interface Program {
  readonly env: Readonly<Record<string, string>>
  /** With `-o json`, read. */
  json(url: string, ...argv: readonly string[]): Promise<Asked>
  /** As it is. */
  run(url: string, ...argv: readonly string[]): Promise<Finished>
  discard(): void
}

export function program(): Program {
  const home = mkdtempSync(join(tmpdir(), 'arxdb-health-home-'))
  const env = { HOME: home, XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config') }
  const run = (url: string, ...argv: readonly string[]) => arxdb(['health', '--url', url, ...argv], env)
  return {
    ...{ env, run },
    async json(url, ...argv) {
      const ended = await run(url, ...argv, '-o', 'json')
      return { ...ended, findings: JSON.parse(ended.stdout) as readonly Finding[] }
    },
    discard: () => rmSync(home, { recursive: true, force: true }),
  }
}

export const of = (findings: readonly Finding[], check: string): readonly Finding[] =>
  findings.filter((one) => one.check === check)
