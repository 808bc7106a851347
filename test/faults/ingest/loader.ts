// A process of its own that loads files: what the faults of the tests are injected into. Says a line of JSON for each
// step, and one when it ends.
import type { IngestOptions } from '../../../src/ingest/report.ts'
import { ingestFiles } from '../../../src/ingest/service.ts'
import { connectionOf } from '../../servers/connection.ts'

/** Options that can be written as JSON. */
export type LoaderOptions = Omit<IngestOptions, 'connection' | 'signal' | 'now' | 'stdin' | 'onProgress' | 'onRollups'>

const { url, options } = JSON.parse(process.argv[2]!) as { url: string; options: LoaderOptions }
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const stop = new AbortController()
process.on('SIGINT', () => stop.abort())
try {
  const { files } = await ingestFiles({
    ...options,
    connection: connectionOf(url),
    signal: stop.signal,
    now: () => new Date(),
    onProgress: (step) => say({ step }),
  })
  say({ reports: files })
} catch (error) {
  const { code, message, detail, hint, exit, stack } = error as Record<string, unknown>
  // An error that is none of ours has no exit code: it got out unseen, and the stack says from where.
  say({ error: exit === undefined ? { code: 'escaped', message, detail: stack } : { code, message, detail, hint } })
  process.exitCode = (exit as number | undefined) ?? 1
}
