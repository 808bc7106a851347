// Samples as Prometheus reads them: text exposition format 0.0.4.
import { type Metric, Registry } from 'prom-client'
import { FAMILIES, type FamilyName, type Sample } from './family.ts'

/** As it goes over HTTP. */
export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** A name of PostgreSQL has 63 bytes; nothing longer than two of them with their quotes is a label. */
const LONGEST = 300

/**
 * The families that have a sample, in the order of FAMILIES. Values come from the server as they are: prom-client's own
 * Counter and Summary can only be counted up, so what it prints is given to it as a metric that has been collected.
 */
export async function exposition(samples: readonly Sample[]): Promise<string> {
  const registry = new Registry()
  for (const name of Object.keys(FAMILIES) as FamilyName[]) {
    const own = samples.filter((sample) => sample.name === name)
    if (own.length === 0) continue
    const values = own.map(({ labels, value, part }) => ({
      ...{ value, metricName: part === undefined ? name : `${name}_${part}` },
      labels: Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, text.slice(0, LONGEST)])),
    }))
    const collected = { name, get: async () => ({ name, ...FAMILIES[name], values, aggregator: 'sum' }) }
    registry.registerMetric(collected as unknown as Metric)
  }
  return registry.metrics()
}
