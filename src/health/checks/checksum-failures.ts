import { count } from '../../wording.ts'
import { type Check, NotJudged } from '../check.ts'

interface Row {
  readonly enabled: boolean
  readonly database: string | null
  readonly failures: number
  readonly last_at: string | null
}

export const checksumFailures: Check = {
  ...{ name: 'checksum-failures', group: 'server', unit: '1', threshold: null },
  why: 'the disk or the memory changes what was written, and backups may hold it already',
  try: 'arxdb backup verify; replace the disk; pg_stat_reset() once it is mended',
  clear: 'every page that was read is as it was written',
  async measure({ run }) {
    const rows = await run<Row>('health/checksum-failures')
    if (!rows[0]?.enabled) {
      throw new NotJudged(
        'SKIPPED',
        'data checksums are off: a changed page is not noticed',
        'pg_checksums --enable, on the stopped server',
      )
    }
    return rows
      .filter(({ failures }) => failures > 0)
      .map(({ database, failures, last_at }) => ({
        ...{ object: database ?? 'shared catalogs', value: failures, state: 'CRITICAL', since: last_at },
        text: `${count(failures, 'page')} failed the checksum, the last one at ${last_at}`,
      }))
  },
}
