// The Context of a real run: opens things when they are first asked for, and closes them at the end.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '../connect/connection.ts'
import type { Engine } from '../engines/engine.ts'
import { ArxError, EXIT, type ExitCode } from '../errors.ts'
import { packageRoot } from '../statements/package-root.ts'
import { createAnswers } from './answers.ts'
import type { Context, Globals } from './context.ts'
import { type IO, wantsColor } from './io.ts'
import { createProgress } from './progress.ts'
import { type Confirmation, confirm } from './prompt.ts'
import { refuseBytes } from './refuse-bytes.ts'
import { connect, loadConfig } from './server.ts'
import { services } from './services.ts'
import { answer } from './view.ts'

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

/** What the command line settles after the context was made. */
interface Run {
  globals: Globals
  command: string
  exitCode: ExitCode
  io: IO
}

export function createContext(world: World, invoke: Context['invoke']): LiveContext {
  const run: Run = { globals: {}, command: 'arxdb', exitCode: EXIT.ok, io: world.io }
  const opened: Engine[] = []
  const config = once(() => loadConfig(world, run.globals))
  const connection = once(async () => connect(world, run.globals, await config(), note))
  const told: string[] = []
  const open = async (only?: 'server') => {
    const tell = (text: string) => void told.push(text)
    const options = { timeoutMs: (await config()).timeoutMs, note, tell, only }
    const live = await openEngine(world, run, await connection(), options)
    opened.push(live)
    return live
  }
  let engine = once(open)
  const closeEngines = async (): Promise<void> => {
    for (const live of opened.splice(0)) await live.close().catch(() => {})
  }

  function note(text: string): void {
    if (!run.globals.quiet) run.io.err.stream.write(`${text}\n`)
  }

  async function ask(confirmation: Confirmation): Promise<void> {
    const { env, signal } = world
    const production = (await config()).target?.production ?? false
    await confirm(confirmation, { io: run.io, yes: run.globals.yes ?? false, production, env, signal })
  }

  async function connectionForWriting(what: string, asksItself?: 'asks itself'): Promise<Connection> {
    const target = await connection()
    if (target.readOnly) throw readOnly(what, target)
    if (target.production && !asksItself) await ask({ what: `${what} in ${target.origin}` })
    return target
  }

  const exitWith = (code: ExitCode): void => {
    run.exitCode = code
  }
  const answers = createAnswers(() => ({ ...run, env: world.env, signal: world.signal, config, note }))
  const viewer = {
    note,
    takeTold: () => told.splice(0),
    answered() {
      run.globals = { ...run.globals, header: false }
    },
    async reconnect() {
      await closeEngines()
      engine = once(open)
    },
  }

  return {
    get io() {
      return run.io
    },
    env: world.env,
    cwd: world.cwd,
    program: { node: process.execPath, script: join(packageRoot(), 'bin', 'arxdb.js') },
    signal: world.signal,
    get globals() {
      return run.globals
    },
    get command() {
      return run.command
    },
    get exitCode() {
      return run.exitCode
    },
    begin(globals, command) {
      Object.assign(run, { globals, command, io: recolour(world, globals) })
      refuseBytes(globals, run.io)
    },
    now: world.now,
    config,
    connection,
    connectionForWriting,
    engine: (only) => engine(only),
    services,
    progress: (label) => {
      const { quiet = false, progress: kind = 'auto' } = run.globals
      return createProgress(label, { err: run.io.err, quiet, kind, now: world.now, env: world.env })
    },
    ...answers,
    answer: (make) => answer(make, { ...world, ...run, ...viewer }, { ...answers, exitWith }),
    async screen(source, everyMs) {
      const { runTop } = await import('../ui/top/screen.tsx')
      const [stdin, stdout] = [run.io.stdin as NodeJS.ReadStream, run.io.out.stream as NodeJS.WriteStream]
      await runTop(source, { stdin, stdout, signal: world.signal, everyMs })
    },
    note,
    confirm: ask,
    exitWith,
    temporary: (name) => join(tmpdir(), name),
    invoke,
    close: closeEngines,
  }
}

async function openEngine(
  { signal }: World,
  { globals, command }: Run,
  connection: Connection,
  options: {
    readonly timeoutMs: number
    readonly only: 'server' | undefined
    note(text: string): void
    tell(text: string): void
  },
): Promise<Engine> {
  const { timeoutMs: statementTimeoutMs, only, note, tell } = options
  const { openEngine } = await import('../engines/timescaledb/engine.ts')
  const opening = openEngine({
    connection,
    limits: { statementTimeoutMs, lockTimeoutMs: 5_000, command },
    signal,
    only,
    onStatement: globals.verbose
      ? ({ name, text }, params, ms) =>
          note(`-- ${name} ${JSON.stringify(params)} ${ms.toFixed(1)} ms\n${text.trimEnd()}`)
      : undefined,
    instead: globals.sql ? { show: 'sql', tell } : globals.explain ? { show: 'plan', tell } : undefined,
  })
  // Loaded while the server answers.
  void import('../render/render.ts')
  return opening
}

const readOnly = (what: string, target: Connection): ArxError =>
  new ArxError({
    code: 'read-only',
    message: `will not ${what}: ${target.origin} is marked read-only`,
    hint: 'name another server, or change readOnly in the config file',
    exit: EXIT.refused,
  })

/** The same promise for every caller: a connection is opened once, as the first one asked for it. */
function once<T, A extends readonly unknown[] = []>(make: (...asked: A) => Promise<T>): (...asked: A) => Promise<T> {
  let made: Promise<T> | undefined
  return (...asked) => {
    made ??= make(...asked)
    return made
  }
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
