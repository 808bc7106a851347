import { describe, expect, test } from 'vitest'
import { NO_COUNTS } from '../../src/client/batch-options.ts'
import type { Row } from '../../src/client/rows.ts'
import { createWriter, type Store, WriteError, type WriterOptions } from '../../src/client/writer.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function recorded(
  options: WriterOptions,
  work: (rows: readonly Row[], call: number) => Promise<void> | void = () => {},
) {
  const batches: unknown[][] = []
  const store: Store = async (rows) => {
    const call = batches.push(rows.map((row) => row.n))
    await work(rows, call)
    return { ...NO_COUNTS, inserted: rows.length, batches: 1 }
  }
  return { batches, writer: createWriter(store, options) }
}

describe('writer', () => {
  test('sends by size, in order, and the rest on close', async () => {
    const { batches, writer } = recorded({ maxRows: 2 })
    for (const n of [1, 2, 3, 4, 5]) await writer.write({ n })
    expect(await writer.close()).toMatchObject({ inserted: 5, batches: 3 })
    expect(batches).toEqual([[1, 2], [3, 4], [5]])
    await expect(writer.write({ n: 6 })).rejects.toThrow('closed')
  })

  test('sends by time', async () => {
    const { batches, writer } = recorded({ flushMs: 30 })
    await writer.write({ n: 1 })
    expect(batches).toEqual([])
    await pause(80)
    expect(batches).toEqual([[1]])
    expect(writer.pending).toBe(0)
    await writer.close()
  })

  test('write waits while more than highWater is underway', async () => {
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const { writer } = recorded({ maxRows: 2, highWater: 3 }, () => gate)
    for (const n of [1, 2, 3]) await writer.write({ n })
    let went = false
    const fourth = writer.write({ n: 4 }).then(() => {
      went = true
    })
    await pause(20)
    expect([went, writer.pending]).toEqual([false, 4])
    open()
    await fourth
    await writer.close()
  })

  test('a highWater below maxRows does not wait for ever', async () => {
    const { batches, writer } = recorded({ maxRows: 100, highWater: 1, flushMs: 60_000 })
    for (const n of [1, 2, 3]) await writer.write({ n })
    await writer.close()
    expect(batches.flat()).toEqual([1, 2, 3])
  })

  test('concurrent writes are all kept, one batch at a time', async () => {
    let running = 0
    const { batches, writer } = recorded({ maxRows: 7, highWater: 10 }, async () => {
      expect(++running).toBe(1)
      await pause(1)
      running -= 1
    })
    await Promise.all(Array.from({ length: 100 }, (_, n) => writer.write({ n })))
    await writer.close()
    expect(batches.flat()).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  test('a failed batch comes back with its rows, once, and later batches are stored', async () => {
    const { batches, writer } = recorded({ maxRows: 2 }, (_, call) => {
      if (call === 1) throw new Error('disk full')
    })
    await writer.write({ n: 1 })
    await writer.write({ n: 2 })
    await writer.write({ n: 3 })
    const error = await writer.flush().catch((e: unknown) => e)
    expect(error).toBeInstanceOf(WriteError)
    expect(error).toMatchObject({ code: 'write-failed', rows: [{ n: 1 }, { n: 2 }] })
    expect((error as Error).message).toContain('2 rows were not stored: disk full')
    expect(batches).toEqual([[1, 2], [3]])
    expect(await writer.close()).toMatchObject({ inserted: 1 })
  })

  test('a write that throws has not taken its row', async () => {
    const { batches, writer } = recorded({ maxRows: 1 }, (_, call) => {
      if (call === 1) throw new Error('no')
    })
    await writer.write({ n: 1 })
    await pause(5)
    await expect(writer.write({ n: 2 })).rejects.toMatchObject({ rows: [{ n: 1 }] })
    await expect(writer.write({ m: 2 })).rejects.toThrow('lacks n')
    await writer.close()
    expect(batches).toEqual([[1]])
  })

  test('keeps the rows as they were when written', async () => {
    const { batches, writer } = recorded({})
    const row = { n: 1 }
    await writer.write(row)
    row.n = 2
    await writer.close()
    expect(batches).toEqual([[1]])
  })
})
