// What alerts begin with. They ask the checks of health by health's thresholds, but for three rules that people have had in
// their databases for long: 180 of 200 connections, less than 95 % from the cache, a statement that runs for 5 minutes.
import type { Check } from '../check.ts'
import type { WrittenThresholds } from '../thresholds.ts'

const RULES: WrittenThresholds = {
  connections: { warn: '90%' },
  'cache-hit': { warn: '95%', crit: '90%' },
  'long-queries': { warn: '5m' },
}

/**
 * The thresholds of alerts: their own config over health's over these rules. A rule is left out where anything is said of
 * its check: half of one and half of another may be none at all.
 */
export function alertThresholds(
  checks: readonly Check[],
  health: WrittenThresholds,
  own: WrittenThresholds,
): WrittenThresholds {
  const said = new Set([...Object.keys(health), ...Object.keys(own)].map((key) => key.split('/')[0]))
  const rules = Object.entries(RULES).filter(([name]) => checks.some((check) => check.name === name) && !said.has(name))
  const keys = [...new Set([...Object.keys(health), ...Object.keys(own)])]
  return Object.fromEntries([...rules, ...keys.map((key) => [key, { ...health[key], ...own[key] }] as const)])
}
