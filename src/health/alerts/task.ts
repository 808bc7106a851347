// What one `alerts run` is to do, from its config and flags. Usage errors for what is no setting.
import { isAbsolute, resolve } from 'node:path'
import type { Connection } from '../../connect/connection.ts'
import { DURATION_FORMS, tryDuration } from '../../duration.ts'
import { usageError } from '../../errors.ts'
import { CHECKS } from '../registry.ts'
import type { HealthWorld, Settings } from '../service.ts'
import type { WrittenThresholds } from '../thresholds.ts'
import type { AlertCommand } from './command.ts'
import type { Damping, Manner } from './ledger.ts'
import { alertThresholds } from './rules.ts'
import { secretOf, type Webhook, webhookUrl } from './webhook.ts'

/** As in the config and in the flags; texts as written. */
export interface AlertSettings {
  readonly every?: string | undefined
  readonly repeat?: string | undefined
  readonly damp?: string | undefined
  readonly level?: 'warning' | 'critical' | undefined
  readonly checks?: readonly string[] | undefined
  readonly thresholds?: WrittenThresholds | undefined
  readonly webhook?: string | undefined
  readonly secretFile?: string | undefined
  readonly exec?: string | undefined
  readonly deadline?: string | undefined
}

export interface AlertWorld extends HealthWorld {
  readonly cwd: string
  /** Lines for a person, else NDJSON. */
  readonly forPerson: boolean
  write(text: string): Promise<void>
  note(text: string): void
}

export interface Task {
  readonly everyMs: number
  readonly checks: readonly string[]
  readonly settings: Settings
  readonly manner: Manner
  readonly webhook: Webhook | undefined
  readonly command: AlertCommand | undefined
}

/** `2/3`: in two of the last three runs. */
function dampingOf(text: string): Damping {
  const [, bad, of] = /^([1-9]\d?)\/([1-9]\d?)$/.exec(text) ?? []
  if (bad === undefined || Number(bad) > Number(of))
    throw usageError(`--damp ${text}: how many bad runs of how many?`, '--damp 2/3, or 1/1 for at once')
  return { bad: Number(bad), of: Number(of) }
}

function lengthOf(text: string, flag: string, least: number): number {
  const ms = tryDuration(text)
  if (ms === undefined || ms < least) throw usageError(`${flag} ${text} is no length of time for that`, DURATION_FORMS)
  return ms
}

export function taskOf(written: AlertSettings, settings: Settings, connection: Connection, world: AlertWorld): Task {
  const deadlineMs = lengthOf(written.deadline ?? '10s', '--deadline', 100)
  const { secretFile, webhook, exec } = written
  const secret =
    webhook === undefined ? undefined : secretOf(secretFile && under(world.cwd, secretFile), world.env, warning(world))
  return {
    everyMs: lengthOf(written.every ?? '1m', '--every', 1_000),
    checks: written.checks ?? [],
    settings: { ...settings, health: alertThresholds(CHECKS, settings.health, written.thresholds ?? {}) },
    manner: {
      damping: dampingOf(written.damp ?? '2/3'),
      repeatMs: lengthOf(written.repeat ?? '4h', '--repeat', 0),
      level: written.level ?? 'warning',
      server: placeOf(connection),
    },
    webhook: webhook === undefined ? undefined : { url: webhookUrl(webhook), secret, deadlineMs },
    command: exec === undefined ? undefined : { command: exec, deadlineMs, env: world.env },
  }
}

const under = (cwd: string, path: string): string => (isAbsolute(path) ? path : resolve(cwd, path))
export const warning =
  ({ note }: AlertWorld) =>
  (text: string): void =>
    note(`warning: ${text}`)
export const placeOf = ({ host, port, database }: Connection): string => `${host}:${port}/${database}`
