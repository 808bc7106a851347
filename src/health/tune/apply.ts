// `tune --apply`: ALTER SYSTEM for what differs, looked at in the files before anything is reloaded, and taken back as a
// whole where one of them is refused. Names are those of pg_settings that the rules know, so they need no quotes.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../../connect/connection.ts'
import { literal } from '../../db/identifier.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import type { Target } from '../../statements/load.ts'
import { type Client, runner } from '../../storage/session.ts'
import type { Setting, TuneRow } from './compare.ts'
import { type Written, written } from './files.ts'
import { canonical } from './units.ts'

const PLAIN: Target = { engine: 'postgres', server: 150_000 }
const RELOAD = 'select pg_reload_conf()'
const PATIENCE_MS = 5_000

export const settable = (rows: readonly TuneRow[]): readonly TuneRow[] =>
  rows.filter(({ differs, obstacle }) => differs && obstacle === null)

/** What --apply sends, for psql. */
export const applySql = (rows: readonly TuneRow[]): readonly string[] => [
  ...settable(rows).map((row) => `alter system set ${row.setting} = ${literal(row.recommended)}`),
  RELOAD,
]

export interface Applied {
  readonly outcomes: ReadonlyMap<string, 'in force' | 'after a restart' | 'set, not in force'>
  /** Statements that put things back as they were. */
  readonly undo: readonly string[]
  /** False where this role may not look into pg_file_settings. */
  readonly verified: boolean
}

/** Sets `rows`, all of which can be set; throws after taking everything back where one of them cannot. */
export async function applySettings(
  client: Client,
  rows: readonly TuneRow[],
  connection: Connection,
): Promise<Applied> {
  const names = rows.map(({ setting }) => setting)
  const before = await written(client, names)
  const undo = rows.map(({ setting: name }) => undoOf(name, before))
  const done: number[] = []
  try {
    for (const [index, row] of rows.entries()) {
      // ALTER SYSTEM refuses to run in a transaction.
      await client.query(`alter system set ${row.setting} = ${literal(row.recommended)}`)
      done.push(index)
    }
    const after = await written(client, names)
    const wrong = after ? rows.flatMap((row) => faultOf(row, after)) : []
    if (wrong.length > 0) throw new ArxError({ code: 'not-verified', message: wrong.join('; ') })
    await client.query(RELOAD)
  } catch (error) {
    const back = await takenBack(client, done.map((index) => undo[index]!).reverse())
    const { code, message, detail, hint } = translate(error, connection)
    throw new ArxError({
      ...{ code, message: `the settings could not be changed: ${message}`, hint, cause: error },
      detail: [detail, back].filter(Boolean).join('; '),
      exit: EXIT.failure,
    })
  }
  return { outcomes: await outcomes(client, rows), undo: [...undo, RELOAD], verified: before !== undefined }
}

function undoOf(name: string, before: readonly Written[] | undefined): string {
  const old = before?.filter((one) => one.name === name && one.automatic).at(-1)?.setting
  return old === undefined || old === null ? `alter system reset ${name}` : `alter system set ${name} = ${literal(old)}`
}

/** What a restart is needed for is said to be an error there; it is none. */
function faultOf(row: TuneRow, after: readonly Written[]): readonly string[] {
  const last = after.filter(({ name }) => name === row.setting).at(-1)
  if (last?.automatic !== true || last.setting !== row.recommended)
    return [`${row.setting} does not stand in postgresql.auto.conf as it was set`]
  if (last.error !== null && !(row.needs === 'restart' && !last.applied)) return [`${row.setting}: ${last.error}`]
  return []
}

async function takenBack(client: Client, statements: readonly string[]): Promise<string> {
  try {
    for (const statement of statements) await client.query(statement)
    return statements.length > 0 ? 'what had been set was taken back' : 'nothing was changed'
  } catch {
    return `not taken back, type: ${statements.join('; ')}`
  }
}

/** A session takes over what was reloaded between two of its statements, a little later than the postmaster. */
async function outcomes(client: Client, rows: readonly TuneRow[]): Promise<Applied['outcomes']> {
  const names = rows.map(({ setting }) => setting)
  for (const end = performance.now() + PATIENCE_MS; ; await sleep(50)) {
    const found = await runner(client, PLAIN)<Setting>('health/tune-settings', { names })
    const now = new Map(found.map(({ name, setting, unit, vartype }) => [name, canonical(setting, unit, vartype)]))
    const inForce = (row: TuneRow): boolean => {
      const { unit, vartype } = found.find(({ name }) => name === row.setting)!
      return now.get(row.setting) === canonical(row.recommended, unit, vartype)
    }
    const waiting = rows.filter((row) => row.needs === 'reload' && !inForce(row))
    if (waiting.length > 0 && performance.now() < end) continue
    return new Map(
      rows.map((row) => [
        row.setting,
        inForce(row) ? 'in force' : row.needs === 'restart' ? 'after a restart' : 'set, not in force',
      ]),
    )
  }
}
