// --format-file: formats of the user's own, as JSON or a module. All that is wrong with them is said at once.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { usageError } from '../../errors.ts'
import type { Format } from '../formats/format.ts'
import { TABLES, TARGETS, type Table } from './targets.ts'

export async function readFormats(file: string): Promise<readonly Format[]> {
  const content = await load(file)
  const formats: readonly unknown[] = Array.isArray(content) ? content : [content]
  const problems = formats.flatMap((format, index) => {
    const name = isObject(format) && typeof format.name === 'string' ? format.name : `format ${index + 1}`
    return problemsOf(format).map((problem) => `${name}: ${problem}`)
  })
  if (formats.length === 0) problems.push('it holds no format')
  if (problems.length > 0)
    throw usageError(
      `${file} cannot be used: ${problems.join('; ')}`,
      'correct it; arxdb ingest --help names an example',
    )
  return formats as readonly Format[]
}

async function load(file: string): Promise<unknown> {
  try {
    if (!/\.m?js$/.test(file)) return JSON.parse(await readFile(file, 'utf8'))
    const module: { default?: unknown; formats?: unknown } = await import(
      /* @vite-ignore */ pathToFileURL(resolve(file)).href
    )
    return module.formats ?? module.default
  } catch (error) {
    throw usageError(`cannot read the formats in ${file}: ${(error as Error).message}`, '--format-file formats.json')
  }
}

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0
const isPattern = (value: unknown): boolean => {
  try {
    return isText(value) && new RegExp(value) !== undefined
  } catch {
    return false
  }
}
const all = (check: (value: unknown) => boolean) => (value: unknown) =>
  isObject(value) && Object.values(value).every(check)

type Check = readonly [expected: string, check: (value: unknown) => boolean]
const TEXT: Check = ['a text', isText]
const TEXTS: Check = ['a list of texts', isTexts]
const FLAG: Check = ['true or false', isBoolean]

const KNOWN: Readonly<Record<keyof Format, Check>> = {
  name: ['a word in lower case', (value) => isText(value) && /^[a-z0-9][a-z0-9-]*$/.test(value)],
  title: TEXT,
  table: [`one of ${TABLES.join(', ')}`, (value) => TABLES.includes(value as Table)],
  onRequest: FLAG,
  general: FLAG,
  fields: ['a number above 1', (value) => isCount(value) && value > 1],
  looks: ['a list of patterns', (value) => isTexts(value) && value.every(isPattern)],
  needs: TEXTS,
  lacks: TEXTS,
  columns: ['names, each with a list of header words or a position', all((value) => isTexts(value) || isCount(value))],
  wide: ['a pattern', isPattern],
  exchange: TEXT,
  quote: TEXT,
  timeframe: TEXT,
  source: TEXT,
  attribution: TEXT,
  zeroIsNull: TEXTS,
  prefer: [
    'column, pattern and why',
    (value) => isObject(value) && isText(value.column) && isPattern(value.pattern) && isText(value.why),
  ],
  trades: FLAG,
  match: ['names, each with a pattern', all(isPattern)],
  metrics: TEXTS,
  metricNames: ['file names, each with a metric', all(isText)],
  refuse: ['why and try', (value) => isObject(value) && isText(value.why) && isText(value.try)],
  caution: TEXT,
  textCaution: TEXT,
  timePatterns: TEXTS,
}

const isKnown = (key: string): key is keyof Format => key in KNOWN

function problemsOf(format: unknown): readonly string[] {
  if (!isObject(format)) return ['it is no object']
  const wrong = Object.entries(format).flatMap(([key, value]) => {
    if (!isKnown(key)) return [`"${key}" is unknown`]
    const [expected, check] = KNOWN[key]
    return value === undefined || check(value) ? [] : [`${key} is not ${expected}`]
  })
  const absent = ['name', 'table', 'columns']
    .filter((key) => format[key] === undefined)
    .map((key) => `${key} is missing`)
  return [...wrong, ...absent, ...(absent.length === 0 ? shapeOf(format) : [])]
}

/** What its parts have to say together. */
function shapeOf({ columns, fields, needs, wide, table, trades }: Fields): readonly string[] {
  if (!isObject(columns)) return []
  const positions = Object.values(columns).filter((where) => typeof where === 'number')
  const problems: string[] = []
  if (fields === undefined && needs === undefined)
    problems.push('fields (no header) or needs (header names) is missing')
  if (fields === undefined && positions.length > 0)
    problems.push('positions are for files without a header: say fields')
  if (isCount(fields) && positions.some((where) => (where as number) >= fields))
    problems.push(`a position is beyond the ${fields} fields`)
  if (isTexts(needs))
    for (const need of needs.flatMap((name) => name.split('|')))
      if (!(need in columns)) problems.push(`needs "${need}" is none of its columns`)
  const required = TABLES.includes(table as Table)
    ? TARGETS[table as Table].columns.filter((column) => column.required)
    : []
  const wanted = trades === true ? ['price', 'amount'] : wide === undefined ? required.map(({ name }) => name) : []
  for (const name of wanted) if (name !== 'timestamp' && !(name in columns)) problems.push(`columns has no ${name}`)
  return problems
}
