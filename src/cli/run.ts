// Every command of arxdb, from words to exit code.
import { runLine } from './line.ts'
import { createContext, type World } from './live-context.ts'
import { createProgram } from './program.ts'

/** Runs one command line in a world; prints what there is to print and resolves to the exit code. Never rejects. */
export const run = (argv: readonly string[], world: World): Promise<number> =>
  runLine(
    argv,
    createContext(world, (nested) => run(nested, world)),
    createProgram,
  )
