import { type Sample, sample } from '../family.ts'
import type { Source } from '../source.ts'

export const backups: Source = {
  ...{ name: 'backups', needs: ['repository'] },
  async read({ backups, server, now }) {
    const seen = await backups!(server.system_id)
    const aged = (what: string, at: string | null): readonly Sample[] => {
      if (at === null) return []
      const seconds = Date.parse(at) / 1000
      return [
        sample('arxdb_backup_timestamp_seconds', seconds, { what }),
        sample('arxdb_backup_age_seconds', now.getTime() / 1000 - seconds, { what }),
      ]
    }
    return [
      ...aged('backup', seen.newestGood),
      ...aged('proven_restore', seen.newestProof),
      sample('arxdb_backup_interval_seconds', seen.everySeconds, { what: 'backup' }),
      sample('arxdb_backup_interval_seconds', seen.drillEverySeconds, { what: 'proven_restore' }),
      ...(seen.archive ? [sample('arxdb_backup_wal_gaps', seen.archive.gaps)] : []),
    ]
  },
}
