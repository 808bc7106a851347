// The house's plan: which folder may lean on which, and who owns each package.

/** A folder of src, `engines/<name>`, or a file that stands in src itself. */
export type Unit = string

/** Small and known to all: what went wrong, what was meant, how long, in which zone, how far a job has come. */
export const GROUND: readonly Unit[] = ['errors', 'nearest', 'duration', 'clocks', 'zone', 'wording', 'steps']

export const AREAS: readonly Unit[] = ['migrate', 'ingest', 'policy', 'backup', 'health', 'embedded', 'demo']

const below: readonly Unit[] = ['storage', 'db', 'statements', 'engines', 'connect']

/**
 * Who may import whom, besides GROUND and its own folder. `type:x` for types only; `lazy:x` for types, and by a dynamic
 * import, so that --help does not load it.
 */
export const ARROWS: Readonly<Record<Unit, readonly string[]>> = {
  errors: [],
  nearest: [],
  duration: [],
  clocks: [],
  zone: [],
  wording: [],
  steps: [],
  main: ['cli'],
  // Started once for each segment of WAL: has at hand what its two commands ask their Context for.
  wal: ['cli', 'config', 'backup'],
  index: ['client', 'core', 'type:connect', 'type:db', 'type:engines'],
  cli: [
    'commands',
    'core',
    'connect',
    'statements',
    'render',
    'lazy:config',
    'type:engines',
    'lazy:engines/timescaledb',
    'lazy:ui',
    ...AREAS.map((area) => `lazy:${area}`),
  ],
  commands: ['core', 'cli'],
  core: ['type:engines'],
  render: ['type:core'],
  ui: ['type:core', 'render'],
  config: ['connect'],
  connect: [],
  statements: [],
  db: ['connect'],
  engines: ['type:statements'],
  'engines/postgres': ['engines', 'type:connect', 'db', 'statements'],
  'engines/timescaledb': ['engines', 'engines/postgres', 'type:connect', 'db', 'statements'],
  storage: ['db', 'statements', 'engines', 'connect'],
  // PostgreSQL's own programs: where they are, and running them as somebody else than root; and the user's own commands.
  programs: ['db', 'type:engines'],
  client: [...below, 'core', 'engines/timescaledb'],
  ...Object.fromEntries(AREAS.map((area) => [area, below])),
  embedded: [...below, 'programs'],
  backup: [...below, 'programs'],
  health: [...below, 'programs'],
}

/** All that a command may know of the shell around it. */
export const COMMANDS_DOOR: Readonly<Record<string, 'any' | 'type'>> = {
  'src/cli/options.ts': 'any',
  'src/cli/values.ts': 'any',
  'src/cli/context.ts': 'type',
}

/** All that the core may know of engines. */
export const CORE_DOOR = 'src/engines/engine.ts'

interface Owner {
  /** Folders (ending in /) or files. */
  readonly owners: readonly string[]
  /** Where its types may be named as well. */
  readonly types?: readonly string[]
}

const driverTypes = ['engines', 'storage', 'client', ...AREAS].map((unit) => `src/${unit}/`)

/** One owner a package. A package that is not here belongs to nobody, and may not be imported. */
export const OWNERS: Readonly<Record<string, Owner>> = {
  '@bomb.sh/tab': { owners: ['src/cli/completion.ts'] },
  '@commander-js/extra-typings': { owners: ['src/cli/', 'src/commands/'] },
  // Only for its types: the completion library speaks of commander's own.
  commander: { owners: [], types: ['src/cli/completion.ts'] },
  'cli-table3': { owners: ['src/render/table.ts'] },
  'csv-parse': { owners: ['src/ingest/'] },
  'hyparquet-writer': { owners: ['src/render/parquet.ts'] },
  execa: { owners: ['src/programs/', 'src/backup/'] },
  'age-encryption': { owners: ['src/backup/sealing/'] },
  '@aws-sdk/client-s3': { owners: ['src/backup/stores/'] },
  kysely: { owners: ['src/db/'] },
  'trading-signals': { owners: ['src/core/indicators/'] },
  ink: { owners: ['src/ui/'] },
  react: { owners: ['src/ui/'] },
  ora: { owners: ['src/cli/progress.ts'] },
  pg: { owners: ['src/db/'], types: driverTypes },
  'pg-copy-streams': { owners: ['src/db/'] },
  'prom-client': { owners: ['src/health/'] },
  valibot: { owners: ['src/config/'] },
}

/** What may be loaded before a command is chosen: everything else costs every --help. */
export const AT_START: readonly string[] = ['node:', '@commander-js/extra-typings']

/** Lines of a file: no more than this, and half of all files below the median. */
export const LENGTH = { file: 400, command: 60, median: 90 } as const

/** Load a file that the user names, which no rule can judge beforehand. */
export const COMPUTED: readonly string[] = ['src/ingest/plan/format-file.ts']
