// What "the same migration" means: the same tokens in the same order. Comments, line breaks and indentation may change;
// one byte inside a string or a function body may not.
import { createHash } from 'node:crypto'
import type { Statement } from './split.ts'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const normal = (statement: Statement): string => statement.tokens.map((token) => token.text).join(' ')

/** SHA-256 over the normalised statements. */
export const checksum = (statements: readonly Statement[]): string => sha256(statements.map(normal).join('\n;\n'))
