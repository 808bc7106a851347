// A report as Prometheus reads it. Objects are names of tables, jobs, slots and markets that are in trouble: never more
// than MOST_TOLD of a check, so that the number of series is bounded however many chunks there are.
import { Gauge, Registry } from 'prom-client'
import { type Finding, type Report, STATES } from './model.ts'

/** What a state is as a number: alerts want `> 0`, and SKIPPED is no trouble. */
export const STATE_NUMBERS: Readonly<Record<Finding['state'], number>> = {
  ...{ OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3, SKIPPED: -1 },
}

/** Sessions come and go; a series for each pid that ever was is what Prometheus suffers from. */
const stable = (object: string | null): string =>
  object === null ? '' : object.replace(/^pid \d+$/, 'session').slice(0, LONGEST)

/** A name of PostgreSQL has 63 bytes, and a market has a few of them. */
const LONGEST = 200

/** Text exposition format 0.0.4. */
export async function prometheusText({ at, findings }: Report): Promise<string> {
  const registry = new Registry()
  const labelNames = ['check', 'object'] as const
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers: [registry] })
  const state = gauge('arxdb_health_state', 'State of a check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, -1 SKIPPED')
  const value = gauge('arxdb_health_value', 'What a check measured, in its own unit: seconds, bytes, per cent, a count')
  for (const one of findings) {
    const labels = { check: one.check, object: stable(one.object) }
    const told = await state.get()
    const before = told.values.find(({ labels: l }) => l.check === labels.check && l.object === labels.object)
    const number = STATE_NUMBERS[one.state]
    state.set(labels, before ? Math.max(before.value, number) : number)
    if (one.value !== null) value.set(labels, one.value)
  }
  const count = new Gauge({
    ...{ name: 'arxdb_health_findings', help: 'Findings by state', labelNames: ['state'] as const },
    registers: [registry],
  })
  for (const name of STATES) count.set({ state: name }, findings.filter((one) => one.state === name).length)
  const when = { name: 'arxdb_health_timestamp_seconds', help: 'When health was asked', registers: [registry] }
  new Gauge(when).set(Date.parse(at) / 1000)
  return registry.metrics()
}
