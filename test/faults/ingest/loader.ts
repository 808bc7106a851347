// A process of its own that loads one file: what the faults of the tests are injected into.
import { ingestFiles } from '../../../src/ingest/service.ts'
import { connectionOf } from '../../servers/connection.ts'

const [url, file] = process.argv.slice(2)
const stop = new AbortController()
process.on('SIGINT', () => stop.abort())
const options = { format: 'bitfinex', exchange: 'fault', symbol: 'BTC/USD', timeframe: '1m', signal: stop.signal }
try {
  const { files } = await ingestFiles({
    ...options,
    connection: connectionOf(url!),
    files: [file!],
    now: () => new Date(),
    onProgress: ({ rows }) => process.stdout.write(`${rows}\n`),
  })
  process.stdout.write(`${JSON.stringify(files[0])}\n`)
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`)
  process.exitCode = (error as { exit?: number }).exit ?? 1
}
