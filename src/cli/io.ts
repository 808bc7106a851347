// The streams of one run, with what is known of each; tests make their own and choose "terminal" or "pipe".
import type { Readable, Writable } from 'node:stream'

export interface OutStream {
  readonly stream: Writable
  readonly isTTY: boolean
  /** Terminal columns; only asked when isTTY. A terminal that does not know says 0, and counts as 80. */
  readonly width: number
  readonly color: boolean
}

export interface IO {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly out: OutStream
  readonly err: OutStream
}

interface ColorWish {
  readonly env: Readonly<Record<string, string | undefined>>
  /** From --color / --no-color; undefined when neither was given. */
  readonly flag?: boolean | undefined
}

/** Colour for one stream: the flag, then NO_COLOR, FORCE_COLOR, a dumb terminal, then whether it is a terminal. */
export function wantsColor(isTTY: boolean, { env, flag }: ColorWish): boolean {
  if (flag !== undefined) return flag
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true
  return isTTY && env.TERM !== 'dumb'
}

/** The process's own streams. */
export function processIO(env: ColorWish['env']): IO {
  const out = (stream: NodeJS.WriteStream): OutStream => ({
    stream,
    isTTY: stream.isTTY === true,
    get width() {
      return stream.columns || 80
    },
    color: wantsColor(stream.isTTY === true, { env }),
  })
  return { stdin: process.stdin, out: out(process.stdout), err: out(process.stderr) }
}
