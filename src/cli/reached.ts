// Which command a line means, also a line that commander could not parse.
import type { Command, Option } from '@commander-js/extra-typings'

export interface Reached {
  readonly command: Command
  /** The first word that is neither a command nor belongs to an option. */
  readonly stray: string | undefined
}

/** Follows the words of a line down the tree of commands, stepping over options and their values. */
export function reached(program: Command, argv: readonly string[]): Reached {
  let command = program
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (word.startsWith('-')) {
      if (valueOption(word, [command, program])) i++
      continue
    }
    const child = childOf(command, word)
    if (!child) return { command, stray: word }
    command = child
  }
  return { command, stray: undefined }
}

export const childOf = (command: Command, word: string): Command | undefined =>
  command.commands.find((child) => child.name() === word || child.aliases().includes(word)) as Command | undefined

/** `arxdb migrate status` */
export function fullName(command: Command): string {
  const words: string[] = []
  for (let at: Command | null = command; at; at = at.parent as Command | null) words.unshift(at.name())
  return words.join(' ')
}

/** The option that `word` names, when the word after it is its value. */
export function valueOption(word: string, commands: readonly Command[]): Option | undefined {
  const options = commands.flatMap((command) => command.options)
  const named = options.find((option) => option.short === word || option.long === word)
  return named?.required || named?.optional ? named : undefined
}
