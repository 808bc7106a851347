// Bash, the printed script and the built program together: what Tab offers.
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { program } from './spawn.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'arxdb-tab-'))
  writeFileSync(join(folder, 'arxdb'), `#!/bin/sh\nexec "${process.execPath}" "${program()}" "$@"\n`)
  chmodSync(join(folder, 'arxdb'), 0o755)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The candidates after Tab at the end of the words, in a bash without the bash-completion package. */
async function tab(...words: readonly string[]): Promise<readonly string[]> {
  const line = `set -u
compopt() { :; }
source <(arxdb completion bash)
COMP_WORDS=(arxdb "$@"); COMP_CWORD=$#; COMPREPLY=()
"$(complete -p arxdb | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
printf '%s\\n' "\${COMPREPLY[@]:-}"`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', line, 'bash', ...words], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder },
  })
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}

test('commands and sub-commands', async () => {
  expect(await tab('tw')).toEqual(['twap'])
  expect(await tab('migrate', 'st')).toEqual(['status'])
  expect(await tab('local', '')).toEqual(expect.arrayContaining(['start', 'stop', 'status', 'destroy']))
  expect(await tab('local', 'w')).toEqual([''])
})

test('options, and the values they take', async () => {
  expect(await tab('twap', 'BTC', '--ma')).toEqual(['--max-staleness'])
  expect(await tab('twap', 'BTC', '--basis', '')).toEqual(['ticks', 'candles', 'auto'])
  expect(await tab('coins', '-o', 'js')).toEqual(['json'])
  expect(await tab('ingest', '--table', 'o')).toEqual(['ohlcv'])
  expect(await tab('migrate', 'up', '--tier', '')).toEqual(['plain', 'apache', 'community'])
})
