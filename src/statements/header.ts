// The contract a statement's file opens with: its title, and what it takes, gives and locks.

export interface Field {
  readonly name: string
  /** As PostgreSQL spells it: `timestamptz`, `int[]`. */
  readonly type: string
  readonly nullable: boolean
}

export interface Header {
  readonly title: string
  readonly params: readonly Field[]
  readonly returns: readonly Field[]
  /** Strongest lock it takes. */
  readonly locks: string
}

const TAG = /^-- @(params|returns|locks)\s+(.*)$/
const CONTINUATION = /^--\s{3,}(\S.*)$/

/** `market_id int, twap numeric null` to fields; `-` stands for none. */
function fields(text: string, file: string): Field[] {
  if (text.trim() === '-') return []
  return text.split(',').map((part) => {
    const match = /^(\w+)\s+(.+?)(\s+null)?$/.exec(part.trim())
    if (!match) throw new Error(`${file}: cannot read "${part.trim()}" in the header; write: name type [null]`)
    return { name: match[1]!, type: match[2]!, nullable: match[3] !== undefined }
  })
}

/** Reads the header of a statement file; throws naming the file when a part is missing. */
export function parseHeader(sql: string, file: string): Header {
  const lines = sql.split('\n')
  const title = /^-- (\S.*)$/.exec(lines[0] ?? '')?.[1]
  if (!title) throw new Error(`${file}: the first line must be its title, as a comment`)
  const tags = new Map<string, string>()
  let last: string | undefined
  for (const line of lines.slice(1)) {
    if (!line.startsWith('--')) break
    const tag = TAG.exec(line)
    const more = CONTINUATION.exec(line)
    if (tag) {
      last = tag[1]!
      tags.set(last, tag[2]!)
    } else if (more && last) tags.set(last, `${tags.get(last)} ${more[1]}`)
    else last = undefined
  }
  const need = (tag: string): string => {
    const text = tags.get(tag)
    if (text === undefined) throw new Error(`${file}: the header lacks @${tag}`)
    return text
  }
  return {
    title,
    params: fields(need('params'), file),
    returns: fields(need('returns'), file),
    locks: need('locks').trim(),
  }
}
