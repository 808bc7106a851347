import { count, roughly } from '../../wording.ts'
import type { Check } from '../check.ts'
import { hypertablesOf, titleOf } from '../hypertables.ts'

export const compressionBacklog: Check = {
  ...{ name: 'compression-backlog', group: 'timescaledb', unit: 's', threshold: { warn: 21_600, crit: 604_800 } },
  ...{ needs: ['community'] },
  why: 'a policy is there, and yet the disk fills at the size of raw rows',
  try: 'arxdb policy run',
  clear: 'no hypertable has a compression policy',
  async measure(vantage) {
    const tables = await hypertablesOf(vantage)
    return tables.flatMap((table) => {
      if (table.job_id === null) return []
      const waits = roughly(table.waiting ?? 0)
      const after = `after ${roughly(table.after ?? 0)}, every ${roughly(table.every ?? 0)}`
      return [
        {
          ...{ object: titleOf(table), value: table.backlog > 0 ? table.waiting : 0 },
          since: table.backlog > 0 ? table.due : null,
          text:
            table.backlog > 0
              ? `${count(table.backlog, 'chunk')} should be compressed (${after}); the oldest waits for ${waits}`
              : `all that is due is compressed (${after})`,
          try: `call run_job(${table.job_id})`,
        },
      ]
    })
  },
}
