// A command line run in this process, on a terminal or in a pipe, and what it left behind.
import { PassThrough, Writable } from 'node:stream'
import type { OutStream } from '../../src/cli/io.ts'
import { run } from '../../src/cli/run.ts'

export interface SessionOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Both output streams are terminals of this width. */
  readonly terminal?: number
  readonly cwd?: string
  readonly now?: string
  readonly signal?: AbortSignal
  /** Somebody sits at the terminal and types this: lines end in \r. */
  readonly typed?: string
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function collecting(terminal: number | undefined): OutStream & { text(): string } {
  const pieces: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      pieces.push(String(chunk))
      done()
    },
  })
  return { stream, isTTY: terminal !== undefined, width: terminal ?? 80, color: false, text: () => pieces.join('') }
}

function keyboard(typed: string | undefined): PassThrough & { isTTY?: boolean } {
  const stdin: PassThrough & { isTTY?: boolean } = new PassThrough()
  if (typed === undefined) return stdin
  stdin.isTTY = true
  stdin.write(typed)
  return stdin
}

/** Runs `arxdb ...argv`. Nothing of the environment is inherited but what is given. */
export async function session(argv: readonly string[], options: SessionOptions = {}): Promise<Ended> {
  const [out, err] = [collecting(options.terminal), collecting(options.terminal)]
  const code = await run(argv, {
    io: { stdin: keyboard(options.typed), out, err },
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
    signal: options.signal ?? new AbortController().signal,
    now: () => new Date(options.now ?? '2026-01-01T00:00:00Z'),
  })
  return { code, stdout: out.text(), stderr: err.text() }
}
