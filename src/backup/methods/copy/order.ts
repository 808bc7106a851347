// The order in which the things of a database can be made: each after what it needs, and otherwise by its kind.
import { unsupportedError } from '../../../errors.ts'

/** What is made by statements of its own. */
export interface Node {
  readonly id: string
  /** Lower is earlier, where nothing else decides. */
  readonly rank: number
  /** `view public.crypto_prices` */
  readonly what: string
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly what: string
  readonly sql: string
  /** An extension, whose version may be another one where it is restored. */
  readonly extension?: { readonly name: string; readonly version: string } | undefined
  /** Gives a job's id, and whether the job was on. */
  readonly job?: { readonly scheduled: boolean } | undefined
}

export interface Edge {
  readonly id: string
  readonly needs: string
}

export const RANK = {
  ...{ schema: 0, extension: 1, type: 2, function: 3, sequence: 4, table: 5, default: 6, hypertable: 7, data: 10 },
  ...{ constraint: 11, index: 12, statistics: 13, attach: 14, view: 15, foreignKey: 16, trigger: 17, policy: 18 },
  ...{ columnstore: 19, comment: 20, job: 21 },
} as const

/** The node between what is there before the rows and what is made after them. */
export const DATA = 'data'

/** Topological; exit 5 where things need each other. */
export function inOrder(nodes: readonly Node[], edges: readonly Edge[]): readonly Node[] {
  const known = new Map(nodes.map((node) => [node.id, node]))
  const waits = new Map<string, Set<string>>(nodes.map(({ id }) => [id, new Set()]))
  const frees = new Map<string, string[]>()
  for (const { id, needs } of edges) {
    if (id === needs || !known.has(id) || !known.has(needs) || waits.get(id)!.has(needs)) continue
    waits.get(id)!.add(needs)
    const freed = frees.get(needs)
    if (freed) freed.push(id)
    else frees.set(needs, [id])
  }
  const before = (a: Node, b: Node): number => a.rank - b.rank || (a.what < b.what ? -1 : a.what > b.what ? 1 : 0)
  const ready = nodes.filter(({ id }) => waits.get(id)!.size === 0).sort(before)
  const ordered: Node[] = []
  for (let next = ready.shift(); next; next = ready.shift()) {
    ordered.push(next)
    for (const id of frees.get(next.id) ?? []) {
      waits.get(id)!.delete(next.id)
      if (waits.get(id)!.size === 0) insert(ready, known.get(id)!, before)
    }
  }
  if (ordered.length === nodes.length) return ordered
  const done = new Set(ordered.map(({ id }) => id))
  const stuck = nodes.filter(({ id }) => !done.has(id)).map(({ what }) => what)
  throw unsupportedError(
    `a copy cannot make these, for each needs another one first: ${stuck.slice(0, 6).join(', ')}`,
    'arxdb backup run --kind dump, which needs pg_dump',
  )
}

function insert(sorted: Node[], node: Node, before: (a: Node, b: Node) => number): void {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (before(sorted[middle]!, node) < 0) low = middle + 1
    else high = middle
  }
  sorted.splice(low, 0, node)
}
