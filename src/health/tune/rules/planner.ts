// What the planner believes of disks and statistics.
import type { Rule } from '../rules.ts'

export const planner: Rule = ({ storage }) => [
  {
    ...{ setting: 'random_page_cost', value: storage === 'ssd' ? 1.1 : 4 },
    reason:
      storage === 'ssd'
        ? 'on an SSD any page costs as much as the next one'
        : 'a disk that turns has to seek; --storage hdd',
  },
  {
    ...{ setting: 'effective_io_concurrency', value: storage === 'ssd' ? 200 : 2 },
    reason: storage === 'ssd' ? 'an SSD reads many pages at once' : 'a disk that turns reads one place at a time',
  },
  {
    ...{ setting: 'default_statistics_target', value: 100, enough: 'more' },
    reason: 'each chunk has statistics of its own, so the default is enough',
  },
  {
    ...{ setting: 'jit', value: 'off' },
    reason: 'plans over many chunks look dear, and compiling them takes longer than running them',
  },
]
