// What a plan asks for when a file does not tell: usage errors, each with the flag that answers.
import { basename } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import { nearest } from '../../nearest.ts'

export interface Asked {
  readonly code: string
  readonly message: string
  readonly detail?: string | undefined
  readonly hint: string
}

export const ask = (asked: Asked): ArxError => new ArxError({ ...asked, exit: EXIT.usage })

export const missing = (file: string, what: string, flag: string): ArxError =>
  ask({
    code: `${what}-needed`,
    message: `${basename(file)} says nowhere which ${what} its rows are of`,
    detail: 'neither its columns nor its name tell, and it is not guessed',
    hint: flag,
  })

export const ambiguous = (file: string, name: string): ArxError =>
  ask({
    code: 'ambiguous-column',
    message: `${basename(file)} has more than one column ${name}`,
    detail: 'which of them holds the values is not guessed',
    hint: `rename or remove all but one in the header, or name one by its number: --map '#2=COLUMN'`,
  })

/** `did you mean a, b`, or all there are. */
export function meant(word: string, names: readonly string[]): string {
  const near = nearest(word, names)
  return near.length > 0 ? `did you mean ${near.join(', ')}` : `there are ${names.join(', ')}`
}
