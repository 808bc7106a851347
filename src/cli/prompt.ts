// Confirmation of what cannot be taken back.
import { createInterface } from 'node:readline'
import { ArxError, EXIT } from '../errors.ts'
import type { IO } from './io.ts'

export interface Confirmation {
  /** `destroy the local server and 1.2 GB of data in /...` */
  readonly what: string
  /** Severe: this word has to be typed. */
  readonly typed?: string | undefined
}

export interface ConfirmOptions {
  readonly io: IO
  /** --yes was given. */
  readonly yes: boolean
  /** The environment is marked production: only --yes will do. */
  readonly production?: boolean | undefined
  /** CI counts as nobody there. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly signal?: AbortSignal | undefined
}

/** Returns when the user agreed, or --yes did for him; every other ending is an error, exit 6 (130 for Ctrl-C). */
export async function confirm({ what, typed }: Confirmation, options: ConfirmOptions): Promise<void> {
  const { io, yes, production = false, env = {}, signal } = options
  if (yes) return
  if (production) throw needsYes(what, 'this environment is marked production')
  if (io.stdin.isTTY !== true || !io.err.isTTY || env.CI) throw needsYes(what, 'there is no terminal to ask on')
  const question = typed === undefined ? `${what}? [y/N] ` : `about to ${what}\ntype "${typed}" to go on: `
  const answer = await ask(question, io, signal)
  if (answer === BROKEN || signal?.aborted) {
    throw new ArxError({ code: 'interrupted', message: 'interrupted', exit: EXIT.interrupted })
  }
  const agreed = typed === undefined ? /^y(es)?$/i.test(answer.trim()) : answer.trim() === typed
  if (!agreed)
    throw new ArxError({ code: 'refused', message: 'not confirmed: nothing was changed', exit: EXIT.refused })
}

const needsYes = (what: string, why: string) =>
  new ArxError({
    code: 'needs-confirmation',
    message: `will not ${what} without confirmation`,
    detail: why,
    hint: 'the same command with --yes',
    exit: EXIT.refused,
  })

/** Ctrl-C: while a question stands it is a key, and no signal. */
const BROKEN = Symbol('Ctrl-C')

/** The line typed; empty for Ctrl-D. */
function ask(question: string, io: IO, signal: AbortSignal | undefined): Promise<string | typeof BROKEN> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(BROKEN)
    const lines = createInterface({ input: io.stdin, output: io.err.stream, terminal: true })
    let answer: string | typeof BROKEN | undefined
    const stop = () => {
      answer = BROKEN
      lines.close()
    }
    signal?.addEventListener('abort', stop, { once: true })
    lines.on('SIGINT', stop)
    lines.on('close', () => {
      signal?.removeEventListener('abort', stop)
      if (typeof answer !== 'string') io.err.stream.write('\n')
      resolve(answer ?? '')
    })
    lines.question(question, (line) => {
      answer = line
      lines.close()
    })
  })
}
