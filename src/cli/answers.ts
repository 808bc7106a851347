// What a command has to say, to stdout and to stderr: the answer in the format asked for, its notes beside it.
import type { Config } from '../config/schema.ts'
import { info, type Note, type Result, warn } from '../core/result.ts'
import { usageError } from '../errors.ts'
import { neutraliseKeepingLines, truncate } from '../render/text.ts'
import { packageVersion } from '../statements/package-root.ts'
import { type Context, type Format, type Globals, PLUGIN_FORMATS, type PluginFormat } from './context.ts'
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
const LEAST_ROWS = 8
/** Series of an answer that are named for not being drawn. */
const MOST_NAMED = 5
/** Of a drawing that goes to a file or a pipe. */
const DRAWN_COLUMNS = 100

/** The three ways to stdout, or to --out. `speaker` is asked anew each time. */
export function createAnswers(speaker: () => Speaker): Pick<Context, 'print' | 'chart' | 'chartFile' | 'write'> {
  const emit = (chunks: Iterable<string | Uint8Array>): Promise<void> => {
    const { globals, io, signal } = speaker()
    return globals.out === undefined ? writeAll(io.out.stream, chunks, signal) : writeFile(globals.out, chunks)
  }

  async function print(result: Result<object>): Promise<void> {
    const { render } = await import('../render/render.ts')
    const { globals, io, env, config, note } = speaker()
    const format = await chooseFormat(globals, io, config)
    if (isPluginFormat(format)) {
      const text = result.texts?.[format]
      if (!text) throw usageError(`-o ${format}: this command does not speak it`, 'health and metrics do')
      return emit([await text()])
    }
    tell(result.notes, speaker())
    const onTerminal = io.out.isTTY && globals.out === undefined
    // A header above nothing tells a person nothing.
    if (format === 'table' && onTerminal && result.rows.length === 0) {
      if (result.notes.length === 0) note('no rows')
      return
    }
    const asked = globals.output !== undefined || globals.columns !== undefined
    if (format === 'table' && onTerminal && result.lines && !asked) {
      const folded = result.lines.map((line) => fold(neutraliseKeepingLines(line), io.out.width, '       '))
      // A word may be wider than the terminal.
      const lines = folded.join('\n').split('\n')
      return emit(lines.map((line) => `${truncate(line, io.out.width, asciiOnly(env))}\n`))
    }
    const chunks = await render(result, format, {
      isTTY: onTerminal,
      width: io.out.width,
      color: io.out.color && globals.out === undefined,
      header: globals.header ?? true,
      ascii: asciiOnly(env),
      columns: globals.columns?.split(',').map((name) => name.trim()),
      createdBy: `arxdb version ${packageVersion()}`,
      note: (text) => tell([warn(text)], speaker()),
    })
    await emit(chunks)
  }

  async function chart(result: Result<object>): Promise<void> {
    const others = await drawable(result, '--chart')
    const { drawChart } = await import('../render/draw.ts')
    const { io, globals, env, note } = speaker()
    tell(result.notes, speaker())
    if (result.rows.length === 0) {
      if (result.notes.length === 0) note('no rows')
      return
    }
    if (others !== undefined) tell([info(others)], speaker())
    const onTerminal = io.out.isTTY && globals.out === undefined
    const text = drawChart(result, {
      ...drawingSize(io, onTerminal),
      color: io.out.color && globals.out === undefined,
      ascii: asciiOnly(env),
    })
    if (text === '') return note('nothing to draw')
    await emit([text])
  }

  /** The notes of the answer are told by who shows it beside the file. */
  async function chartFile(result: Result<object>, file: string): Promise<void> {
    if (!/\.svg$/i.test(file))
      throw usageError(`--chart-file ${file}: drawings are written as SVG`, `--chart-file ${svgName(file)}`)
    const others = await drawable(result, '--chart-file')
    const { svgChart } = await import('../render/svg.ts')
    const { globals, note } = speaker()
    if (result.rows.length === 0) return note(`no rows: ${file} is not written`)
    if (others !== undefined && !globals.chart) note(others)
    const text = svgChart(result)
    if (text === '') return note(`nothing to draw: ${file} is not written`)
    await writeFile(file, [text])
    note(`wrote ${file}`)
  }

  return { print, chart, chartFile, write: (text) => emit([text]) }
}

/** Refuses what has no drawing; what to say of the series that will not be in it, if there are any. */
async function drawable(result: Result<object>, flag: string): Promise<string | undefined> {
  if (!result.chart) throw usageError('this answer has no drawing', `leave out ${flag}`)
  if (result.chart.kind === 'bars') return undefined
  const { firstSeries } = await import('../render/draw-data.ts')
  const { name, others } = firstSeries(result, result.chart.by)
  if (others.length === 0) return undefined
  const named = others.slice(0, MOST_NAMED).join(', ')
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : ''
  const markets = result.chart.by.every((column) => column === 'exchange_id' || column === 'quote')
  return `drawing ${name} only, not ${named}${more}${markets ? '; name one with BTC/USD@kraken' : ''}`
}

/** On a terminal some lines are left for the notes above and the prompt below. */
function drawingSize({ out }: IO, onTerminal: boolean): { width: number; height: number } {
  if (!onTerminal) return { width: DRAWN_COLUMNS, height: DRAWN_ROWS }
  const rows = (out.stream as { readonly rows?: number }).rows
  return { width: out.width, height: rows ? Math.max(LEAST_ROWS, Math.min(DRAWN_ROWS, rows - 4)) : DRAWN_ROWS }
}

const svgName = (file: string): string => `${file.replace(/\.[^./]*$/, '')}.svg`

/** Notes come from files and databases too: what would move a terminal's cursor is shown, not done. */
function tell(notes: readonly Note[], { io, note }: Speaker): void {
  const width = io.err.isTTY ? io.err.width : Number.POSITIVE_INFINITY
  for (const { level, text } of notes) {
    const said = neutraliseKeepingLines(text)
    note(fold(level === 'warn' ? `warning: ${said}` : said, width))
  }
}

/** What the name of a file says about what is to be in it. */
const BY_ENDING: Readonly<Record<string, Format>> = {
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  csv: 'csv',
  tsv: 'tsv',
  md: 'markdown',
  parquet: 'parquet',
}

async function chooseFormat(globals: Globals, io: IO, config: () => Promise<Config>): Promise<Format | PluginFormat> {
  const onTerminal = io.out.isTTY && globals.out === undefined
  // A stream of answers is no one array, and has no one header.
  const streams = globals.watch !== undefined && globals.out === undefined && !onTerminal
  if (globals.json || globals.output === 'json') return streams ? 'ndjson' : 'json'
  if (globals.output) return globals.output
  const named = BY_ENDING[/\.([a-z]+)$/i.exec(globals.out ?? '')?.[1]?.toLowerCase() ?? '']
  if (named) return named
  const usual = (await config()).output
  // Bytes are for files: the setting of somebody who is looking at a terminal for once.
  if (usual && !(usual === 'parquet' && (onTerminal || streams))) return usual === 'json' && streams ? 'ndjson' : usual
  if (onTerminal) return 'table'
  return streams ? 'ndjson' : 'tsv'
}

const isPluginFormat = (format: string): format is PluginFormat =>
  (PLUGIN_FORMATS as readonly string[]).includes(format)

/** A locale that is not UTF-8 shows block characters as rubbish. */
function asciiOnly(env: Context['env']): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return locale !== '' && !/utf-?8/i.test(locale)
}
