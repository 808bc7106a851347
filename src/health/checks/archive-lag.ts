import { count } from '../../wording.ts'
import { type BackupsSeen, type Check, type Measure, NotJudged } from '../check.ts'

interface Row {
  readonly archiving: boolean
  readonly ours: boolean
  /** The segment that is being written, by name. */
  readonly file: string
  readonly segment: number
  readonly segment_bytes: number
}

export const archiveLag: Check = {
  ...{ name: 'archive-lag', group: 'backup', unit: '1', threshold: { warn: 16, crit: 64 } },
  needs: ['primary', 'repository'],
  why: 'the server counts as archived what its command took; only what lies in the repository can be restored',
  try: 'arxdb wal status; arxdb backup doctor',
  clear: 'the repository has all',
  async measure({ run, server, backups }) {
    const [row] = await run<Row>('health/archive-position')
    if (!row!.archiving) throw new NotJudged('SKIPPED', 'archive_mode is off', 'arxdb wal setup')
    const { archive } = await backups!(server.system_id)
    if (archive !== null) return [behind(row!, archive), ...holes(archive)]
    const text = `the repository holds no WAL of this cluster (${server.system_id})`
    if (!row!.ours) throw new NotJudged('SKIPPED', `${text}, and archive_command sends it elsewhere`, 'arxdb wal setup')
    // The first segment of a new cluster is still being written.
    return [{ object: null, value: null, state: 'CRITICAL', text, try: 'arxdb backup doctor' }]
  },
}

type Archive = NonNullable<BackupsSeen['archive']>

function behind({ file, segment }: Row, { newest }: Archive): Measure {
  const timeline = Number.parseInt(file.slice(0, 8), 16)
  const own = newest[timeline]
  // Just promoted: what was archived last is of the timeline before.
  const last = own ?? Math.max(...Object.values(newest))
  const value = Math.max(0, segment - 1 - last)
  const lack = own === undefined ? `, none of timeline ${timeline} yet` : ''
  const text = `the repository is ${count(value, 'segment')} behind the server, which writes ${file}${lack}`
  return { object: null, value, text }
}

const holes = ({ gaps }: Archive): readonly Measure[] =>
  gaps === 0
    ? []
    : [
        {
          ...{ object: 'gaps', value: gaps, state: 'CRITICAL' },
          text: `${count(gaps, 'gap')} in the archived WAL: a restore cannot get over ${gaps === 1 ? 'it' : 'them'}`,
          try: 'arxdb wal status; arxdb backup run, and a restore can begin after it',
        },
      ]
