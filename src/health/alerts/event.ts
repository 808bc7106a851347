// What an alert says of itself: the same for a person, a webhook and a command.
import { randomUUID } from 'node:crypto'
import { roughly } from '../../wording.ts'
import type { Finding, State, Unit } from '../model.ts'
import { clean } from '../nagios.ts'

export interface AlertEvent {
  /** The same when it is delivered again: who receives at least once can tell. */
  readonly id: string
  readonly event: 'raised' | 'still' | 'cleared'
  /** `connections`, `long-queries/pid 311`: the same from raised to cleared. */
  readonly alert: string
  readonly at: string
  /** Which server: host:port/database. */
  readonly server: string
  readonly check: string
  readonly object: string | null
  readonly state: State
  /** What it was before, where it got worse. */
  readonly before: State | null
  readonly since: string | null
  /** Between since and now, seconds. */
  readonly lasts: number | null
  readonly value: number | null
  readonly unit: Unit
  readonly warn: number | null
  readonly crit: number | null
  readonly text: string
  readonly why: string
  readonly try: string | null
}

interface Occasion {
  readonly event: AlertEvent['event']
  readonly alert: string
  readonly server: string
  readonly since: string
  readonly now: Date
  readonly before?: State | undefined
}

/** A finding as it is told; texts of the server are one line without control characters. */
export function eventOf(finding: Finding, { event, alert, server, since, now, before }: Occasion): AlertEvent {
  const lasts = (now.getTime() - Date.parse(since)) / 1000
  const { check, object, state, value, unit, warn, crit, text, why } = finding
  return {
    ...{ id: randomUUID(), event, alert: clean(alert), at: now.toISOString(), server, check },
    ...{ object: object === null ? null : clean(object), state, before: before ?? null, since },
    ...{ lasts: Number.isFinite(lasts) ? Math.max(lasts, 0) : null, value, unit, warn, crit },
    ...{ text: clean(text), why, try: finding.try === null ? null : clean(finding.try) },
  }
}

/** One line for a person. */
export function lineOf({ at, event, state, before, alert, text, lasts, try: advice }: AlertEvent): string {
  const time = `${at.slice(0, 19)}Z`
  if (event === 'cleared') return `${time} cleared ${alert}: ${text}`
  const how = before === null ? state : `${state} (was ${before})`
  const long = event === 'still' && lasts !== null ? ` for ${roughly(lasts)}` : ''
  return `${time} ${event} ${how} ${alert}${long}: ${text}${advice === null ? '' : ` (try: ${advice})`}`
}
