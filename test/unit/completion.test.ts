import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Argument, Command, Option } from '@commander-js/extra-typings'
import { describe, expect, test } from 'vitest'
import { installCompletion } from '../../src/cli/completion.ts'

/** A command line small enough to read, with every kind of thing that can be completed. */
async function ran(...argv: readonly string[]): Promise<string> {
  let out = ''
  const program = new Command('arxdb').exitOverride().configureOutput({
    writeOut: (text) => {
      out += text
    },
  }) as Command
  program.addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'csv', 'json'] as const))
  program.addOption(new Option('--out <file>', 'where to'))
  program.addOption(new Option('-q, --quiet', 'less'))
  program.addCommand(
    new Command('twap')
      .summary('average')
      .argument('<coin>')
      .addOption(new Option('--basis <kind>').choices(['ticks', 'candles'] as const)),
  )
  program.addCommand(new Command('ingest').argument('<file...>').option('--table <name>') as unknown as Command)
  program.addCommand(
    new Command('migrate')
      .addCommand(new Command('up'))
      .addCommand(new Command('status').addOption(new Option('--secret').hideHelp())) as unknown as Command,
  )
  program.addCommand(
    new Command('completion').addArgument(
      new Argument('<shell>').choices(['bash', 'zsh', 'fish', 'powershell']),
    ) as unknown as Command,
  )
  await installCompletion(program)
  await program.parseAsync([...argv], { from: 'user' })
  return out
}

const words = async (...typed: readonly string[]) => {
  const lines = (await ran('complete', '--', ...typed)).trimEnd().split('\n')
  return { values: lines.slice(0, -1).map((line) => line.split('\t')[0]), directive: lines.at(-1) }
}

describe('complete', () => {
  test('offers commands, sub-commands and flags, not what is hidden', async () => {
    const { values } = await words('')
    expect(values).toEqual(expect.arrayContaining(['twap', 'ingest', 'migrate', 'completion']))
    expect(values).not.toContain('complete')
    expect((await words('mig')).values).toEqual(['migrate'])
    expect((await words('migrate', '')).values).toEqual(expect.arrayContaining(['up', 'status']))
    expect((await words('twap', '--')).values).toEqual(expect.arrayContaining(['--basis', '--output', '--quiet']))
    expect((await words('migrate', 'status', '--')).values).not.toContain('--secret')
  })

  test('offers the choices of a flag, of the program and of the command, wherever they stand', async () => {
    expect((await words('twap', '--basis', '')).values).toEqual(['ticks', 'candles'])
    expect((await words('twap', '--output', '')).values).toEqual(['table', 'csv', 'json'])
    expect((await words('twap', 'BTC', '-o', 'j')).values).toEqual(['json'])
    expect((await words('-o', 'c')).values).toEqual(['csv'])
    expect((await words('--out=x', 'twap', '--basis', '')).values).toEqual(['ticks', 'candles'])
    expect((await words('completion', '')).values).toEqual(expect.arrayContaining(['bash', 'zsh']))
  })

  test('lets the shell offer files exactly where a file is due', async () => {
    expect(await words('ingest', '')).toEqual({ values: [], directive: ':0' })
    expect(await words('ingest', 'a.csv', 'b')).toEqual({ values: [], directive: ':0' })
    expect(await words('ingest', '--table', '')).toEqual({ values: [], directive: ':4' })
    expect(await words('twap', '--out', '')).toEqual({ values: [], directive: ':0' })
    expect(await words('twap', '')).toEqual({ values: [], directive: ':4' })
  })

  test('does not remember the program of an earlier call', async () => {
    const earlier = new Command('arxdb').addCommand(new Command('gone').option('--gone')) as unknown as Command
    earlier.configureOutput({ writeOut: () => {} }).option('--long-gone')
    await installCompletion(earlier)
    await earlier.parseAsync(['complete', '--', ''], { from: 'user' })
    expect((await words('')).values).not.toContain('gone')
    expect((await words('--')).values).not.toContain('--long-gone')
  })
})

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish', 'powershell'])('prints the script of %s', async (shell) => {
    expect(await ran('completion', shell)).toMatch(/arxdb complete '?--/)
  })

  test('bash completes through the script, also when it is sourced twice', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'arxdb-completion-'))
    try {
      // Stands for arxdb and for bash-completion's word splitter; the script between them is the one printed.
      await writeFile(join(folder, 'script'), await ran('completion', 'bash'))
      await writeFile(join(folder, 'answer'), await ran('complete', '--', 'twap', '--basis', ''))
      const session = `set -eu
arxdb() { printf '%s\\n' "$*" >> ${folder}/asked; cat ${folder}/answer; }
_get_comp_words_by_ref() { words=(arxdb twap --basis ''); cword=3; cur=''; prev=--basis; }
compopt() { :; }
source ${folder}/script; source ${folder}/script
COMPREPLY=(); __arxdb_complete; printf '%s ' "\${COMPREPLY[@]}"; cat ${folder}/asked; complete -p arxdb`
      const { stdout } = await promisify(execFile)('bash', ['-c', session])
      expect(stdout).toBe('ticks candles complete -- twap --basis \ncomplete -o default -F __arxdb_complete arxdb\n')
      const bare = session.replace(/^_get_comp.*$/m, "COMP_WORDS=(arxdb twap --basis ''); COMP_CWORD=3")
      await rm(join(folder, 'asked'))
      expect((await promisify(execFile)('bash', ['-c', bare])).stdout).toBe(stdout)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
