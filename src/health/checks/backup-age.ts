import { CLOCKS_APART_MS } from '../../clocks.ts'
import { roughly } from '../../wording.ts'
import type { Check } from '../check.ts'

/** In shares of the time between two backups. */
const [WARN, CRIT] = [1.25, 2]
const DAY = 86_400

export const backupAge: Check = {
  ...{ name: 'backup-age', group: 'backup', unit: 's', threshold: { warn: WARN * DAY, crit: CRIT * DAY } },
  needs: ['repository'],
  why: 'all that was written since the newest backup may have to be loaded again',
  try: 'arxdb schedule list; arxdb backup run',
  clear: 'no backup',
  async measure({ server, backups, now, threshold }) {
    const { newestGood, everySeconds } = await backups!(server.system_id)
    if (newestGood === null) {
      return [
        { object: null, value: null, state: 'CRITICAL', text: 'there is no good backup', try: 'arxdb backup run' },
      ]
    }
    const age = (now.getTime() - Date.parse(newestGood)) / 1000
    if (age * 1000 < -CLOCKS_APART_MS) {
      const text = `every good backup says that it was made in the future, the newest on ${newestGood}`
      return [
        { object: null, value: null, state: 'WARNING', text, try: 'set the clock, here or where backups are made' },
      ]
    }
    const value = Math.max(0, age)
    const limits = { warn: WARN * everySeconds, crit: CRIT * everySeconds }
    const set = threshold(null)
    const { warn } = set === backupAge.threshold ? limits : set
    return [
      {
        ...{ object: null, value, limits },
        since: warn === null ? undefined : new Date(Date.parse(newestGood) + 1000 * warn).toISOString(),
        text: `the newest good backup is ${roughly(value)} old, of ${newestGood}; one is due every ${roughly(everySeconds)}`,
      },
    ]
  },
}
