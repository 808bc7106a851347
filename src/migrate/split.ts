// Cuts a run of tokens into statements, each to be sent as a Query of its own.
import type { Token } from './lex.ts'

export interface Statement {
  /** From its first word to before its semicolon; comments inside stay. */
  readonly text: string
  /** Offset of `text` in the file. */
  readonly start: number
  /** Line of its first word in the file, from 1. */
  readonly line: number
  /** Words, names, literals and marks; no whitespace, no comments. */
  readonly tokens: readonly Token[]
}

export const isBlank = (token: Token): boolean => token.kind === 'space' || token.kind === 'comment'

/** Line and column of an offset, both from 1; the column counts characters. */
export function place(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 }
}

const keyword = (token: Token | undefined): string => (token?.kind === 'word' ? token.text.toLowerCase() : '')

/** Only a routine's body can hold semicolons outside quotes: BEGIN ATOMIC ... END, with CASE ... END inside. */
const mayHoldBody = (tokens: readonly Token[]): boolean => {
  const words = tokens.slice(0, 4).map(keyword)
  const kind = words[1] === 'or' && words[2] === 'replace' ? words[3] : words[1]
  return words[0] === 'create' && (kind === 'function' || kind === 'procedure')
}

interface Depth {
  readonly parens: number
  readonly body: number
}

function deeper(depth: Depth, token: Token, previous: Token | undefined, routine: () => boolean): Depth {
  const { parens, body } = depth
  if (token.text === '(') return { parens: parens + 1, body }
  if (token.text === ')') return { parens: Math.max(0, parens - 1), body }
  const word = keyword(token)
  if (word === 'atomic' && body === 0 && keyword(previous) === 'begin' && routine()) return { parens, body: 1 }
  if (body > 0 && word === 'case') return { parens, body: body + 1 }
  if (body > 0 && word === 'end') return { parens, body: body - 1 }
  return depth
}

/**
 * The statements of `tokens`, a slice of the tokens of `file`. A semicolon ends one when it stands outside quotes,
 * comments, parentheses (CREATE RULE ... DO (a; b)) and BEGIN ATOMIC bodies. Empty ones are left out.
 */
export function split(file: string, tokens: readonly Token[]): readonly Statement[] {
  const statements: Statement[] = []
  let current: Token[] = []
  let depth: Depth = { parens: 0, body: 0 }
  const flush = () => {
    const [first, last] = [current[0], current.at(-1)]
    if (first && last) {
      const text = file.slice(first.start, last.start + last.text.length)
      statements.push({ text, start: first.start, line: place(file, first.start).line, tokens: current })
    }
    current = []
    depth = { parens: 0, body: 0 }
  }
  for (const token of tokens) {
    if (isBlank(token)) continue
    if (token.text === ';' && depth.parens === 0 && depth.body === 0) flush()
    else {
      depth = deeper(depth, token, current.at(-1), () => mayHoldBody(current))
      current.push(token)
    }
  }
  flush()
  return statements
}
