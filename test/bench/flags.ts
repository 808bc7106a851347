// Flags that more than one benchmark takes.

export const TIERS = ['plain', 'hypertable'] as const
export type Tier = (typeof TIERS)[number]

/** One of `all`, or every one of them when none was asked for. Throws where the word is none of them. */
export function among<T extends string>(all: readonly T[], flag: string, word: string | undefined): readonly T[] {
  if (word === undefined) return all
  const found = all.find((one) => one === word)
  if (!found) throw new Error(`--${flag} takes one of ${all.join(', ')}, not "${word}"`)
  return [found]
}

/** A whole number from 1; `5_000_000` is one. Throws where the text is none. */
export function positive(flag: string, text: string): number {
  const value = Number(text.replaceAll('_', ''))
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${flag} takes a whole number, not "${text}"`)
  return value
}

/** What `read` makes of the flags, or ends the process with 2 and why. */
export function flagsOr2<T>(read: () => T, explained: string): T {
  try {
    return read()
  } catch (error) {
    console.error(`${(error as Error).message}; the flags are explained in ${explained}`)
    process.exit(2)
  }
}
