// The face of the health area: what the commands call.
import type { Connection } from '../connect/connection.ts'
import { usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { Check, Repository } from './check.ts'
import { examine } from './examine.ts'
import { stateFolder } from './memory.ts'
import { PLUGIN_EXIT, type Report, worst } from './model.ts'
import { nagiosText } from './nagios.ts'
import { prometheusText } from './prometheus.ts'
import { CHECKS } from './registry.ts'
import { thresholdsOf, type WrittenThresholds } from './thresholds.ts'

export interface HealthFlags {
  readonly warn: readonly string[]
  readonly crit: readonly string[]
}

export interface HealthWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly command: string
  now(): Date
  /** Undefined where no repository is configured. */
  readonly backups: Repository | undefined
  /** Where to remember; the folder of `health` when left out. */
  readonly state?: string | undefined
}

export interface Settings {
  readonly health: WrittenThresholds
  readonly timeoutMs: number
}

/** Asks the named checks, or all. Usage errors for names and thresholds that are none; what is found is never an error. */
export async function health(
  connection: () => Promise<Connection>,
  names: readonly string[],
  settings: Settings,
  flags: HealthFlags,
  world: HealthWorld,
): Promise<Report> {
  const checks = names.length === 0 ? CHECKS : names.map(find)
  const thresholds = thresholdsOf(CHECKS, checks, settings.health, flags)
  const { timeoutMs } = settings
  const state = world.state ?? stateFolder(world.env)
  return examine(await connection(), { ...world, checks, thresholds, timeoutMs, state })
}

function find(name: string): Check {
  const found = CHECKS.find((check) => check.name === name)
  if (found) return found
  const names = CHECKS.map((check) => check.name)
  const near = nearest(name, names, 2)
  throw usageError(`no check "${name}"`, near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'arxdb health --list')
}

/** All checks with their defaults, for `health --list`. */
export const listed = CHECKS.map(({ name, group, unit, threshold, why }) => ({
  ...{ check: name, group, unit, warn: threshold?.warn ?? null, crit: threshold?.crit ?? null, why },
}))

/** The same report for programs that listen to plugins and to exporters, and its exit code. */
export const texts = (report: Report) => ({
  nagios: async () => nagiosText(report),
  prometheus: () => prometheusText(report),
})

export const exitOf = (report: Report): 0 | 1 | 2 | 3 => PLUGIN_EXIT[worst(report.findings)]
