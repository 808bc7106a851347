// The rules of the house as functions from sources to violations, so that a test can plant one and see it found.
import { graphOf, type Import, packageOf, type Sources, withoutComments } from './graph.ts'
import { ARROWS, AT_START, COMMANDS_DOOR, COMPUTED, CORE_DOOR, GROUND, LENGTH, OWNERS, type Unit } from './layers.ts'

export interface Violation {
  readonly file: string
  readonly text: string
}

export type Rule = (sources: Sources) => readonly Violation[]

const typescript = (sources: Sources): readonly [string, string][] =>
  [...sources].filter(([path]) => /\.tsx?$/.test(path))

/** `src/engines/postgres/engine.ts` belongs to engines/postgres, `src/main.ts` to main. */
export function unitOf(path: string): Unit {
  const parts = path.split('/').slice(1)
  if (parts.length === 1) return parts[0]!.replace(/\.ts$/, '')
  return parts[0] === 'engines' && parts.length > 2 ? `engines/${parts[1]}` : parts[0]!
}

const inside = (path: string, folder: string): boolean => path.startsWith(`src/${folder}/`)

const said = ({ from, specifier, kind }: Import, why: string): Violation => ({
  file: from,
  text: `${kind === 'static' ? 'imports' : kind === 'type' ? 'imports types of' : 'loads'} ${specifier}: ${why}`,
})

function allowed(from: Unit, to: Unit, kind: Import['kind']): boolean {
  if (from === to || (GROUND.includes(to) && to !== from && from !== 'errors' && from !== 'nearest')) return true
  const list = ARROWS[from] ?? []
  if (list.includes(to)) return true
  if (list.includes(`lazy:${to}`)) return kind !== 'static'
  return list.includes(`type:${to}`) && kind === 'type'
}

/** Folders lean on each other only as the table of layers says. */
export const arrows: Rule = (sources) =>
  graphOf(sources).flatMap((edge) => {
    const from = unitOf(edge.from)
    if (!(from in ARROWS)) return [{ file: edge.from, text: `${from} has no place in the table of layers` }]
    if (edge.target === undefined) return []
    const to = unitOf(edge.target)
    return allowed(from, to, edge.kind) ? [] : [said(edge, `${from} may not lean on ${to} that way`)]
  })

/** What is imported exists, below src and with its extension; what the graph cannot see, no rule can judge. */
export const resolvable: Rule = (sources) => [
  ...graphOf(sources)
    .filter(({ target }) => target !== undefined && !sources.has(target))
    .map((edge) => said(edge, 'no such file in src')),
  ...typescript(sources)
    .filter(([file]) => !COMPUTED.includes(file))
    .flatMap(([file, text]) =>
      [...withoutComments(text).matchAll(/\bimport\((?!\s*['"])/g)].map(() => ({
        file,
        text: 'imports a name that is computed',
      })),
    ),
]

/** Commands know the options and the type of the Context, and nothing else of the shell. */
export const commandsDoor: Rule = (sources) =>
  graphOf(sources)
    .filter(({ from, target }) => inside(from, 'commands') && target !== undefined && inside(target, 'cli'))
    .filter(({ target, kind }) => COMMANDS_DOOR[target!] !== 'any' && !(COMMANDS_DOOR[target!] && kind === 'type'))
    .map((edge) => said(edge, 'commands see cli/options.ts, cli/values.ts and the types of cli/context.ts'))

const isCommand = (text: string): boolean => /^export const \w+Command\b/m.test(text)

/** A command never uses another; a group's file, named as its folder, gathers those beside it. */
export const commandsApart: Rule = (sources) =>
  graphOf(sources)
    .filter(({ from, target }) => inside(from, 'commands') && target !== undefined && inside(target, 'commands'))
    .filter(({ from, target }) => {
      const folder = from.slice(0, from.lastIndexOf('/'))
      const gathers = from === `${folder}/${folder.slice(folder.lastIndexOf('/') + 1)}.ts`
      return !(gathers && target!.startsWith(`${folder}/`)) && isCommand(sources.get(target!) ?? '')
    })
    .map((edge) => said(edge, 'a command uses another one'))

/** The core asks and computes: no package but that of recursive filters, nothing of Node, and of engines the interface. */
export const corePure: Rule = (sources) =>
  graphOf(sources)
    .filter(({ from }) => inside(from, 'core'))
    .filter(({ from, specifier, target, kind }) => {
      if (target === undefined) return packageOf(specifier) !== undefined && !filters(from, specifier)
      return target.startsWith('src/engines/') && !(target === CORE_DOOR && kind === 'type')
    })
    .map((edge) => said(edge, 'the core stands alone'))

const filters = (from: string, specifier: string): boolean =>
  inside(from, 'core/indicators') && packageOf(specifier) === 'trading-signals'

const WORLD = /\b(process\s*\.|console\s*\.|Date\s*\.\s*now\b|performance\s*\.|fetch\s*\(|globalThis\b)|\bnew Date\(\)/

/** Commands and core reach the world, its clock included, only through what they are given. */
export const worldless: Rule = (sources) =>
  typescript(sources)
    .filter(([file]) => inside(file, 'core') || inside(file, 'commands'))
    .flatMap(([file, text]) => {
      const found = WORLD.exec(withoutComments(text))
      return found ? [{ file, text: `uses ${found[0]}: the Context is the door to the world` }] : []
    })

const within = (file: string, places: readonly string[]): boolean =>
  places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place))

/** One owner a package. Commands import no module of Node either. */
export const owners: Rule = (sources) =>
  graphOf(sources).flatMap((edge) => {
    const name = packageOf(edge.specifier)
    if (name === undefined) return []
    if (name === 'node:') return inside(edge.from, 'commands') ? [said(edge, 'commands do nothing by themselves')] : []
    const owner = OWNERS[name]
    if (!owner) return [said(edge, 'a package without an owner')]
    if (within(edge.from, owner.owners) || (edge.kind === 'type' && within(edge.from, owner.types ?? []))) return []
    return [said(edge, `${name} belongs to ${[...owner.owners, ...(owner.types ?? [])].join(', ')}`)]
  })

/** Files that load each other, at once or later; types are gone by then. */
export const cycles: Rule = (sources) => {
  const edges = new Map<string, string[]>()
  for (const { from, target, kind } of graphOf(sources)) {
    if (kind !== 'type' && target !== undefined && sources.has(target))
      edges.set(from, [...(edges.get(from) ?? []), target])
  }
  const found: Violation[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file)
    if (start >= 0) found.push({ file, text: `a cycle: ${[...trail.slice(start), file].join(' -> ')}` })
    if (start >= 0 || done.has(file)) return
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file])
    done.add(file)
  }
  for (const file of edges.keys()) visit(file, [])
  return found
}

/** Only the library's face passes on what others export; an area's face may name the types of its answers. */
export const barrels: Rule = (sources) =>
  graphOf(sources)
    .filter(({ from, reexport }) => reexport && from !== 'src/index.ts')
    .filter(({ from, kind }) => !(kind === 'type' && from.endsWith('/service.ts')))
    .map((edge) => said(edge, 'only src/index.ts re-exports'))

export const namedExports: Rule = (sources) =>
  typescript(sources)
    .filter(([, text]) => /^export default\b|^export\s*\{[^}]*\bas default\b/m.test(withoutComments(text)))
    .map(([file]) => ({ file, text: 'has a default export' }))

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/
const VAGUE = /^(utils?|helpers?|common|misc|shared|tools|stuff|lib|index)$/

/** Files and folders are called after what they hold, in kebab-case. */
export const names: Rule = (sources) =>
  [...sources.keys()].flatMap((file) => {
    if (file === 'src/index.ts') return []
    const parts = file.split('/').slice(1)
    const base = parts.pop()!
    const migration = file.startsWith('sql/migrations/')
    const stem = migration ? base.replace(/^\d{4}_/, '') : base
    const suffix = file.endsWith('.sql') ? /(\.(timescaledb|postgres))?(\.pg\d+)?\.sql$/ : /(\.gen)?\.tsx?$/
    const words = [...parts, stem.replace(suffix, '')]
    const bad = words.find((word) => !(migration ? /^[a-z0-9_-]+$/ : KEBAB).test(word))
    if (bad !== undefined) return [{ file, text: `"${bad}" is not kebab-case` }]
    const vague = words.find((word) => VAGUE.test(word))
    return vague === undefined ? [] : [{ file, text: `"${vague}" says nothing of what it holds` }]
  })

const lines = (text: string): number => text.trimEnd().split('\n').length

/** Generated files are nobody's to shorten. */
const written = (sources: Sources) =>
  typescript(sources)
    .filter(([file]) => !file.endsWith('.gen.ts'))
    .map(([file, text]) => ({ file, length: lines(text) }))

export const fileLength: Rule = (sources) =>
  written(sources).flatMap(({ file, length }) => {
    const most = inside(file, 'commands') ? LENGTH.command : LENGTH.file
    return length > most ? [{ file, text: `${length} lines, more than ${most}` }] : []
  })

export const medianLength: Rule = (sources) => {
  const sorted = written(sources)
    .map(({ length }) => length)
    .sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return median < LENGTH.median ? [] : [{ file: 'src', text: `the median file has ${median} lines` }]
}

/** --help loads nothing heavy: what main.ts reaches by static imports is the shell itself. */
export const lightStart: Rule = (sources) => {
  const edges = graphOf(sources).filter(({ kind }) => kind === 'static')
  const reached = new Set(['src/main.ts'])
  for (const file of reached) {
    for (const { from, target } of edges) if (from === file && target !== undefined) reached.add(target)
  }
  return edges
    .filter(({ from, specifier }) => reached.has(from) && !AT_START.includes(packageOf(specifier) ?? 'node:'))
    .map((edge) => said(edge, 'loaded at every start, --help included'))
}
