// SHA-256 of a content, and of how it begins: what proves that two files, or two runs over one, saw the same bytes.
import { createHash, type Hash } from 'node:crypto'
import { content, type Source } from '../sources/source.ts'

/** Hashes bytes as they pass, and knows the digest at any place it is asked for in rising order. */
export class PrefixHash {
  readonly #hash: Hash
  #waiting: Buffer[] = []
  #done: number

  /** Begins at the content's start, or where `state` has come to. */
  constructor(done = 0, state?: Hash) {
    this.#hash = state?.copy() ?? createHash('sha256')
    this.#done = done
  }

  /** The chunk has to stay as it is until `settle`. */
  push(chunk: Buffer): void {
    this.#waiting.push(chunk)
  }

  /** Takes in what was pushed up to this place, and a copy of the rest. */
  settle(to: number): void {
    this.advance(to)
    if (this.#waiting.length > 0) this.#waiting = [Buffer.concat(this.#waiting)]
  }

  /** Takes in what was pushed up to this place. */
  advance(to: number): void {
    while (this.#done < to && this.#waiting.length > 0) {
      const first = this.#waiting[0]!
      const wanted = to - this.#done
      if (first.length <= wanted) {
        this.#hash.update(first)
        this.#waiting.shift()
        this.#done += first.length
      } else {
        this.#hash.update(first.subarray(0, wanted))
        this.#waiting[0] = first.subarray(wanted)
        this.#done += wanted
      }
    }
  }

  /** The hash of the first `to` bytes, to go on from. */
  state(to: number): Hash {
    this.advance(to)
    return this.#hash.copy()
  }

  /** The digest of the first `to` bytes. */
  at(to: number): Buffer {
    return this.state(to).digest()
  }

  /** The digest of all that was pushed, and how many bytes that are. */
  end(): { readonly digest: Buffer; readonly bytes: number } {
    const digest = this.at(Number.POSITIVE_INFINITY)
    return { digest, bytes: this.#done }
  }
}

export interface Digest {
  readonly digest: Buffer
  readonly bytes: number
  /** By place; a place behind the content's end has none. */
  readonly states: ReadonlyMap<number, Hash>
}

/** Reads the whole content once. */
export async function digestOf(source: Source, places: readonly number[], signal: AbortSignal): Promise<Digest> {
  const hash = new PrefixHash()
  const states = new Map<number, Hash>()
  const open = [...new Set(places)].sort((a, b) => a - b)
  let bytes = 0
  for await (const chunk of content(source)) {
    signal.throwIfAborted()
    hash.push(chunk)
    bytes += chunk.length
    while (open.length > 0 && open[0]! <= bytes) states.set(open[0]!, hash.state(open.shift()!))
    hash.advance(bytes)
  }
  return { ...hash.end(), states }
}
