// Where on the command line the next word is a file: after `--out`, or as a command's FILE argument.
import type { Command, Option } from '@commander-js/extra-typings'
import { childOf, valueOption } from './reached.ts'

const FILE = /file|dir|path/i

/** Whether the last of `words`, the one being typed, stands where a file or directory is due. */
export function expectsFile(program: Command, words: readonly string[]): boolean {
  let command = program
  let positionals = 0
  let flag: Option | undefined
  for (const word of words.slice(0, -1)) {
    if (flag) flag = undefined
    else if (word.startsWith('-')) flag = valueOption(word, [command, program])
    else {
      const child = childOf(command, word)
      if (child && positionals === 0) command = child
      else positionals++
    }
  }
  if (flag) return FILE.test(placeholder(flag))
  if (words.at(-1)?.startsWith('-')) return false
  const expected = command.registeredArguments
  const last = expected.at(-1)
  const argument = expected[positionals] ?? (last?.variadic ? last : undefined)
  return argument !== undefined && FILE.test(argument.name())
}

const placeholder = (option: Option): string => /[<[](.*)[>\]]/.exec(option.flags)?.[1] ?? ''
