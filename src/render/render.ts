// The face of rendering: an answer in, pieces of text or of a binary file out. What is loaded depends on the format asked for.
import type { Result } from '../core/result.ts'
import { csvLines } from './csv.ts'
import { jsonLines, ndjsonLines } from './json.ts'
import { markdownLines } from './markdown.ts'
import { tsvLines } from './tsv.ts'
import { verticalLines } from './vertical.ts'
import { type RenderOptions, type View, viewOf } from './view.ts'

type Renderer = (view: View) => Iterable<string>
/** Text, or the bytes of a file that is none. */
export type Chunk = string | Uint8Array

const RENDERERS = {
  table: async (): Promise<Renderer> => (await import('./table.ts')).tableLines,
  vertical: (): Renderer => verticalLines,
  csv: (): Renderer => csvLines,
  tsv: (): Renderer => tsvLines,
  json: (): Renderer => jsonLines,
  ndjson: (): Renderer => ndjsonLines,
  markdown: (): Renderer => markdownLines,
}

type TextFormat = keyof typeof RENDERERS
export type RenderFormat = TextFormat | 'parquet'

/** Enough for a write to be worth its cost, little enough that no answer is ever whole in memory. */
const CHUNK = 65_536

/**
 * Text of `result` in chunks of about 64 KiB, each ending at the end of a row; Parquet in bytes, a group of rows at a
 * time. An unknown name in `options.columns` is a usage error, thrown before there is a first chunk.
 */
export async function render(
  result: Result<object>,
  format: TextFormat,
  options: RenderOptions,
): Promise<Iterable<string>>
export async function render(
  result: Result<object>,
  format: RenderFormat,
  options: RenderOptions,
): Promise<Iterable<Chunk>>
export async function render(
  result: Result<object>,
  format: RenderFormat,
  options: RenderOptions,
): Promise<Iterable<Chunk>> {
  const view = viewOf(result, options)
  if (format === 'parquet') return (await import('./parquet.ts')).parquetBytes(view)
  const lines = await RENDERERS[format]()
  return inChunks(lines(view))
}

function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const line of lines) {
    chunk += line
    if (chunk.length < CHUNK) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}
