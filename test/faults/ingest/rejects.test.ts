import { statSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, bench, bitfinexRows, lines } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { FIRST, FLAGS, SLOWLY } from './awkward-file.ts'
import { committed, forget, type Picture, pictureOf, rejectsFile } from './picture.ts'
import { makeProgram, type Program } from './program.ts'

const ROWS = 60_000
/** Every third is bad: the rejects of an earlier run take a while to be written again. */
const TEXT = lines(bitfinexRows(ROWS, FIRST).map((row, i) => (i % 3 === 1 ? row.replace(',101,', ',abc,') : row)))
const LENIENT = { ...FLAGS, maxErrors: '50%' }

describeTiers('the rejects file of a load that is killed', (tier) => {
  let b: Bench
  let program: Program
  let file: string
  let clean: Picture

  beforeAll(async () => {
    ;[b, program] = await Promise.all([bench(tier), makeProgram()])
    file = b.file('bad.csv', TEXT)
    await b.load(file, LENIENT)
    clean = await pictureOf(b, file)
  })
  afterAll(async () => {
    program.remove()
    await b.close()
  })

  test('killed again while the run that goes on takes over the earlier rejects: none is lost', async () => {
    await forget(b, file)
    const first = program.load(b.db.url, { ...LENIENT, files: [file], rateLimit: SLOWLY })
    await committed(b, 1, first)
    first.child.kill('SIGKILL')
    await first.ended
    const { size } = statSync(rejectsFile(file))
    const second = program.load(b.db.url, { ...LENIENT, files: [file] })
    let over = false
    void second.ended.then(() => {
      over = true
    })
    // The moment at which the file is shorter than it was, if there is one, is the one to be afraid of.
    while (!over && statSync(rejectsFile(file)).size >= size && second.child.exitCode === null) await turn()
    second.child.kill('SIGKILL')
    await second.ended
    await b.load(file, LENIENT)
    expect(await pictureOf(b, file)).toEqual(clean)
  })
})
