import { count } from '../../wording.ts'
import { type Check, NotJudged, needsMonitor } from '../check.ts'

interface Row {
  readonly archiving: boolean
  readonly configured: boolean
  readonly waiting: number
  readonly archived: string | null
  readonly archived_at: string | null
  readonly failed: string | null
  readonly failed_at: string | null
  readonly failing: boolean
}

export const archiver: Check = {
  ...{ name: 'archiver', group: 'backup', unit: '1', threshold: { warn: 10, crit: 100 } },
  needs: ['primary'],
  why: 'what is not archived is lost with the server, and fills its disk until then',
  try: 'arxdb backup doctor',
  clear: 'nothing waits to be archived',
  async measure(vantage) {
    needsMonitor(vantage, 'what waits to be archived')
    const [row] = await vantage.run<Row>('health/archiver')
    const { archiving, configured, waiting, archived, archived_at, failed, failed_at, failing } = row!
    if (!archiving) {
      throw new NotJudged(
        'SKIPPED',
        'archive_mode is off: no moment between backups can be restored',
        'arxdb wal setup',
      )
    }
    const measure = { object: null, value: waiting }
    const wait = `${count(waiting, 'segment')} ${waiting === 1 ? 'waits' : 'wait'} to be archived`
    if (!configured) {
      const text = `${wait}, and neither archive_command nor archive_library is set`
      return [{ ...measure, least: 'CRITICAL', text, try: 'arxdb wal setup' }]
    }
    const last = archived === null ? 'none ever was' : `the last one was ${archived} at ${archived_at}`
    if (!failing) return [{ ...measure, text: `${wait}; ${last}` }]
    // Judged by what came last, not by the count of failures, which only grows.
    return [
      { ...measure, least: 'CRITICAL', text: `archiving of ${failed} failed last at ${failed_at}; ${wait}, ${last}` },
    ]
  },
}
