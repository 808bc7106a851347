// `-- arxdb: ...` comments: what a migration file says of itself, and where its sections begin.
import { tryDuration } from '../duration.ts'
import { usageError } from '../errors.ts'
import type { Token } from './lex.ts'
import { isBlank, place } from './split.ts'

export type Section = 'up' | 'down' | 'verify'

/** A need of the file: `timescaledb >= 2.19`, `postgresql >= 16`, `community`. */
export interface Requirement {
  readonly what: 'timescaledb' | 'postgresql' | 'community'
  readonly version: readonly number[]
  readonly text: string
}

export interface Allowance {
  readonly rule: string
  readonly reason: string
  readonly line: number
}

export interface Directives {
  readonly transaction: boolean
  readonly lockTimeoutMs: number | undefined
  readonly requires: readonly Requirement[]
  readonly allows: readonly Allowance[]
}

export interface Sections {
  readonly directives: Directives
  /** Tokens of each section that the file has; `up` is always there. */
  readonly tokens: ReadonlyMap<Section, readonly Token[]>
}

const DIRECTIVE = /^--\s*arxdb:\s*(\S+)\s*(.*?)\s*$/

function requirement(text: string, where: string): Requirement {
  const [, what, , version] = /^(timescaledb|postgresql|community)(\s*>=\s*(\d+(?:\.\d+)*))?$/.exec(text) ?? []
  if (what === undefined) {
    throw usageError(`${where}: cannot read "requires ${text}"`, '-- arxdb: requires timescaledb >= 2.19')
  }
  return { what: what as Requirement['what'], version: (version ?? '0').split('.').map(Number), text }
}

function lockTimeout(text: string, where: string): number {
  const value = tryDuration(text)
  if (value === undefined) throw usageError(`${where}: cannot read "lock-timeout ${text}"`, '-- arxdb: lock-timeout 5s')
  return value
}

interface Building {
  transaction: boolean
  lockTimeoutMs: number | undefined
  readonly requires: Requirement[]
  readonly allows: Allowance[]
}

/** Applies one directive; returns the section it opens, if any. An unknown one is an error: a typo must not pass. */
function apply(to: Building, name: string, rest: string, where: string, line: number): Section | undefined {
  switch (name) {
    case 'up':
    case 'down':
    case 'verify':
      return name
    case 'no-transaction':
      to.transaction = false
      return undefined
    case 'lock-timeout':
      to.lockTimeoutMs = lockTimeout(rest, where)
      return undefined
    case 'requires':
      to.requires.push(requirement(rest, where))
      return undefined
    case 'allow': {
      const [, rule = '', reason = ''] = /^([\w-]*):?\s*(.*)$/.exec(rest) ?? []
      to.allows.push({ rule: rule.toLowerCase(), reason, line })
      return undefined
    }
    default:
      throw usageError(
        `${where}: unknown directive "${name}"`,
        'one of: up, down, verify, no-transaction, lock-timeout, requires, allow',
      )
  }
}

/** Reads the directives of a file and cuts its tokens at the section marks. `file` is the name for messages. */
export function readSections(file: string, text: string, tokens: readonly Token[]): Sections {
  const building: Building = { transaction: true, lockTimeoutMs: undefined, requires: [], allows: [] }
  const sections = new Map<Section, Token[]>([['up', []]])
  let section: Section = 'up'
  for (const token of tokens) {
    const found = token.kind === 'comment' ? DIRECTIVE.exec(token.text) : null
    if (token.open) {
      throw usageError(`${file}:${place(text, token.start).line}: this quote or comment is never closed`)
    }
    if (found) {
      const { line } = place(text, token.start)
      const opened = apply(building, found[1]!, found[2]!, `${file}:${line}`, line)
      if (opened) {
        const last = sections.get(section)!.findLast((t) => !isBlank(t))
        if (last && last.text !== ';') throw usageError(`${file}:${line}: the statement before this line lacks its ";"`)
        if (opened !== 'up' && sections.has(opened)) throw usageError(`${file}:${line}: a second section "${opened}"`)
        section = opened
        if (!sections.has(opened)) sections.set(opened, [])
      }
    }
    sections.get(section)!.push(token)
  }
  return { directives: building, tokens: sections }
}
