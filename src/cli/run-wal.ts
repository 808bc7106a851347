// `wal push` and `wal fetch` without all the other commands, and without what those need: PostgreSQL starts them once for
// each segment. Options, messages and exit codes are the same, for they come from the same files.
import { walFetchCommand } from '../commands/wal/fetch.ts'
import { walPushCommand } from '../commands/wal/push.ts'
import type { loadConfig } from '../config/load.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { configWorld } from './config-world.ts'
import type { Globals, WalContext } from './context.ts'
import { runLine, type Shell } from './line.ts'
import type { LiveContext, World } from './live-context.ts'
import { command } from './options.ts'
import { refuseBytes } from './refuse-bytes.ts'
import { type Factory, programOf } from './shell.ts'

/** What the two ask for, loaded before they do. */
export interface Loaded {
  readonly loadConfig: typeof loadConfig
  readonly services: WalContext['services']
}

type Light = WalContext & Shell & Pick<LiveContext, 'begin'>

function lightContext(world: World, { loadConfig, services }: Loaded): Light {
  let [globals, exitCode]: [Globals, ExitCode] = [{}, EXIT.ok]
  return {
    ...world,
    services,
    get globals() {
      return globals
    },
    get exitCode() {
      return exitCode
    },
    begin(said) {
      globals = said
      refuseBytes(globals, world.io)
    },
    config: () => loadConfig(configWorld(world, globals)),
    note(text) {
      if (!globals.quiet) world.io.err.stream.write(`${text}\n`)
    },
    exitWith(code) {
      exitCode = code
    },
    async close() {},
  }
}

/** Stands in for the group of that name, which a line that begins with `wal push` or `wal fetch` shows nothing of. */
const walCommand = (context: Light) =>
  command('wal', '', []).addCommand(walPushCommand(context)).addCommand(walFetchCommand(context))

/** Runs a line that begins with `wal push` or `wal fetch`, as `run` would. */
export const runWal = (argv: readonly string[], world: World, loaded: Loaded): Promise<number> =>
  runLine(argv, lightContext(world, loaded), (context) =>
    programOf(context, { 'Keep:': [walCommand as unknown as Factory<Light>] }),
  )
