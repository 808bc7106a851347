// Cron's fields, and a crontab that is ours only between our marks.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lastDue, parseCron } from '../../src/backup/schedule/cron.ts'
import { blockOf, cronBlock, cronLine, withBlock } from '../../src/backup/schedule/crontab.ts'
import { onCalendar } from '../../src/backup/schedule/systemd.ts'

describe('a schedule', () => {
  test.each([
    ['15 2 * * *', [2026, 0, 5, 1, 0], [2026, 0, 4, 2, 15]],
    ['15 2 * * *', [2026, 0, 5, 2, 15], [2026, 0, 5, 2, 15]],
    ['*/20 * * * *', [2026, 0, 5, 2, 19], [2026, 0, 5, 2, 0]],
    ['0 5 * * 0', [2026, 0, 8, 0, 0], [2026, 0, 4, 5, 0]],
    ['0 5 * * 7', [2026, 0, 8, 0, 0], [2026, 0, 4, 5, 0]],
    ['30 4 1,15 * *', [2026, 0, 20, 0, 0], [2026, 0, 15, 4, 30]],
    ['0 0 29 2 *', [2026, 0, 1, 0, 0], [2024, 1, 29, 0, 0]],
    // Both days restricted: either will do.
    ['0 0 13 * 5', [2026, 0, 12, 0, 0], [2026, 0, 9, 0, 0]],
    ['0 9-17/4 * * *', [2026, 0, 5, 16, 0], [2026, 0, 5, 13, 0]],
  ] as const)('%s', (text, now, due) => {
    const date = ([year, month, day, hour, minute]: readonly number[]) => new Date(year!, month!, day!, hour!, minute!)
    expect(lastDue(parseCron(text), date(now))).toEqual(date(due))
  })
  test.each([
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '*/0 * * * *',
    '5-1 * * * *',
    'a * * * *',
    '@daily',
  ])('"%s" is none', (text) => expect(() => parseCron(text)).toThrow(expect.objectContaining({ exit: 2 })))
  test.each([
    ['15 2 * * *', ['*-*-* 2:15:00']],
    ['*/10 * * * 1-5', ['Mon..Fri *-*-* *:0/10:00']],
    ['0 0 13 * 5', ['*-*-13 0:0:00', 'Fri *-*-* 0:0:00']],
  ])('%s as a calendar of systemd', (text, wanted) => expect(onCalendar(text)).toEqual(wanted))
})

describe('a crontab', () => {
  const job = {
    job: 'run',
    cron: parseCron('15 2 * * *'),
    title: 'backup run',
    words: ['/a b/node', 'x', '--repo', "it's 5%"],
    deadlineMs: 0,
  } as const
  test('quotes for sh, and for cron', () => {
    expect(cronLine(job, '/log %d')).toBe(String.raw`15 2 * * * '/a b/node' x --repo 'it'\''s 5\%' >>'/log \%d' 2>&1`)
  })
  test('keeps every line of others, byte for byte', () => {
    const line = fc.string({ unit: fc.constantFrom('a', ' ', '#', '*', '%', "'", '1') })
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), (lines, newline) => {
        const table = lines.join('\n') + (newline ? '\n' : '')
        const block = cronBlock('11111111', [job], undefined)
        const once = withBlock(table, '11111111', block)
        expect(withBlock(once, '11111111', block)).toBe(once)
        expect(blockOf(once, '11111111')).toEqual([cronLine(job, undefined)])
        const removed = withBlock(once, '11111111', '')
        expect(removed).toBe(table === '' || table.endsWith('\n') ? table : `${table}\n`)
        const two = withBlock(once, '22222222', cronBlock('22222222', [job], '/l'))
        expect(withBlock(two, '22222222', '')).toBe(once)
      }),
    )
  })
  test('a torn block is refused', () => {
    expect(() => withBlock('# arxdb begin 11111111: x\nfoo\n', '11111111', '')).toThrow(
      expect.objectContaining({ exit: 6 }),
    )
  })
})
