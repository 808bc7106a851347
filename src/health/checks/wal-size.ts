import { count, humanBytes } from '../../wording.ts'
import { type Check, needsMonitor } from '../check.ts'

interface Row {
  readonly bytes: number
  readonly files: number
  readonly max_wal_size: number
  readonly wal_keep_size: number
}

/** In multiples of what the settings let it take: the server goes over that in a burst, and comes back. */
const [WARN, CRIT] = [2, 4]
const GB = 2 ** 30

export const walSize: Check = {
  ...{ name: 'wal-size', group: 'server', unit: 'B', threshold: { warn: WARN * GB, crit: CRIT * GB } },
  why: 'something keeps WAL: a slot, an archiver that fails, checkpoints that do not keep up',
  try: 'arxdb health slots archiver replication',
  clear: 'no WAL',
  async measure(vantage) {
    needsMonitor(vantage, 'what WAL takes')
    const [row] = await vantage.run<Row>('health/wal-size')
    const { bytes, files, max_wal_size, wal_keep_size } = row!
    const wanted = max_wal_size + wal_keep_size
    const keeps = wal_keep_size > 0 ? ` and wal_keep_size ${humanBytes(wal_keep_size)}` : ''
    return [
      {
        ...{ object: null, value: bytes, limits: { warn: WARN * wanted, crit: CRIT * wanted } },
        text: `${humanBytes(bytes)} in ${count(files, 'file')}; max_wal_size is ${humanBytes(max_wal_size)}${keeps}`,
      },
    ]
  },
}
