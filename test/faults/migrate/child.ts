// One `up` as a process: told its database and directory, says its events, exits as arxdb would.
import { ArxError } from '../../../src/errors.ts'
import { describeEvent, up } from '../../../src/migrate/service.ts'

const [url = '', path = '', lockWait = '30000'] = process.argv.slice(2)
const { hostname, port, username, password, pathname } = new URL(url)
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

const say = (text: string): void => void process.stdout.write(`${text}\n`)

try {
  const { applied } = await up({
    connection: {
      host: decodeURIComponent(hostname),
      port: Number(port),
      user: decodeURIComponent(username),
      password: async () => decodeURIComponent(password) || undefined,
      database: pathname.slice(1),
      tls: false,
      connectTimeoutMs: 10_000,
      origin: 'the test',
    },
    directories: [{ source: 'mine', path }],
    signal: stop.signal,
    lockWaitMs: Number(lockWait),
    onEvent: (event) => say(describeEvent(event)),
  })
  say(`done: ${applied.length}`)
} catch (error) {
  say(error instanceof ArxError ? `error: ${error.message}\nwhy: ${error.detail}` : String((error as Error).stack))
  process.exitCode = error instanceof ArxError ? error.exit : 99
}
