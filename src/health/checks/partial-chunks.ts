import { count } from '../../wording.ts'
import type { Check } from '../check.ts'
import { hypertablesOf, titleOf } from '../hypertables.ts'

export const partialChunks: Check = {
  ...{ name: 'partial-chunks', group: 'timescaledb', unit: '%', threshold: { warn: 25, crit: 75 } },
  ...{ needs: ['community'] },
  why: 'rows beside the batches take their full size, and every question about the chunk reads both',
  try: 'arxdb policy run',
  clear: 'no chunk is compressed',
  async measure(vantage) {
    const tables = await hypertablesOf(vantage)
    return tables.flatMap(({ compressed, partial, partial_chunk, job_id, ...table }) => {
      if (compressed === 0) return []
      const policy = job_id === null ? ', and no policy compresses them again' : ''
      return [
        {
          ...{
            object: titleOf({ ...table, compressed, partial, partial_chunk, job_id }),
            value: (100 * partial) / compressed,
          },
          text: `${partial} of ${count(compressed, 'compressed chunk')} took rows afterwards${partial > 0 ? policy : ''}`,
          try: job_id === null ? `select compress_chunk('${partial_chunk}')` : `call run_job(${job_id})`,
          // Late rows in the newest chunk are usual, and its policy's next run puts it right; without one they stay.
          ...(job_id === null && partial > 0 ? { state: 'WARNING' as const } : {}),
        },
      ]
    })
  },
}
