import type { Check } from '../check.ts'

export const backupFailed: Check = {
  ...{ name: 'backup-failed', group: 'backup', unit: '1', threshold: null },
  needs: ['repository'],
  why: 'what stopped this run will stop the next one',
  try: 'arxdb backup doctor; arxdb backup run',
  clear: 'the newest run did not fail',
  async measure({ server, backups }) {
    const { failed } = await backups!(server.system_id)
    if (failed === null) return []
    const { at, message } = failed
    return [{ object: null, value: 1, state: 'WARNING', since: at, text: `the newest run failed: ${message}` }]
  },
}
