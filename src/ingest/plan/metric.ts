// Files with one column of values, and what the values are of.
import { basename } from 'node:path'
import { usageError } from '../../errors.ts'
import { stemOf } from './file-name.ts'
import { type Layout, targetOf } from './layout.ts'
import { ask, meant } from './plan-errors.ts'

/** The column that `value` goes to; undefined for all other files. */
export function metricOf({ format, given }: Layout): string | undefined {
  const { metrics, metricNames = {} } = format
  if (!metrics) return undefined
  const { flags, file } = given
  const metric = flags.metric ?? metricNames[stemOf(file).toLowerCase()]
  if (metric === undefined)
    throw ask({
      code: 'metric-needed',
      message: `${basename(file)} does not say what its values are of`,
      detail:
        targetOf(format).table === 'prices'
          ? 'the same header is used for prices and for counts, of transactions or addresses'
          : 'its header is the same for every metric, and its name is none that is known',
      hint: metrics.length === 1 ? `--metric ${metrics[0]}, if they are` : `--metric ${metrics.join('|')}`,
    })
  if (!metrics.includes(metric)) throw usageError(`no metric "${metric}" in such a file`, meant(metric, metrics))
  return metric
}
