import { humanBytes, percent } from '../../wording.ts'
import type { Check, Measure } from '../check.ts'
import { type Room, roomAt, walFolder } from '../disks.ts'

interface Row {
  readonly slot: string
  readonly kind: string
  readonly active: boolean
  readonly wal_status: string | null
  readonly retained: number
  readonly since: string | null
}

/** Shares of the disk that WAL is on; without a look at it the check's own figures stand. */
const [WARN_SHARE, CRIT_SHARE] = [0.1, 0.25]

export const slots: Check = {
  ...{ name: 'slots', group: 'server', unit: 'B', threshold: { warn: 10 * 2 ** 30, crit: 50 * 2 ** 30 } },
  why: 'WAL is kept for a slot until the disk is full and the server stops',
  try: "bring its reader back, or: select pg_drop_replication_slot('NAME')",
  clear: 'there is no replication slot',
  async measure({ run, server, sameHost }) {
    const rows = await run<Row>('health/slots')
    const disk =
      sameHost && rows.length > 0
        ? ((await roomAt(walFolder(server.data_directory!))) ?? (await roomAt(server.data_directory!)))
        : undefined
    return rows.map((row) => measured(row, disk))
  },
}

function measured({ slot, kind, active, wal_status, retained, since }: Row, disk: Room | undefined): Measure {
  const share = disk && retained > 0 ? `, ${percent(retained / disk.size)} of its disk` : ''
  const use = `${kind}, ${active ? 'in use' : 'not in use'}, keeps ${humanBytes(retained)} of WAL${share}`
  const drop = `select pg_drop_replication_slot('${slot.replaceAll("'", "''")}')`
  const common = { object: slot, value: retained, since: active ? undefined : since }
  const limits = disk && { warn: WARN_SHARE * disk.size, crit: CRIT_SHARE * disk.size }
  if (wal_status === 'lost') {
    return {
      ...common,
      state: 'CRITICAL',
      text: `${use}; WAL that it needs is gone: its reader has to begin anew`,
      try: drop,
    }
  }
  if (wal_status === 'unreserved') {
    const text = `${use}; it is over max_slot_wal_keep_size and may be lost at the next checkpoint`
    return { ...common, limits, least: 'WARNING', text, try: `bring its reader back, or: ${drop}` }
  }
  return { ...common, limits, text: use, try: `bring its reader back, or: ${drop}` }
}
