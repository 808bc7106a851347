// The README's command reference, generated from what --help prints.
import { PassThrough, Writable } from 'node:stream'
import type { Command } from '@commander-js/extra-typings'
import type { OutStream } from '../../src/cli/io.ts'
import { createContext } from '../../src/cli/live-context.ts'
import { createProgram } from '../../src/cli/program.ts'

export interface Entry {
  /** `arxdb local start` */
  readonly name: string
  /** Heading that --help shows the command under; a subcommand has its parent's. */
  readonly group: string
  readonly help: string
  readonly examples: readonly string[]
}

function pipe(): OutStream & { take(): string } {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const take = () => {
    const taken = text
    text = ''
    return taken
  }
  return { stream, isTTY: false, width: 80, color: false, take }
}

/** Global options stand in front, once. */
const withoutGlobals = (help: string): string => help.replace(/^Global Options:\n(?: .*\n)+\n?/m, '')

const examplesIn = (help: string): readonly string[] =>
  [...(help.split(/^Examples:$/m)[1] ?? '').matchAll(/^ {2}\$ (.+)$/gm)].map(([, line]) => line!)

/** arxdb itself, then every command that help shows, in its order. */
export async function entries(): Promise<readonly Entry[]> {
  const out = pipe()
  const world = {
    io: { stdin: new PassThrough(), out, err: pipe() },
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    now: () => new Date(0),
  }
  const program = await createProgram(createContext(world, async () => 0))
  const found: Entry[] = []
  const visit = (command: Command, words: readonly string[], group: string): void => {
    command.outputHelp()
    const full = out.take().replace(/[ \t]+$/gm, '')
    const help = words.length === 1 ? full : withoutGlobals(full)
    found.push({ name: words.join(' '), group, help: `${help.trim()}\n`, examples: examplesIn(help) })
    for (const child of command.createHelp().visibleCommands(command)) {
      if (child.name() === 'help') continue
      visit(
        child as Command,
        [...words, child.name()],
        words.length === 1 ? child.helpGroup().replace(/:$/, '') : group,
      )
    }
  }
  visit(program, ['arxdb'], '')
  return found
}

/** Markdown: a heading for each group of commands, the help of each command as it is. */
export function markdown(all: readonly Entry[]): string {
  let group = ''
  const parts = all.flatMap(({ name, group: of, help }) => {
    const heading = of === group ? [] : [`### ${of}`]
    group = of
    return [...heading, `#### \`${name}\``, `\`\`\`text\n${help}\`\`\``]
  })
  return parts.join('\n\n')
}

const MARKERS = /(<!-- commands -->\n)([\s\S]*?)(<!-- \/commands -->)/

/** What stands between the markers now; undefined where they are missing. */
export const referenceIn = (readme: string): string | undefined => MARKERS.exec(readme)?.[2]?.trim()

export const withReference = (readme: string, reference: string): string =>
  readme.replace(MARKERS, (_, open: string, __, close: string) => `${open}\n${reference}\n\n${close}`)
