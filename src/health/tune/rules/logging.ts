// The log: what explains a slow hour afterwards, and nothing that costs one.
import type { Rule } from '../rules.ts'
import { MB } from '../units.ts'

const SECOND = 1_000

export const logging: Rule = () => [
  {
    ...{ setting: 'log_min_duration_statement', value: SECOND, enough: 'less' },
    reason: 'statements of more than a second, with their time',
  },
  {
    ...{ setting: 'log_statement', value: 'ddl', enough: ['none', 'ddl'] },
    reason: 'every statement in the log costs each of them, fills the disk, and puts what they hold there',
  },
  { setting: 'log_checkpoints', value: 'on', reason: 'tells whether loads or the clock bring checkpoints on' },
  { setting: 'log_lock_waits', value: 'on', reason: 'who waits for longer than deadlock_timeout is named' },
  {
    ...{ setting: 'log_temp_files', value: 64 * MB, enough: 'less' },
    reason: 'sorts and hashes that outgrew work_mem by much',
  },
  {
    ...{ setting: 'log_autovacuum_min_duration', value: 60 * SECOND, enough: 'less' },
    reason: 'vacuums that take more than a minute, and what they did',
  },
  { setting: 'track_io_timing', value: 'on', reason: 'slow and --explain tell reading from computing' },
]
