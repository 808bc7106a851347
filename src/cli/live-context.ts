// The Context of a real run: opens things when they are first asked for, and closes them at the end.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Connection } from '../connect/connection.ts'
import type { Result } from '../core/result.ts'
import type { Engine } from '../engines/engine.ts'
import { ArxError, EXIT, type ExitCode } from '../errors.ts'
import { neutraliseKeepingLines } from '../render/text.ts'
import type { Context, Format, Globals } from './context.ts'
import { writeAll, writeFile } from './emit.ts'
import { fold } from './fold.ts'
import { type IO, wantsColor } from './io.ts'
import { createProgress } from './progress.ts'
import { type Confirmation, confirm } from './prompt.ts'
import { services } from './services.ts'

/** The environment that `arxdb demo` makes on the local server; no config file has to name it. */
const DEMO = 'demo'

/** What a run is given by the process, or by a test. */
export interface World {
  readonly io: IO
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly signal: AbortSignal
  now(): Date
}

export interface LiveContext extends Context {
  readonly exitCode: ExitCode
  /** Takes over the parsed flags, before the command's action. */
  begin(globals: Globals, command: string): void
  close(): Promise<void>
}

export function createContext(world: World, invoke: Context['invoke']): LiveContext {
  let globals: Globals = {}
  let command = 'arxdb'
  let exitCode: ExitCode = EXIT.ok
  let io = world.io
  const opened: (() => Promise<void>)[] = []
  const config = once(() => loadConfig(world, globals))
  const connection = once(async () => connect(world, globals, await config(), note))
  const engine = once(() => openEngine())

  function note(text: string): void {
    if (!globals.quiet) io.err.stream.write(`${text}\n`)
  }

  async function openEngine(): Promise<Engine> {
    const { openEngine } = await import('../engines/timescaledb/engine.ts')
    const live = await openEngine({
      connection: await connection(),
      limits: { statementTimeoutMs: (await config()).timeoutMs, lockTimeoutMs: 5_000, command },
      signal: world.signal,
      onStatement: globals.verbose
        ? ({ name, text }, params, ms) =>
            note(`-- ${name} ${JSON.stringify(params)} ${ms.toFixed(1)} ms\n${text.trimEnd()}`)
        : undefined,
    })
    opened.push(() => live.close())
    return live
  }

  function tell(result: Result<object>): void {
    const width = io.err.isTTY ? io.err.width : Number.POSITIVE_INFINITY
    for (const { level, text } of result.notes) {
      const said = neutraliseKeepingLines(text)
      note(fold(level === 'warn' ? `warning: ${said}` : said, width))
    }
  }

  async function print(result: Result<object>): Promise<void> {
    const { render } = await import('../render/render.ts')
    tell(result)
    const format = await chooseFormat(globals, io, config)
    const onTerminal = io.out.isTTY && globals.out === undefined
    // A header above nothing tells a person nothing.
    if (format === 'table' && onTerminal && result.rows.length === 0) {
      if (result.notes.length === 0) note('no rows')
      return
    }
    const chunks = await render(result, format, {
      isTTY: onTerminal,
      width: io.out.width,
      color: io.out.color && globals.out === undefined,
      header: globals.header ?? true,
      ascii: asciiOnly(world.env),
      columns: globals.columns?.split(',').map((name) => name.trim()),
    })
    await emit(chunks)
  }

  const emit = (chunks: Iterable<string>): Promise<void> =>
    globals.out === undefined ? writeAll(io.out.stream, chunks, world.signal) : writeFile(globals.out, chunks)

  async function ask(confirmation: Confirmation): Promise<void> {
    const production = (await config()).target?.production ?? false
    await confirm(confirmation, { io, yes: globals.yes ?? false, production, env: world.env, signal: world.signal })
  }

  async function connectionForWriting(what: string, asksItself?: 'asks itself'): Promise<Connection> {
    const target = await connection()
    if (target.readOnly) throw readOnly(what, target)
    if (target.production && !asksItself) await ask({ what: `${what} in ${target.origin}` })
    return target
  }

  return {
    get io() {
      return io
    },
    env: world.env,
    cwd: world.cwd,
    signal: world.signal,
    get globals() {
      return globals
    },
    get command() {
      return command
    },
    get exitCode() {
      return exitCode
    },
    begin(flags, name) {
      globals = flags
      command = name
      io = recolour(world, flags)
    },
    now: world.now,
    config,
    connection,
    connectionForWriting,
    engine,
    services,
    progress: (label) =>
      createProgress(label, {
        err: io.err,
        quiet: globals.quiet ?? false,
        kind: globals.progress ?? 'auto',
        now: world.now,
        env: world.env,
      }),
    print,
    async chart(result) {
      const { candleChart } = await import('../render/chart.ts')
      tell(result)
      const first = result.rows.filter(
        (r) => r.exchange_id === result.rows[0]?.exchange_id && r.quote === result.rows[0]?.quote,
      )
      if (first.length < result.rows.length)
        note(`drawing ${first[0]!.exchange_id} ${first[0]!.quote} only; name one with BTC/USD@kraken`)
      const { isTTY, width, color } = io.out
      await emit([candleChart(first, { width: isTTY ? width : 100, height: 20, color, ascii: asciiOnly(world.env) })])
    },
    write: (text) => emit([text]),
    note,
    confirm: ask,
    exitWith(code) {
      exitCode = code
    },
    temporary: (name) => join(tmpdir(), name),
    invoke,
    async close() {
      for (const close of opened.splice(0)) await close().catch(() => {})
    },
  }
}

/** A locale that is not UTF-8 shows block characters as rubbish. */
function asciiOnly(env: World['env']): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return locale !== '' && !/utf-?8/i.test(locale)
}

const readOnly = (what: string, target: Connection): ArxError =>
  new ArxError({
    code: 'read-only',
    message: `will not ${what}: ${target.origin} is marked read-only`,
    hint: 'name another server, or change readOnly in the config file',
    exit: EXIT.refused,
  })

/** The same promise for every caller: a connection is opened once. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

async function loadConfig(world: World, globals: Globals): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts')
  const { config, timeout, tz, output } = globals
  const environment = globals.env === DEMO ? undefined : globals.env
  return loadConfig({ cwd: world.cwd, env: world.env, flags: { config, environment, timeout, tz, output } })
}

async function connect(
  world: World,
  globals: Globals,
  config: Config,
  note: (text: string) => void,
): Promise<Connection> {
  if (globals.env === DEMO) {
    const { ensureLocal } = await services.embedded()
    const { DEMO_DATABASE } = await services.demo()
    return { ...(await ensureLocal({ env: world.env, note, signal: world.signal })), database: DEMO_DATABASE }
  }
  for (const warning of config.warnings) note(`warning: ${warning}`)
  const { account } = await import('../connect/account.ts')
  const { resolveConnection } = await import('../connect/resolve.ts')
  const configured = await resolveConnection({
    flags: { url: globals.url, service: globals.service },
    env: world.env,
    configured: config.target,
    ...account(world.env),
    warn: note,
  })
  if (configured) return configured
  const { ensureLocal } = await services.embedded()
  return ensureLocal({ env: world.env, note, signal: world.signal, idleStopMs: config.local.idleStopMs })
}

async function chooseFormat(globals: Globals, io: IO, config: () => Promise<Config>): Promise<Format> {
  if (globals.json) return 'json'
  const wanted = globals.output ?? (await config()).output
  return wanted ?? (io.out.isTTY && globals.out === undefined ? 'table' : 'tsv')
}

function recolour(world: World, { color }: Globals): IO {
  if (color === undefined) return world.io
  const { out, err } = world.io
  const with_ = (stream: IO['out']) =>
    Object.defineProperty(Object.create(stream) as IO['out'], 'color', {
      value: wantsColor(stream.isTTY, { env: world.env, flag: color }),
    })
  return { ...world.io, out: with_(out), err: with_(err) }
}
