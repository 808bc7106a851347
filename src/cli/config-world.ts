// What the config is asked for, by the flags of a run.
import type { ConfigWorld } from '../config/load.ts'
import { type Context, FORMATS, type Globals } from './context.ts'

/** The environment that `arxdb demo` makes on the local server; no config file has to name it. */
export const DEMO = 'demo'

export const configWorld = ({ env, cwd }: Pick<Context, 'env' | 'cwd'>, globals: Globals): ConfigWorld => {
  const { config, timeout, tz } = globals
  // What monitoring reads is no setting that a config file knows.
  const output = FORMATS.find((format) => format === globals.output)
  const environment = globals.env === DEMO ? undefined : globals.env
  return { cwd, env, flags: { config, environment, timeout, tz, output } }
}
