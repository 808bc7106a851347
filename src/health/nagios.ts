// One report as a monitoring plugin says it: a line with the state and the worst of it, a line a finding, and the figures
// behind a bar. Format: the Monitoring Plugins Development Guidelines.
import { bySeverity, type Finding, type Report, worst } from './model.ts'
import { oneLine } from './one-line.ts'

/** Longest line that old servers keep is 8 KB; one clause needs far less. */
const LONGEST = 300

/** One line, without what would end it or begin the figures, or steer a terminal. */
export const clean = (text: string): string => oneLine(text).replaceAll('|', '/').slice(0, LONGEST)

const UOM: Readonly<Record<Finding['unit'], string>> = { s: 's', B: 'B', '%': '%', '1': '' }

/** `'slots standby1'=12B;10;20`: a quote inside a label is doubled, `=` may not be in it at all. */
function figure({ check, object, value, unit, warn, crit }: Finding): string | undefined {
  if (value === null) return undefined
  const label = clean(object === null ? check : `${check} ${object}`)
    .replaceAll('=', '_')
    .replaceAll("'", "''")
  const fallen = warn !== null && crit !== null && warn > crit
  // A range of Nagios: outside `N:` is below N.
  const limit = (at: number | null): string => (at === null ? '' : fallen ? `${at}:` : String(at))
  return `'${label}'=${Number(value.toFixed(6))}${UOM[unit]};${limit(warn)};${limit(crit)}`
}

const named = ({ check, object }: Finding): string => (object === null ? check : `${check} ${object}`)

/** Text with a final newline. */
export function nagiosText({ findings }: Report): string {
  const sorted = [...findings].sort(bySeverity)
  const state = worst(findings)
  const bad = sorted.filter((one) => one.state !== 'OK' && one.state !== 'SKIPPED')
  const count = (of: Finding['state']): number => findings.filter((one) => one.state === of).length
  const head = bad[0]
    ? `${named(bad[0])}: ${bad[0].text}${bad.length > 1 ? `, and ${bad.length - 1} more` : ''}`
    : `${count('OK')} checks are well, ${count('SKIPPED')} skipped`
  const figures = findings.map(figure).filter((one) => one !== undefined)
  const lines = sorted.map((one) => {
    const advice = one.try === null ? '' : ` (try: ${one.try})`
    return clean(`${one.state} ${named(one)}: ${one.text}${advice}`)
  })
  const perfdata = figures.length > 0 ? ` | ${figures.join(' ')}` : ''
  return `ARXDB ${state} - ${clean(head)}${perfdata}\n${lines.join('\n')}\n`
}
