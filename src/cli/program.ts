// Builds the command tree, fresh for each run: no state is shared between two.
import { Command, Help } from '@commander-js/extra-typings'
import { arbitrageCommand } from '../commands/arbitrage.ts'
import { atrCommand } from '../commands/atr.ts'
import { backupCommand } from '../commands/backup/backup.ts'
import { bollingerCommand } from '../commands/bollinger.ts'
import { candlesCommand } from '../commands/candles.ts'
import { changeCommand } from '../commands/change.ts'
import { coinsCommand } from '../commands/coins.ts'
import { completionCommand } from '../commands/completion.ts'
import { configCommand } from '../commands/config/config.ts'
import { correlationCommand } from '../commands/correlation.ts'
import { coverageCommand } from '../commands/coverage.ts'
import { demoCommand } from '../commands/demo.ts'
import { gapsCommand } from '../commands/gaps.ts'
import { healthCommand } from '../commands/health.ts'
import { importsCommand } from '../commands/imports/imports.ts'
import { indexesCommand } from '../commands/indexes.ts'
import { indicatorsCommand } from '../commands/indicators.ts'
import { ingestCommand } from '../commands/ingest.ts'
import { localCommand } from '../commands/local/local.ts'
import { locksCommand } from '../commands/locks.ts'
import { macdCommand } from '../commands/macd.ts'
import { marketCommand } from '../commands/market.ts'
import { migrateCommand } from '../commands/migrate/migrate.ts'
import { policyCommand } from '../commands/policy/policy.ts'
import { priceCommand } from '../commands/price.ts'
import { restoreCommand } from '../commands/restore/restore.ts'
import { rsiCommand } from '../commands/rsi.ts'
import { scheduleCommand } from '../commands/schedule/schedule.ts'
import { sizesCommand } from '../commands/sizes.ts'
import { slowCommand } from '../commands/slow.ts'
import { sqlCommand } from '../commands/sql/sql.ts'
import { trendCommand } from '../commands/trend.ts'
import { twapCommand } from '../commands/twap.ts'
import { volatilityCommand } from '../commands/volatility.ts'
import { vwapCommand } from '../commands/vwap.ts'
import { walCommand } from '../commands/wal/wal.ts'
import { packageVersion } from '../statements/package-root.ts'
import type { Context, Globals, View } from './context.ts'
import { helpCommand } from './help.ts'
import type { LiveContext } from './live-context.ts'
import { globalOptions } from './options.ts'
import { fullName } from './reached.ts'

type Factory = (context: Context) => Command<never[], never, never> | Command

/** The commands, in the groups that help shows them in. */
const GROUPS: Readonly<Record<string, readonly Factory[]>> = {
  'Set up:': [localCommand, migrateCommand, configCommand, completionCommand, demoCommand] as unknown as Factory[],
  'Load:': [ingestCommand, importsCommand] as unknown as Factory[],
  'Ask:': [
    coinsCommand,
    coverageCommand,
    gapsCommand,
    priceCommand,
    changeCommand,
    candlesCommand,
    twapCommand,
    vwapCommand,
    rsiCommand,
    macdCommand,
    bollingerCommand,
    atrCommand,
    indicatorsCommand,
    volatilityCommand,
    correlationCommand,
    trendCommand,
    arbitrageCommand,
    marketCommand,
    sqlCommand,
  ] as unknown as Factory[],
  'Keep:': [
    policyCommand,
    sizesCommand,
    backupCommand,
    restoreCommand,
    walCommand,
    scheduleCommand,
  ] as unknown as Factory[],
  'Watch:': [healthCommand, slowCommand, locksCommand, indexesCommand] as unknown as Factory[],
}

/** The factory of a command that a line begins with: the others need not be built for it. */
const named = (word: string | undefined): Factory | undefined =>
  Object.values(GROUPS)
    .flat()
    .find((factory) => factory.name === `${word}Command`)

const EPILOGUE = `
Exit codes: 0 ok, 1 failure, 2 usage, 3 a check found problems, 4 cannot
connect, 5 not possible on this engine, 6 refused (needs --yes, lock held),
124 timeout, 130 interrupted.
Connects to --url, --service, ARXDB_URL, DATABASE_URL, PG*, the config file,
else to a server of its own.
`

/** The whole command line as commander sees it; actions run in `context`. */
export async function createProgram(context: LiveContext, argv: readonly string[] = []): Promise<Command> {
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
  const only = named(argv[0])
  for (const [group, factories] of Object.entries(GROUPS)) {
    program.commandsGroup(group)
    for (const factory of factories)
      if (!only || factory === only) program.addCommand(inherit(factory(context) as Command, program))
  }
  program.commandsGroup('Set up:')
  program.addCommand(inherit(helpCommand() as unknown as Command, program))
  if (argv[0] === 'completion' || argv[0] === 'complete') {
    const { installCompletion } = await import('./completion.ts')
    await installCompletion(program)
  }
  return program
}

/** addCommand() does not hand the parent's settings down. */
function inherit(command: Command, parent: Command): Command {
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
