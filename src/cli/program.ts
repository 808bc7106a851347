// Builds the command tree, fresh for each run: no state is shared between two.
import type { Command } from '@commander-js/extra-typings'
import { alertsCommand } from '../commands/alerts/alerts.ts'
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
import { maintainCommand } from '../commands/maintain.ts'
import { marketCommand } from '../commands/market.ts'
import { metricsCommand } from '../commands/metrics.ts'
import { migrateCommand } from '../commands/migrate/migrate.ts'
import { policyCommand } from '../commands/policy/policy.ts'
import { priceCommand } from '../commands/price.ts'
import { restoreCommand } from '../commands/restore/restore.ts'
import { rsiCommand } from '../commands/rsi.ts'
import { scheduleCommand } from '../commands/schedule/schedule.ts'
import { sizesCommand } from '../commands/sizes.ts'
import { slowCommand } from '../commands/slow.ts'
import { sqlCommand } from '../commands/sql/sql.ts'
import { topCommand } from '../commands/top.ts'
import { trendCommand } from '../commands/trend.ts'
import { tuneCommand } from '../commands/tune/tune.ts'
import { twapCommand } from '../commands/twap.ts'
import { volatilityCommand } from '../commands/volatility.ts'
import { vwapCommand } from '../commands/vwap.ts'
import { walCommand } from '../commands/wal/wal.ts'
import { helpCommand } from './help.ts'
import type { LiveContext } from './live-context.ts'
import { type Factory, type Groups, inherit, programOf } from './shell.ts'

/** The commands, in the groups that help shows them in. */
const GROUPS: Groups = {
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
  'Watch:': [
    healthCommand,
    topCommand,
    metricsCommand,
    alertsCommand,
    slowCommand,
    locksCommand,
    indexesCommand,
    tuneCommand,
    maintainCommand,
  ] as unknown as Factory[],
}

/** The factory of a command that a line begins with: the others need not be built for it. */
const named = (word: string | undefined): Factory | undefined =>
  Object.values(GROUPS)
    .flat()
    .find((factory) => factory.name === `${word}Command`)

/** The whole command line; actions run in `context`. */
export async function createProgram(context: LiveContext, argv: readonly string[] = []): Promise<Command> {
  const only = named(argv[0])
  const program = programOf(
    context,
    Object.fromEntries(
      Object.entries(GROUPS).map(([group, all]) => [group, all.filter((factory) => !only || factory === only)]),
    ),
  )
  program.commandsGroup('Set up:')
  program.addCommand(inherit(helpCommand() as unknown as Command, program))
  if (argv[0] === 'completion' || argv[0] === 'complete') {
    const { installCompletion } = await import('./completion.ts')
    await installCompletion(program)
  }
  return program
}
