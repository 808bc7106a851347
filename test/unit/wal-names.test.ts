// Names, numbers and positions of segments, whatever their size; and the line in front of an archived file.
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headerLine, readHeader, type WalHeader } from '../../src/backup/wal/header.ts'
import {
  lsnBytes,
  lsnText,
  segmentAt,
  segmentBefore,
  segmentName,
  segmentNumber,
  segmentsOf,
  walFile,
} from '../../src/backup/wal/names.ts'
import { shellWord } from '../../src/backup/wal/setup.ts'

const MB = 1 << 20
const size = fc.integer({ min: 0, max: 10 }).map((power) => MB * 2 ** power)
const timeline = fc.integer({ min: 1, max: 0xffff_ffff })

describe('segments', () => {
  test.each([
    [16, 255, '0000000100000000000000FF'],
    [16, 256, '000000010000000100000000'],
    [1, 4095, '000000010000000000000FFF'],
    [1, 4096, '000000010000000100000000'],
    [64, 63, '00000001000000000000003F'],
    [64, 64, '000000010000000100000000'],
    [1024, 3, '000000010000000000000003'],
    [1024, 4, '000000010000000100000000'],
  ])('of %i MB roll over: number %i is %s', (megabytes, number, name) => {
    expect(segmentName(1, number, megabytes * MB)).toBe(name)
    expect(segmentNumber(name, megabytes * MB)).toBe(number)
  })

  test('a name and a number are the same thing', () => {
    fc.assert(
      fc.property(size, timeline, fc.nat(), (bytes, tli, number) => {
        const name = segmentName(tli, number, bytes)
        expect(segmentNumber(name, bytes)).toBe(number)
        expect(walFile(name)).toEqual({ kind: 'segment', name, timeline: tli })
        expect(segmentName(tli, number + 1, bytes) > name).toBe(true)
      }),
    )
  })

  test('an LSN lies in one segment, and its text comes back', () => {
    fc.assert(
      fc.property(size, fc.bigInt({ min: 1n, max: 2n ** 52n }), (bytes, at) => {
        const lsn = lsnText(at)
        expect(lsnBytes(lsn)).toBe(at)
        const number = BigInt(segmentAt(lsn, bytes))
        expect(number * BigInt(bytes) <= at && at < (number + 1n) * BigInt(bytes)).toBe(true)
        expect(segmentBefore(lsn, bytes)).toBe(segmentAt(lsnText(at - 1n), bytes))
      }),
    )
  })

  test('a range names each of its segments once, and none that it only touches', () => {
    fc.assert(
      fc.property(size, fc.nat(1 << 20), fc.nat(50), fc.nat(MB - 1), (segmentBytes, first, more, within) => {
        const at = (number: number): string => lsnText(BigInt(number) * BigInt(segmentBytes) + BigInt(within))
        const names = segmentsOf({ timeline: 1, start: at(first), end: at(first + more), segmentBytes })
        expect(new Set(names).size).toBe(names.length)
        // An end on a boundary needs nothing of what begins there.
        expect(names.length).toBe(within === 0 ? more : more + 1)
        expect(names.map((name) => segmentNumber(name, segmentBytes))).toEqual(names.map((_, i) => first + i))
      }),
    )
  })
})

test.each([
  ['00000002.history', 'history'],
  ['000000010000000000000003.partial', 'partial'],
  ['000000010000000000000003.00000028.backup', 'backup'],
  ['000000010000000000000003', 'segment'],
])('%s is a %s', (name, kind) => expect(walFile(name)).toMatchObject({ kind }))

test.each(['00000001000000000000000', '00000001000000000000000g', 'RECOVERYXLOG', '../00000002.history', ''])(
  '"%s" is nothing that is archived',
  (name) => expect(walFile(name)).toBeUndefined(),
)

const header = fc.record({
  name: timeline.map((tli) => segmentName(tli, 7, MB)),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  bytes: fc.nat(),
  systemId: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String),
  sealed: fc.constantFrom<WalHeader['sealed'][]>([], ['zstd'], ['gzip', 'age'], ['zstd', 'age'], ['age']),
  at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
})

test('a header comes back, and one that was cut does not', () => {
  fc.assert(
    fc.property(header, fc.nat(), (written, cut) => {
      const line = headerLine(written)
      expect(readHeader(Buffer.concat([line, Buffer.from('content\n')]))).toEqual({
        header: written,
        length: line.length,
      })
      expect(readHeader(line.subarray(0, cut % line.length))).toBeUndefined()
    }),
  )
})

test('any word passes PostgreSQL and sh unchanged', () => {
  const words = fc.array(fc.string({ minLength: 1, unit: fc.constantFrom(...`ab '"%$\\;&|*~#é\t`) }), { minLength: 20 })
  fc.assert(
    fc.property(words, (all) => {
      // What PostgreSQL does to a command: %% is one %.
      const line = all.map(shellWord).join(' ').replaceAll('%%', '%')
      const said = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`]).toString()
      expect(said).toBe(all.map((word) => `${word}\n`).join(''))
    }),
    { numRuns: 30 },
  )
})
