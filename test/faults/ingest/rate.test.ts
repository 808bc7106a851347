import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, bench, bitfinexRows, lines } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { FLAGS } from './awkward-file.ts'

const ROWS = 10_000

describeTiers('a rate limit', (tier) => {
  let b: Bench
  beforeAll(async () => {
    b = await bench(tier)
  })
  afterAll(() => b.close())

  test('several connections together read no faster than it says', async () => {
    const text = lines(bitfinexRows(ROWS))
    const begun = performance.now()
    const file = b.file('slow.csv', text)
    const [report] = await b.load(file, { ...FLAGS, jobs: 3, rateLimit: text.length })
    // A second's worth; timers may fire a little early. Without the limit it is a tenth of that.
    expect(performance.now() - begun).toBeGreaterThan(950)
    expect(report!.inserted).toBe(ROWS)
  })
})
