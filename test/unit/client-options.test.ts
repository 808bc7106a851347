import { describe, expect, test } from 'vitest'
import { BUCKETS_MS, createCounters } from '../../src/client/counters.ts'
import { type PoolSettings, poolSettings } from '../../src/client/options.ts'
import { identifier, qualified, tableName } from '../../src/db/identifier.ts'

describe('pool settings', () => {
  test('the production profile has its numbers', () => {
    expect(poolSettings('production')).toEqual({
      min: 10,
      max: 30,
      acquireTimeoutMs: 60_000,
      connectTimeoutMs: 30_000,
      idleTimeoutMs: 600_000,
    })
    expect(poolSettings('development')).toMatchObject({ min: 5, max: 20, idleTimeoutMs: 30_000 })
  })

  test('names of other pools are mapped', () => {
    const given = { acquireTimeoutMillis: 1, createTimeoutMillis: 2, idleTimeoutMillis: 3 }
    const settings = poolSettings('production', given)
    expect(settings).toMatchObject({ acquireTimeoutMs: 1, connectTimeoutMs: 2, idleTimeoutMs: 3 })
  })

  test.each(['destroyTimeoutMillis', 'reapIntervalMillis', 'createRetryIntervalMillis'])(
    '%s is refused with its reason',
    (name) => {
      const given = { [name]: 5 } as PoolSettings
      expect(() => poolSettings('production', given)).toThrow(new RegExp(`no ${name}: .{30}`))
    },
  )

  test.each<[string, PoolSettings, RegExp]>([
    ['unknown', { minimum: 1 } as PoolSettings, /no setting "minimum"/],
    ['twice', { idleTimeoutMs: 1, idleTimeoutMillis: 2 }, /given twice/],
    ['negative', { max: -1 }, /whole number/],
    ['contradictory', { min: 4, max: 3 }, /min 4 is more than pool.max 3/],
    ['zero', { max: 0 }, /at least 1/],
  ])('%s settings are refused', (_, given, message) => {
    expect(() => poolSettings('development', given)).toThrow(message)
  })

  test('a lower max alone takes min down with it', () => {
    expect(poolSettings('production', { max: 2 })).toMatchObject({ min: 2, max: 2 })
  })
})

describe('counters', () => {
  test('count, time and keep failures apart', async () => {
    let clock = 0
    const counters = createCounters(() => clock)
    const take = (ms: number, fails = false) =>
      counters.measure(async () => {
        clock += ms
        if (fails) throw new Error('no')
        return ms
      })
    expect(await take(1)).toBe(1)
    await take(7)
    await expect(take(60_000, true)).rejects.toThrow('no')
    counters.connectionFailed()
    const { duration, ...counts } = counters.read()
    expect(counts).toEqual({ queries: 3, errors: 1, connectionErrors: 1 })
    expect(duration).toMatchObject({ count: 3, sum: 60_008 })
    const below = (le: number) => duration.buckets.find((b) => b.le === le)?.count
    expect([below(1), below(5), below(10), below(30_000), below(Number.POSITIVE_INFINITY)]).toEqual([1, 1, 2, 2, 3])
    expect(duration.buckets).toHaveLength(BUCKETS_MS.length + 1)
  })
})

describe('identifiers', () => {
  test.each([
    ['candles', '"candles"'],
    ['arxdb.candles', '"arxdb"."candles"'],
    ['"my.schema"."Say ""hi"""', '"my.schema"."Say ""hi"""'],
    ['MyTable', '"MyTable"'],
    ['a"; drop table x; --', undefined],
    ['a.b.c', undefined],
    ['a.', undefined],
    ['.a', undefined],
    ['', undefined],
    ['"a', undefined],
  ])('%s', (text, quoted) => {
    if (quoted === undefined) expect(() => qualified(tableName(text))).toThrow('does not name a table')
    else expect(qualified(tableName(text))).toBe(quoted)
  })

  test('what PostgreSQL would cut or cannot hold is refused', () => {
    expect(identifier('x'.repeat(63))).toHaveLength(65)
    expect(() => identifier('ü'.repeat(32))).toThrow('longer than 63 bytes')
    expect(() => identifier('a\0')).toThrow('zero byte')
    expect(() => identifier('')).toThrow('empty')
  })
})
