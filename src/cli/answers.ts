// What a command has to say, to stdout and to stderr: the answer in the format asked for, its notes beside it.
import type { Config } from '../config/schema.ts'
import type { CandleRow } from '../core/candles.ts'
import type { Result } from '../core/result.ts'
import { neutraliseKeepingLines } from '../render/text.ts'
import type { Context, Format, Globals } from './context.ts'
import { writeAll, writeFile } from './emit.ts'
import { fold } from './fold.ts'
import type { IO } from './io.ts'

/** What is known of the run when something is said: flags and colours are settled after the context is made. */
export interface Speaker {
  readonly io: IO
  readonly globals: Globals
  readonly env: Context['env']
  readonly signal: AbortSignal
  config(): Promise<Config>
  note(text: string): void
}

const DRAWN_ROWS = 20
/** Of a drawing that goes to a file or a pipe. */
const DRAWN_COLUMNS = 100

/** The three ways to stdout, or to --out. `speaker` is asked anew each time. */
export function createAnswers(speaker: () => Speaker): Pick<Context, 'print' | 'chart' | 'chartFile' | 'write'> {
  const emit = (chunks: Iterable<string>): Promise<void> => {
    const { globals, io, signal } = speaker()
    return globals.out === undefined ? writeAll(io.out.stream, chunks, signal) : writeFile(globals.out, chunks)
  }

  async function print(result: Result<object>): Promise<void> {
    const { render } = await import('../render/render.ts')
    const { globals, io, env, config, note } = speaker()
    tell(result, speaker())
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
      ascii: asciiOnly(env),
      columns: globals.columns?.split(',').map((name) => name.trim()),
    })
    await emit(chunks)
  }

  async function chart(drawn: Result<object>): Promise<void> {
    const result = drawn as Result<CandleRow>
    const { candleChart } = await import('../render/chart.ts')
    const { io, env, note } = speaker()
    tell(result, speaker())
    const first = result.rows.filter(
      (row) => row.exchange_id === result.rows[0]?.exchange_id && row.quote === result.rows[0]?.quote,
    )
    if (first.length < result.rows.length) {
      note(`drawing ${first[0]!.exchange_id} ${first[0]!.quote} only; name one with BTC/USD@kraken`)
    }
    const { isTTY, width, color } = io.out
    const size = { width: isTTY ? width : DRAWN_COLUMNS, height: DRAWN_ROWS }
    await emit([candleChart(first, { ...size, color, ascii: asciiOnly(env) })])
  }

  const chartFile = () => Promise.reject(new Error('later'))
  return { print, chart, chartFile, write: (text) => emit([text]) }
}

/** Notes come from files and databases too: what would move a terminal's cursor is shown, not done. */
function tell(result: Result<object>, { io, note }: Speaker): void {
  const width = io.err.isTTY ? io.err.width : Number.POSITIVE_INFINITY
  for (const { level, text } of result.notes) {
    const said = neutraliseKeepingLines(text)
    note(fold(level === 'warn' ? `warning: ${said}` : said, width))
  }
}

async function chooseFormat(globals: Globals, io: IO, config: () => Promise<Config>): Promise<Format> {
  if (globals.json) return 'json'
  const wanted = globals.output ?? (await config()).output
  if (wanted) return wanted
  if (io.out.isTTY && globals.out === undefined) return 'table'
  // A stream of answers has no one header.
  return globals.watch === undefined ? 'tsv' : 'ndjson'
}

/** A locale that is not UTF-8 shows block characters as rubbish. */
function asciiOnly(env: Context['env']): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return locale !== '' && !/utf-?8/i.test(locale)
}
