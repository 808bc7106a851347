// Shell completion: the scripts, and the hidden `complete -- WORDS` they call at every Tab. Loaded for these two only.
import { Command } from '@commander-js/extra-typings'
import type { Command as CommanderCommand } from 'commander'
import { expectsFile } from './completion-files.ts'

type Tab = typeof import('@bomb.sh/tab')
type Root = Tab['default']

const NO_CANDIDATE = /^:4\n?$/

/** Gives `completion SHELL` its action and adds `complete`; both write to the program's own output. */
export async function installCompletion(program: Command): Promise<void> {
  const { default: root, script } = await import('@bomb.sh/tab')
  const write = program.configureOutput().writeOut ?? (() => {})
  const completion = program.commands.find((child) => child.name() === 'completion')
  completion?.action((...given) => {
    write(mended(printed(() => script(String(given[0]), program.name(), program.name()))))
  })
  const complete = new Command('complete').argument('[words...]').action(async (words) => {
    await describeTree(root, program)
    const answer = printed(() => root.parse(withoutSettled(words)))
    // Tab never offers files; where one is due and nothing else was found, the shell's own completion may.
    write(NO_CANDIDATE.test(answer) && expectsFile(program, words) ? ':0\n' : answer)
  })
  program.addCommand(complete.copyInheritedSettings(program), { hidden: true })
}

/** Tab takes the word after `--env=prod` for its value; what is settled needs no completing. */
const withoutSettled = (words: readonly string[]): string[] =>
  words.filter((word, i) => i === words.length - 1 || !/^--[^=]+=/.test(word))

/** Tells tab of every command and flag. */
async function describeTree(root: Root, program: Command): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab/commander')
  // Its tree is the module's own and would remember an earlier program.
  root.commands.clear()
  root.options.clear()
  tab(mirror(program) as unknown as CommanderCommand, { completionCommandName: 'completion' })
  // Global flags are understood after the command's name too.
  for (const command of root.commands.values())
    for (const [name, option] of root.options) if (!command.options.has(name)) command.options.set(name, option)
}

/** The adapter adds `completion` and `complete` of its own, so it gets a program without ours. */
function mirror(program: Command): Command {
  const copy = new Command(program.name()) as Command
  for (const option of program.options) copy.addOption(option)
  for (const child of program.commands)
    if (!['completion', 'complete', 'help'].includes(child.name())) copy.addCommand(child)
  return copy
}

/** What bash itself knows of the line, for where the package bash-completion is not installed. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: bash's braces
const BARE_WORDS = 'words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${words[cword]}; prev=${words[cword-1]}'

/** Bash: sourcing the script twice must not fail on its constants, and files are offered where they are due. */
const mended = (text: string): string =>
  text
    .replace(/^readonly (?=ShellComp)/gm, '')
    .replace(/^complete -F /gm, 'complete -o default -F ')
    .replace(
      /^( *)(_get_comp_words_by_ref .*)$/m,
      (_, indent, line) =>
        `${indent}if declare -F _get_comp_words_by_ref >/dev/null; then ${line}\n${indent}else ${BARE_WORDS}; fi`,
    )

/** Tab prints by console.log, to the process's stdout; what it says belongs on the stream of this run. */
function printed(print: () => void): string {
  const terminal = globalThis.console
  const log = terminal.log
  let text = ''
  terminal.log = (line: string) => {
    text += `${line}\n`
  }
  try {
    print()
  } finally {
    terminal.log = log
  }
  return text
}
