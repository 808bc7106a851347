import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { IO } from '../../src/cli/io.ts'
import { type Confirmation, type ConfirmOptions, confirm } from '../../src/cli/prompt.ts'
import type { ArxError } from '../../src/errors.ts'

const DROP: Confirmation = { what: 'drop 14 chunks (3.2 GB)' }
const DESTROY: Confirmation = { what: 'destroy the local server', typed: 'local' }

function terminal({ stdin = true, stderr = true } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY: stdin })
  const output = Object.assign(new PassThrough(), { isTTY: stderr, columns: 80 })
  let written = ''
  output.on('data', (chunk: Buffer) => {
    written += chunk.toString()
  })
  const stream = (isTTY: boolean) => ({ stream: output, isTTY, width: 80, color: false })
  const io: IO = { stdin: input, out: stream(false), err: stream(stderr) }
  return { io, input, written: () => written }
}

/** Asks, types `keys`, and tells how it ended. */
async function ending(confirmation: Confirmation, keys: string, options: Partial<ConfirmOptions> = {}) {
  const { io, input, written } = terminal()
  const asked = confirm(confirmation, { io, yes: false, ...options })
  if (keys === 'EOF') input.end()
  else input.write(keys)
  return {
    error: await asked.then(
      () => undefined,
      (error: ArxError) => error,
    ),
    written: written(),
  }
}

describe('on a terminal', () => {
  test.each(['y\r', 'Y\r', 'yes\r', ' yes \r'])('%j agrees', async (keys) => {
    const { error, written } = await ending(DROP, keys)
    expect(error).toBeUndefined()
    expect(written).toContain('drop 14 chunks (3.2 GB)? [y/N] ')
  })

  test.each(['\r', 'n\r', 'yep\r', '\x04', 'EOF'])('%j refuses with exit 6', async (keys) => {
    expect((await ending(DROP, keys)).error).toMatchObject({ code: 'refused', exit: 6 })
  })

  test('Ctrl-C is an interrupt, exit 130', async () => {
    expect((await ending(DROP, '\x03')).error).toMatchObject({ code: 'interrupted', exit: 130 })
  })

  test('a severe one wants its word, exactly', async () => {
    expect((await ending(DESTROY, 'local\r')).error).toBeUndefined()
    for (const keys of ['y\r', 'yes\r', 'Local\r', 'loca\r', '\r'])
      expect((await ending(DESTROY, keys)).error).toMatchObject({ code: 'refused', exit: 6 })
  })

  test('production is never asked about: only --yes will do', async () => {
    const { error, written } = await ending(DROP, 'y\r', { production: true })
    expect(error).toMatchObject({ code: 'needs-confirmation', exit: 6 })
    expect(written).toBe('')
  })

  test('an aborted run ends the question with 130', async () => {
    const { io } = terminal()
    const abort = new AbortController()
    const asked = confirm(DROP, { io, yes: false, signal: abort.signal })
    abort.abort()
    await expect(asked).rejects.toMatchObject({ exit: 130 })
  })
})

describe('without a terminal', () => {
  test.each([
    [{ stdin: false, stderr: true }, {}],
    [{ stdin: true, stderr: false }, {}],
    [{ stdin: true, stderr: true }, { CI: 'true' }],
  ])('%j %j is exit 6 and names --yes', async (which, env) => {
    const { io, written } = terminal(which)
    const error = await confirm(DROP, { io, yes: false, env }).catch((caught: ArxError) => caught)
    expect(error).toMatchObject({
      code: 'needs-confirmation',
      exit: 6,
      message: 'will not drop 14 chunks (3.2 GB) without confirmation',
    })
    expect((error as ArxError).hint).toContain('--yes')
    expect(written()).toBe('')
  })
})

test('--yes agrees to everything and asks nothing', async () => {
  const { io, written } = terminal({ stdin: false, stderr: false })
  await confirm(DESTROY, { io, yes: true, production: true })
  expect(written()).toBe('')
})
