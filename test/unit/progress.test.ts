import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createProgress, type ProgressOptions } from '../../src/cli/progress.ts'

/** Stderr as a test sees it: what was written, and a terminal's cursor methods. */
function stderr(isTTY: boolean) {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const moves = { cursorTo: () => stream.write('\r'), clearLine: () => stream.write('\x1b[K'), moveCursor: () => true }
  Object.assign(stream, { isTTY, columns: 80, ...(isTTY ? moves : {}) })
  return { err: { stream, isTTY, width: 80, color: false }, text: () => text }
}

function clock() {
  let at = Date.UTC(2025, 0, 1)
  return {
    now: () => new Date(at),
    pass: (ms: number) => {
      at += ms
    },
  }
}

const start = (isTTY: boolean, options: Partial<ProgressOptions> = {}) => {
  const time = clock()
  const { err, text } = stderr(isTTY)
  const progress = createProgress('ingest', { err, quiet: false, kind: 'auto', now: time.now, ...options })
  return { progress, text, ...time }
}

const MB = 1_000_000

describe('in a log', () => {
  test('a line at most every ten seconds, and one at the end', () => {
    const { progress, text, pass } = start(false)
    for (let second = 0; second <= 25; second++) {
      progress.update({ done: second * MB, total: 25 * MB, unit: 'bytes', text: `${second} rows` })
      pass(1000)
    }
    progress.stop()
    expect(text().split('\n')).toEqual([
      'ingest  40%  10.0 MB of 25.0 MB  1.0 MB/s  15s left  10 rows',
      'ingest  80%  20.0 MB of 25.0 MB  1.0 MB/s  5s left  20 rows',
      'ingest  100%  25.0 MB of 25.0 MB  1.0 MB/s  25 rows',
      '',
    ])
  })

  test('short work leaves only what it says at the end', () => {
    const { progress, text } = start(false)
    progress.update({ done: 1, total: 2, unit: 'steps' })
    progress.stop('applied 2 migrations')
    progress.stop()
    expect(text()).toBe('applied 2 migrations\n')
  })

  test('is what CI and a dumb terminal get too', async () => {
    for (const env of [{ CI: 'true' }, { TERM: 'dumb' }]) {
      const { progress, text } = start(true, { env })
      progress.update({ done: 1, unit: 'rows' })
      await sleep(300)
      progress.stop('done')
      expect(text()).toBe('done\n')
    }
  })
})

describe('on a terminal', () => {
  test('that does not know its size, lines and no bar', async () => {
    const { err, text } = stderr(true)
    Object.assign(err.stream, { columns: 0 })
    const progress = createProgress('ingest', { err, quiet: false, kind: 'auto', now: () => new Date() })
    progress.update({ done: 1, unit: 'rows' })
    await sleep(300)
    progress.stop('done')
    expect(text()).toBe('done\n')
  })

  test('work of less than 200 ms shows nothing', async () => {
    const { progress, text } = start(true)
    progress.update({ done: 1, total: 2, unit: 'steps' })
    await sleep(50)
    progress.stop()
    await sleep(300)
    expect(text()).toBe('')
  })

  test('longer work shows share, speed and time left, keeps lines above, and goes without a trace', async () => {
    const { progress, text, pass } = start(true)
    progress.update({ done: 0, total: 100_000, unit: 'rows' })
    pass(1000)
    progress.update({ done: 40_000, total: 100_000, unit: 'rows' })
    await expect.poll(text, { timeout: 5000 }).toContain('━━━━━━──────────  40%  40,000 of 100,000 rows')
    expect(text()).toContain('40,000 rows/s  2s left')
    progress.line('skipped 3 rows')
    progress.stop('loaded')
    const written = text()
    expect(written).toContain('skipped 3 rows\n')
    expect(written.endsWith('\x1b[Kloaded\n')).toBe(true)
    await sleep(200)
    expect(text()).toBe(written)
    // Never hidden, so nothing can leave it hidden.
    expect(written).not.toContain('\x1b[?25l')
  })
})

describe('for a program', () => {
  test('events are one JSON object a line, and the last state is always told', () => {
    const { progress, text, pass } = start(true, { kind: 'json' })
    progress.update({ done: 0, total: 10, unit: 'rows' })
    pass(100)
    progress.update({ done: 5, total: 10, unit: 'rows' })
    pass(100)
    progress.line('a "line"')
    progress.stop('done')
    const events = text()
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(events).toEqual([
      {
        event: 'progress',
        label: 'ingest',
        elapsed_ms: 0,
        done: 0,
        total: 10,
        unit: 'rows',
        rate: null,
        eta_s: null,
        text: null,
      },
      { event: 'line', label: 'ingest', elapsed_ms: 200, text: 'a "line"' },
      {
        event: 'progress',
        label: 'ingest',
        elapsed_ms: 200,
        done: 5,
        total: 10,
        unit: 'rows',
        rate: 50,
        eta_s: 0,
        text: null,
      },
      { event: 'stop', label: 'ingest', elapsed_ms: 200, text: 'done' },
    ])
  })
})

test('--quiet and --progress none write nothing at all', async () => {
  for (const options of [{ quiet: true }, { kind: 'none' }, { quiet: true, kind: 'json' }] as const) {
    const { progress, text } = start(true, options)
    progress.update({ done: 1, unit: 'rows' })
    progress.line('line')
    await sleep(250)
    progress.stop('done')
    expect(text()).toBe('')
  }
})
