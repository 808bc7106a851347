// Progress on stderr: a bar on a terminal, plain lines in a log, events for a program, nothing with --quiet.
import type { OutStream } from './io.ts'
import { createRate, describe, secondsLeft } from './progress-text.ts'

export interface ProgressState {
  readonly done: number
  /** Absent while unknown. */
  readonly total?: number | undefined
  readonly unit: 'bytes' | 'rows' | 'steps'
  /** Said beside the bar: `1,091,782 rows, 3 rejected`. */
  readonly text?: string | undefined
}

export interface Progress {
  update(state: ProgressState): void
  /** A line that stays, above the bar. */
  line(text: string): void
  /** Removes the bar; leaves `text` when given. */
  stop(text?: string): void
}

export interface ProgressOptions {
  readonly err: OutStream
  readonly quiet: boolean
  readonly kind: 'auto' | 'json' | 'none'
  now(): Date
  /** A CI log or a dumb terminal gets lines even when it claims to be a terminal. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** What is over sooner needs no bar. */
const SHOW_AFTER_MS = 200
const BETWEEN_LINES_MS = 10_000
const BETWEEN_EVENTS_MS = 250
const BETWEEN_FRAMES_MS = 50

/** Progress of one piece of work named `label`, in the way that fits where stderr goes. */
export function createProgress(label: string, options: ProgressOptions): Progress {
  const { err, quiet, kind, env = {} } = options
  if (quiet || kind === 'none') return { update() {}, line() {}, stop() {} }
  if (kind === 'json') return eventProgress(label, options)
  // Ora divides by the columns; a terminal that does not know its size says 0, and ora would clear lines for ever.
  const sized = (err.stream as Partial<NodeJS.WriteStream>).columns !== 0
  const redraws = err.isTTY && sized && !env.CI && env.TERM !== 'dumb'
  return redraws ? barProgress(label, options) : lineProgress(label, options)
}

function barProgress(label: string, { err, now }: ProgressOptions): Progress {
  const rate = createRate()
  let text = label
  let drawn = Number.NEGATIVE_INFINITY
  let spinner: { text: string; clear(): unknown; render(): unknown; stop(): unknown } | undefined
  let stopped = false
  const timer = setTimeout(() => void show(), SHOW_AFTER_MS)
  timer.unref()

  async function show(): Promise<void> {
    const { default: ora } = await import('ora')
    if (stopped) return
    spinner = ora({
      text,
      stream: err.stream as NodeJS.WriteStream,
      isEnabled: true,
      color: err.color ? 'cyan' : false,
      // Raw mode on stdin would hold back Ctrl-C while the loop is busy.
      discardStdin: false,
      // A cursor that was never hidden cannot stay hidden after SIGKILL.
      hideCursor: false,
    }).start()
  }

  return {
    update(state) {
      const at = now().getTime()
      const speed = rate(at, state.done)
      if (at - drawn < BETWEEN_FRAMES_MS) return
      drawn = at
      text = describe(label, state, speed, err.width - 3)
      if (spinner) spinner.text = text
    },
    line(message) {
      spinner?.clear()
      err.stream.write(`${message}\n`)
      spinner?.render()
    },
    stop(message) {
      stopped = true
      clearTimeout(timer)
      spinner?.stop()
      spinner = undefined
      if (message !== undefined) err.stream.write(`${message}\n`)
    },
  }
}

function lineProgress(label: string, { err, now }: ProgressOptions): Progress {
  const rate = createRate()
  let told = now().getTime()
  let lines = 0
  let latest: string | undefined
  const write = (message: string) => err.stream.write(`${message}\n`)
  return {
    update(state) {
      const at = now().getTime()
      latest = describe(label, state, rate(at, state.done))
      if (at - told < BETWEEN_LINES_MS) return
      told = at
      lines++
      write(latest)
      latest = undefined
    },
    line: write,
    stop(message) {
      // Who read "40 %" must also read how it ended.
      const last = message ?? (lines > 0 ? latest : undefined)
      latest = undefined
      lines = 0
      if (last !== undefined) write(last)
    },
  }
}

function eventProgress(label: string, { err, now }: ProgressOptions): Progress {
  const rate = createRate()
  const begun = now().getTime()
  let told = Number.NEGATIVE_INFINITY
  let pending: (() => void) | undefined
  const emit = (event: string, fields: object) =>
    err.stream.write(`${JSON.stringify({ event, label, elapsed_ms: now().getTime() - begun, ...fields })}\n`)
  return {
    update(state) {
      const at = now().getTime()
      const speed = rate(at, state.done)
      const { done, total = null, unit, text = null } = state
      const eta = secondsLeft(state, speed) ?? null
      pending = () => emit('progress', { done, total, unit, rate: speed ?? null, eta_s: eta, text })
      if (at - told < BETWEEN_EVENTS_MS) return
      told = at
      pending()
      pending = undefined
    },
    line: (text) => void emit('line', { text }),
    stop(text) {
      pending?.()
      pending = undefined
      emit('stop', { text: text ?? null })
    },
  }
}
