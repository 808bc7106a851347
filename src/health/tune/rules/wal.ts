// WAL and checkpoints: fewer and smoother ones, as far as the disk and the time of a recovery allow.
import type { Rule, Workload } from '../rules.ts'
import { GB, MB } from '../units.ts'

const MINUTE = 60_000

const WANTED: Readonly<Record<Workload, { readonly wal: number; readonly minutes: number }>> = {
  mixed: { wal: 4 * GB, minutes: 15 },
  ingest: { wal: 16 * GB, minutes: 30 },
  analytics: { wal: 8 * GB, minutes: 15 },
}

/** Whole segments: a fifth of what is free, and no more than twice the memory could have made dirty. */
function most(free: number | undefined, memory: number): number {
  const room = Math.min(free === undefined ? Number.POSITIVE_INFINITY : free / 5, memory)
  return Math.max(GB, Math.floor(room / (64 * MB)) * 64 * MB)
}

export const wal: Rule = ({ machine, workload, walFree, choices, version }) => {
  const { wal, minutes } = WANTED[workload]
  const limit = most(walFree, machine.memory)
  const size = Math.min(wal, limit)
  const packed = ['lz4', 'zstd'].find((word) => choices('wal_compression').includes(word)) ?? 'on'
  return [
    {
      ...{ setting: 'wal_buffers', value: (workload === 'ingest' ? 64 : 16) * MB, enough: 'more' },
      reason: 'a whole segment for all sessions; several that load at once fill more',
    },
    {
      ...{ setting: 'max_wal_size', value: size, enough: 'more' },
      reason:
        size < wal
          ? 'as much as disk and memory have room for; a load that passes it pays for a checkpoint each time'
          : 'a load that passes it pays for a checkpoint each time; a recovery reads as much',
    },
    {
      ...{
        setting: 'min_wal_size',
        value: Math.max(256 * MB, Math.floor(size / 4 / (16 * MB)) * 16 * MB),
        enough: 'more',
      },
      reason: 'segments that are kept for the next load, so that it need not make them',
    },
    {
      ...{ setting: 'checkpoint_timeout', value: minutes * MINUTE, enough: 'more' },
      reason: 'each checkpoint makes every page be written whole once more; a recovery takes the longer for it',
    },
    {
      ...{ setting: 'checkpoint_completion_target', value: 0.9 },
      reason: 'writes are spread over the time between two checkpoints',
    },
    {
      ...{ setting: 'wal_compression', value: packed, enough: ['pglz', 'lz4', 'zstd', 'on'] },
      reason: `pages that are written whole are packed${version >= 150_000 ? `; ${packed} is the quickest here` : ''}`,
    },
    {
      ...{ setting: 'wal_level', value: 'replica', enough: ['replica', 'logical'] },
      reason: 'below it there is no base backup, no archive and no standby: arxdb wal setup',
    },
    {
      ...{ setting: 'max_wal_senders', value: 10, enough: 'more' },
      reason: 'a base backup takes two, a standby one',
    },
  ]
}
