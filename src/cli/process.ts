// The process: real streams, signals and a closed pipe, turned into one run with an exit code.
import { EXIT } from '../errors.ts'
import { processIO } from './io.ts'
import type { World } from './live-context.ts'

/** After a signal, clean-up (cancel on the server, roll back, remove what is half done) gets this long. */
const GRACE_MS = 5_000

/** Runs the process's own command line, and leaves its exit code to the process. */
export async function runProcess(run: (argv: readonly string[], world: World) => Promise<number>): Promise<void> {
  const stop = new AbortController()
  let signals = 0

  function onSignal(signal: 'SIGINT' | 'SIGTERM'): void {
    const code = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated
    signals += 1
    if (signals > 1) process.exit(code)
    if (signal === 'SIGINT' && process.stderr.isTTY) process.stderr.write('\ncancelling... (Ctrl-C again to force)\n')
    stop.abort(signal)
    setTimeout(() => process.exit(code), GRACE_MS).unref()
  }

  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)

  // `arxdb ... | head -1` closes our stdout: nobody wants the rest, and that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    stop.abort('EPIPE')
    setTimeout(() => process.exit(EXIT.ok), GRACE_MS).unref()
  })
  process.stderr.on('error', () => {})

  process.exitCode = await run(process.argv.slice(2), {
    io: processIO(process.env),
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
    now: () => new Date(),
  })
}
