// Reads migrations for what will fail or hurt, without a database.
import { ArxError, EXIT } from '../errors.ts'
import { type Directory, filesFor, type MigrationFile, type Variant } from './files.ts'
import { RULES } from './rules.ts'
import { indexBuild, shape } from './shape.ts'
import { learn, type TableFacts, type Tables, tableName } from './tables.ts'

export interface Finding {
  readonly rule: string
  readonly file: string
  readonly line: number
  readonly message: string
  readonly fix: string
}

const NOTHING: TableFacts = {}

function statementFindings(file: MigrationFile, tables: Tables): Finding[] {
  const findings: Finding[] = []
  const fresh = new Set<string>()
  for (const statement of file.up) {
    const text = shape(statement)
    const about = {
      statement,
      text,
      transactional: file.directives.transaction,
      build: indexBuild(text),
      facts: (table: string) => tables.get(tableName(table)) ?? NOTHING,
      fresh: (table: string) => fresh.has(tableName(table)),
    }
    for (const { name, check } of RULES) {
      const complaint = check(about)
      if (complaint) findings.push({ rule: name, file: file.file, line: statement.line, ...complaint })
    }
    learn(text, tables, fresh)
  }
  return findings
}

/** An allowance is itself looked at: it needs a rule that exists, and a reason. */
function allowanceFindings(file: MigrationFile): Finding[] {
  return file.directives.allows.flatMap(({ rule, reason, line }) => {
    const at = { file: file.file, line }
    if (!RULES.some((r) => r.name === rule)) {
      return [
        {
          ...at,
          rule: 'allow-unknown',
          message: `there is no rule "${rule}"`,
          fix: RULES.map((r) => r.name).join(', '),
        },
      ]
    }
    return reason === ''
      ? [
          {
            ...at,
            rule: 'allow-reason',
            message: `"${rule}" is allowed without a reason`,
            fix: `-- arxdb: allow ${rule}: why`,
          },
        ]
      : []
  })
}

const allowed = (file: MigrationFile, { rule }: Finding): boolean => file.directives.allows.some((a) => a.rule === rule)

function lintFor(engine: Exclude<Variant, 'any'>, { directory, context }: LintWish): Finding[] {
  const tables: Tables = new Map()
  for (const file of filesFor(context, engine)) statementFindings(file, tables)
  return filesFor([directory], engine).flatMap((file) => [
    ...allowanceFindings(file),
    ...statementFindings(file, tables).filter((finding) => !allowed(file, finding)),
  ])
}

export interface LintWish {
  readonly directory: Directory
  /** Directories that run before it: what they make is known, what they do wrong is not said. */
  readonly context: readonly Directory[]
}

/** Findings of a directory, as both engines would run it, by file and line. */
export function lint(wish: LintWish): readonly Finding[] {
  const all = [...lintFor('postgres', wish), ...lintFor('timescaledb', wish)]
  const unique = new Map(all.map((f) => [`${f.file} ${f.line} ${f.rule}`, f]))
  return [...unique.values()].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line))
}

/** Throws exit 3 when there are findings. */
export function assertNoFindings(findings: readonly Finding[]): void {
  if (findings.length === 0) return
  throw new ArxError({
    code: 'lint',
    message: `${findings.length} finding${findings.length === 1 ? '' : 's'} in ${new Set(findings.map((f) => f.file)).size} file(s)`,
    hint: 'mend it, or say why not: -- arxdb: allow RULE: reason',
    exit: EXIT.problems,
  })
}
