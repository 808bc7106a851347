// What a walk is made of. An operation says everything by a salt of its own: whatever it picks it picks by that, out of
// what is there at its turn, so that a walk of which others were taken away still means something.
import { random } from './random.ts'

/** How often each comes, of a hundred. */
const SHARES = {
  /** New rows, in one transaction. */
  load: 45,
  /** Rows are changed and deleted. */
  revise: 12,
  /** The segment ends, and everything up to here is in the archive. */
  archive: 7,
  /** One of any kind, sometimes while rows go on coming. */
  backup: 8,
  /** All backups, at some level. */
  verify: 2,
  prune: 4,
  /** One file of the repository is cut, flipped, emptied, removed, or exchanged for another one. */
  damage: 4,
  /** Everything damaged is put back as it was. */
  mend: 4,
  /** A command of arxdb, or of its tools, is killed at some step. */
  kill: 3,
  /** The server crashes and starts again. */
  crash: 2,
  /** The cluster as of a moment, into a new folder. */
  restore: 4,
  /** A dump or a copy, into a new database. */
  database: 3,
  /** A restored cluster is opened and written to, beside the original. */
  clone: 1,
  /** The server is lost, and a restored one takes its place. */
  promote: 1,
} as const

export type Name = keyof typeof SHARES

export interface Operation {
  readonly name: Name
  readonly salt: number
}

/** The walk of that seed; it begins with what makes the others meaningful. */
export function operations(seed: number, count: number): readonly Operation[] {
  const dice = random(seed)
  const names = Object.entries(SHARES).flatMap(([name, share]) => Array<Name>(share).fill(name as Name))
  const salt = (): number => dice.below(2 ** 31)
  const begin: readonly Name[] = ['load', 'backup', 'load', 'archive']
  return Array.from({ length: count }, (_, at) => ({ name: begin[at] ?? dice.pick(names), salt: salt() }))
}

/** `load:123 backup:456`: what --walk takes. */
export const written = (walk: readonly Operation[]): string => walk.map(({ name, salt }) => `${name}:${salt}`).join(' ')

export const read = (text: string): readonly Operation[] =>
  text
    .trim()
    .split(/\s+/)
    .map((word) => {
      const [name, salt] = word.split(':')
      if (!name || !(name in SHARES) || !/^\d+$/.test(salt ?? '')) throw new Error(`"${word}" is no operation`)
      return { name: name as Name, salt: Number(salt) }
    })
