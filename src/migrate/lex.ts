// Cuts SQL into tokens by PostgreSQL's own lexical rules, losing nothing: the tokens joined are the text again.

export type TokenKind = 'space' | 'comment' | 'string' | 'dollar' | 'quoted' | 'word' | 'number' | 'operator' | 'mark'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Offset in the text, in UTF-16 units. */
  readonly start: number
  /** A quote or comment that the text ends in the middle of. */
  readonly open: boolean
}

// Whitespace is ASCII only: to PostgreSQL a no-break space is a letter.
const SPACE = /[ \t\n\r\f\v]+/y
const LINE_COMMENT = /--[^\n]*/y
const STRING = /(?:[bBxXnN]|[uU]&)?'[^']*(?:''[^']*)*('?)/y
const ESCAPE_STRING = /[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*('?)/y
const QUOTED = /(?:[uU]&)?"[^"]*(?:""[^"]*)*("?)/y
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const OPERATOR = /[-+*/<>=~!@#%^&|`?:.]/

const QUOTES: readonly (readonly [TokenKind, RegExp])[] = [
  ['string', STRING],
  ['string', ESCAPE_STRING],
  ['quoted', QUOTED],
]
const PLAIN: readonly (readonly [TokenKind, RegExp])[] = [
  ['number', NUMBER],
  ['word', WORD],
]

function match(pattern: RegExp, sql: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(sql)
}

/** End of a block comment that starts at `at`; comments nest. */
function blockCommentEnd(sql: string, at: number): { end: number; open: boolean } {
  let depth = 0
  for (let i = at; i < sql.length; i++) {
    const two = sql.slice(i, i + 2)
    if (two === '/*') depth++
    else if (two === '*/') depth--
    else continue
    i++
    if (depth === 0) return { end: i + 1, open: false }
  }
  return { end: sql.length, open: true }
}

/** An operator runs on until something that is none, or until a comment starts inside the run. */
function operatorEnd(sql: string, at: number): number {
  let end = at
  while (end < sql.length && OPERATOR.test(sql[end]!)) {
    if (end > at && (sql.startsWith('--', end) || sql.startsWith('/*', end))) break
    end++
  }
  return end
}

function next(sql: string, at: number): Omit<Token, 'start'> {
  const space = match(SPACE, sql, at)
  if (space) return { kind: 'space', text: space[0], open: false }
  const line = match(LINE_COMMENT, sql, at)
  if (line) return { kind: 'comment', text: line[0], open: false }
  if (sql.startsWith('/*', at)) {
    const { end, open } = blockCommentEnd(sql, at)
    return { kind: 'comment', text: sql.slice(at, end), open }
  }
  for (const [kind, pattern] of QUOTES) {
    const found = match(pattern, sql, at)
    if (found) return { kind, text: found[0], open: found[1] === '' }
  }
  const tag = match(DOLLAR, sql, at)?.[0]
  if (tag) {
    const close = sql.indexOf(tag, at + tag.length)
    const end = close < 0 ? sql.length : close + tag.length
    return { kind: 'dollar', text: sql.slice(at, end), open: close < 0 }
  }
  for (const [kind, pattern] of PLAIN) {
    const found = match(pattern, sql, at)
    if (found) return { kind, text: found[0], open: false }
  }
  const end = operatorEnd(sql, at)
  return end > at
    ? { kind: 'operator', text: sql.slice(at, end), open: false }
    : { kind: 'mark', text: sql[at]!, open: false }
}

/** All tokens of `sql`, in order, with whitespace and comments. Never throws. */
export function lex(sql: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < sql.length; ) {
    const token = { ...next(sql, at), start: at }
    tokens.push(token)
    at += token.text.length
  }
  return tokens
}
