// Rows in by COPY: a transaction a batch, and what to do with rows that are there already.
import type pg from 'pg'
import { copyIn } from '../db/copy.ts'
import { identifiers } from '../db/identifier.ts'
import { sqlState } from '../db/sqlstate.ts'
import { ArxError } from '../errors.ts'
import { statement } from '../statements/load.ts'
import { addCounts, type BatchCounts, type BatchOptions, batchSizes, NO_COUNTS } from './batch-options.ts'
import { type ConflictRule, conflictRule, mergeStaged } from './conflict.ts'
import { type Database, transaction, withClient } from './database.ts'
import { makePartitions, needsPartition } from './partitions.ts'
import { ANY_SERVER, type Column, chosenColumns, type Relation, relation } from './relation.ts'
import { columnsOf, encodeRows, type Row, requireColumns } from './rows.ts'

interface Batch {
  readonly into: Relation
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Index of the batch's first row in the call. */
  readonly first: number
}

const copySql = (table: string, columns: readonly Column[]): string =>
  `copy ${table} (${identifiers(columns.map((c) => c.name))}) from stdin`

async function copyBatch(client: pg.ClientBase, table: string, batch: Batch, bytes: Buffer): Promise<number> {
  try {
    return (await copyIn(client, copySql(table, batch.columns), [bytes])).rows
  } catch (error) {
    throw located(error, batch)
  }
}

/** COPY counts lines, and a line is a row here: the index in the caller's array is what helps. */
function located(error: unknown, { first, rows }: Batch): unknown {
  const line = Number(/^COPY .*?, line (\d+)/.exec((error as { where?: string }).where ?? '')?.[1])
  if (!(error instanceof Error) || !(line >= 1 && line <= rows.length)) return error
  error.message = `row ${first + line - 1}: ${error.message}`
  return error
}

/** A batch in one transaction, however many rows of a compressed chunk that unpacks: as few as `batchSize` can be more. */
const inserting = (db: Database, body: (client: pg.ClientBase) => Promise<BatchCounts>): Promise<BatchCounts> =>
  transaction(db, {}, async (client) => {
    await client.query(statement('storage/unpack-any', ANY_SERVER).text)
    return body(client)
  })

const insertDirect = (db: Database, batch: Batch, bytes: Buffer): Promise<BatchCounts> =>
  inserting(db, async (client) => {
    const inserted = await copyBatch(client, batch.into.sql, batch, bytes)
    return { inserted, skipped: 0, updated: 0, batches: 1 }
  })

const insertStaged = (db: Database, batch: Batch, bytes: Buffer, rule: ConflictRule): Promise<BatchCounts> =>
  inserting(db, async (client) => {
    const staged = await mergeStaged(client, batch.into, batch.columns, rule, (stage) =>
      copyBatch(client, stage, batch, bytes),
    )
    return { ...staged, skipped: batch.rows.length - staged.inserted - staged.updated, batches: 1 }
  })

/**
 * Inserts rows by COPY, `batchSize` to a transaction. All rows have the keys of the first. Without a conflict every
 * batch is a plain COPY; from the first conflict on, batches go through a temporary table. When a batch fails the ones
 * before it stay, and the error says how many rows that is.
 */
export async function batchInsert(
  db: Database,
  table: string,
  rows: readonly Row[],
  options: BatchOptions = {},
): Promise<BatchCounts> {
  const size = batchSizes(options)
  const [head] = rows
  if (!head) return NO_COUNTS
  const names = columnsOf(head)
  for (const [index, row] of rows.entries()) requireColumns(row, names, index)
  const into = await withClient(db, (client) => relation(client, table))
  const columns = chosenColumns(into, names)
  const rule = conflictRule(into, columns, options)
  let staging = false
  let total = NO_COUNTS
  const merged = async (batch: Batch, bytes: Buffer): Promise<BatchCounts> => {
    if (rule && staging) return insertStaged(db, batch, bytes, rule)
    try {
      return await insertDirect(db, batch, bytes)
    } catch (error) {
      if (!rule || sqlState(error) !== '23505') throw error
      staging = true
      return insertStaged(db, batch, bytes, rule)
    }
  }
  const insert = (batch: Batch, bytes: Buffer): Promise<BatchCounts> =>
    merged(batch, bytes).catch(async (error: unknown) => {
      if (!needsPartition(error, into)) throw error
      await makePartitions(db, into, batch.rows)
      return merged(batch, bytes)
    })
  for (let first = 0; first < rows.length; first += size) {
    const batch = { into, columns, rows: rows.slice(first, first + size), first }
    const bytes = encodeRows(batch.rows, columns, first)
    try {
      total = addCounts(total, await db.counters.measure(() => insert(batch, bytes)))
    } catch (error) {
      throw withCommitted(error, total)
    }
  }
  return total
}

function withCommitted(error: unknown, { batches, inserted, updated }: BatchCounts): unknown {
  if (!(error instanceof ArxError) || batches === 0) return error
  const kept = `${batches} batches before it are committed: ${inserted} rows inserted, ${updated} updated`
  const { code, message, hint, exit, cause } = error
  return new ArxError({ code, message, hint, exit, cause, detail: [error.detail, kept].filter(Boolean).join('; ') })
}
