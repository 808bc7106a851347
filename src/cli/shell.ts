// What every command line of arxdb has, whichever commands it knows: global options, help, exit codes, and one context.
import { Command, Help } from '@commander-js/extra-typings'
import { packageVersion } from '../statements/package-root.ts'
import type { Context, Globals, View } from './context.ts'
import { helpCommand } from './help.ts'
import type { LiveContext } from './live-context.ts'
import { globalOptions } from './options.ts'
import { fullName } from './reached.ts'

export type Factory<C = Context> = (context: C) => Command<never[], never, never> | Command

/** Commands in the groups that help shows them in. */
export type Groups<C = Context> = Readonly<Record<string, readonly Factory<C>[]>>

const EPILOGUE = `
Exit codes: 0 ok, 1 failure, 2 usage, 3 a check found problems, 4 cannot
connect, 5 not possible on this engine, 6 refused (needs --yes, lock held),
124 timeout, 130 interrupted.
Connects to --url, --service, ARXDB_URL, DATABASE_URL, PG*, the config file,
else to a server of its own.
`

/** A command line of these commands as commander sees it; actions run in `context`. */
export function programOf<C extends Pick<LiveContext, 'io' | 'begin'>>(context: C, groups: Groups<C>): Command {
  const program = new Command('arxdb')
    .description('Cryptocurrency market data in PostgreSQL and TimescaleDB: load it exactly once, ask with evidence.')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      // In the help of a group they would stand between the reader and its commands.
      visibleGlobalOptions(command) {
        return command.commands.length > 0 ? [] : Help.prototype.visibleGlobalOptions.call(this, command)
      },
      helpWidth: context.io.out.isTTY ? Math.min(context.io.out.width, 100) : 100,
    })
    .configureOutput({
      writeOut: (text) => void context.io.out.stream.write(text),
      writeErr: (text) => void context.io.err.stream.write(text),
      getOutHasColors: () => context.io.out.color,
      getErrHasColors: () => context.io.err.color,
      // The one catch prints errors.
      outputError: () => {},
    })
    .addHelpText('after', EPILOGUE) as Command
  for (const option of globalOptions()) program.addOption(option)
  program.hook('preAction', (_, action) => {
    context.begin({ ...(program.opts() as Globals), ...viewOf(action.opts()) }, nameOf(action as Command))
  })
  for (const [group, factories] of Object.entries(groups)) {
    program.commandsGroup(group)
    for (const factory of factories) program.addCommand(inherit(factory(context) as Command, program))
  }
  return program
}

/** addCommand() does not hand the parent's settings down. */
export function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(child as Command, command)
  if (command.commands.length > 0) command.addCommand(helpCommand().copyInheritedSettings(command))
  return command
}

/** How a question's answer is shown is the shell's business, wherever the command. */
const viewOf = ({ chart, chartFile, watch, sql, explain }: View): View => ({
  ...{ chart, chartFile, watch, sql },
  // Of `slow` it takes a name, and is something else.
  explain: explain === true,
})

/** `migrate status`: the words after arxdb. */
const nameOf = (command: Command): string => fullName(command).replace(/^arxdb ?/, '')
