// `arxdb help migrate up`: commander's own help command stops at the first word.
import { Command } from '@commander-js/extra-typings'
import { type ArxError, usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { childOf, fullName } from './reached.ts'

export const helpCommand = () =>
  new Command('help')
    .description('display help for command')
    .argument('[command...]')
    .helpOption(false)
    .action((words, _, self) => {
      let command = self.parent as unknown as Command
      for (const word of words) {
        const child = childOf(command, word)
        if (!child) throw unknownCommand(command, word)
        command = child
      }
      command.outputHelp()
    })

/** With the nearest commands that help shows. */
export function unknownCommand(parent: Command, word: string): ArxError {
  const names = parent
    .createHelp()
    .visibleCommands(parent)
    .map((child) => child.name())
  const near = nearest(word, names, 3)
  const meant = near.length > 1 ? `one of ${near.join(', ')}` : near[0]
  return usageError(
    `unknown command '${word}' of ${fullName(parent)}`.replace(/ of arxdb$/, ''),
    meant === undefined ? `${fullName(parent)} --help` : `did you mean ${meant}?`,
  )
}
