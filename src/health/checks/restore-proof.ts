import { roughly } from '../../wording.ts'
import type { Check } from '../check.ts'

const DAY = 86_400

export const restoreProof: Check = {
  ...{ name: 'restore-proof', group: 'backup', unit: 's', threshold: { warn: 8 * DAY, crit: 35 * DAY } },
  needs: ['repository'],
  why: 'a backup that was never restored is a hope',
  try: 'arxdb backup drill',
  clear: 'no backup',
  async measure({ server, backups, now }) {
    const { newestProof } = await backups!(server.system_id)
    if (newestProof === null) {
      return [{ object: null, value: null, state: 'CRITICAL', text: 'no backup that is there was ever restored' }]
    }
    const value = Math.max(0, (now.getTime() - Date.parse(newestProof)) / 1000)
    return [
      { object: null, value, text: `the last restore that was proven is ${roughly(value)} old, of ${newestProof}` },
    ]
  },
}
