// One event as a POST of JSON. Signed, where there is a secret: HMAC-SHA256 of the time, a dot and the body, so that who
// knows the secret can tell a forged or a repeated one.
import { createHmac } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { usageError } from '../../errors.ts'
import type { AlertEvent } from './event.ts'

/** Waits between the attempts of one run; what is not heard then is sent by the next run. */
const PAUSES_MS = [500, 2_000] as const

export interface Webhook {
  readonly url: URL
  readonly secret: string | undefined
  /** For each attempt. */
  readonly deadlineMs: number
}

/** `v1=` and the hexadecimal HMAC-SHA256 of `TIMESTAMP.BODY`. */
export const signature = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`

export function webhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return url
  throw usageError('the webhook is no URL', '--webhook https://alerts.example.org/arxdb')
}

/** From a file that only its owner reads, or a variable: never from the command line, which everybody sees. */
export function secretOf(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  warn: (text: string) => void,
): string | undefined {
  if (file === undefined) return env.ARXDB_ALERTS_SECRET || undefined
  let secret: string
  try {
    secret = readFileSync(file, 'utf8').trim()
    if ((statSync(file).mode & 0o077) !== 0) warn(`others can read ${file}: chmod 600 ${file}`)
  } catch (error) {
    throw usageError(
      `cannot read the secret: ${(error as Error).message}`,
      '--secret-file FILE, or ARXDB_ALERTS_SECRET',
    )
  }
  if (secret === '') throw usageError(`${file} holds no secret`)
  return secret
}

/** Undefined when it was heard, else why not, without more of the URL than its host: its path may be a secret. */
export async function post(event: AlertEvent, webhook: Webhook, signal: AbortSignal): Promise<string | undefined> {
  const body = JSON.stringify(event)
  let why: string | undefined
  for (let attempt = 0; ; attempt++) {
    const outcome = await once(body, event.id, webhook, signal)
    if (outcome === undefined) return undefined
    why = `${webhook.url.host} ${outcome.why}`
    const pause = PAUSES_MS[attempt]
    if (!outcome.passing || pause === undefined || signal.aborted) return why
    await sleep(pause, undefined, { signal }).catch(() => {})
  }
}

interface Failure {
  readonly why: string
  /** To be tried again at once: it may be over soon. */
  readonly passing: boolean
}

async function once(
  body: string,
  id: string,
  { url, secret, deadlineMs }: Webhook,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'arxdb',
    'x-arxdb-event-id': id,
    'x-arxdb-timestamp': timestamp,
    ...(secret === undefined ? {} : { 'x-arxdb-signature': signature(secret, timestamp, body) }),
  }
  const late = AbortSignal.timeout(deadlineMs)
  try {
    // Followed, a redirect would carry the event and its signature to somebody else.
    const stop = AbortSignal.any([late, signal])
    const answer = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal: stop })
    await answer.body?.cancel()
    if (answer.ok) return undefined
    const passing = answer.status >= 500 || answer.status === 429 || answer.status === 408
    return { why: `answered ${answer.status}`, passing }
  } catch (error) {
    if (late.aborted) return { why: `was silent for ${deadlineMs / 1000} s`, passing: false }
    const cause = (error as Error).cause as Error | undefined
    return { why: `was not reached: ${cause?.message || (error as Error).message}`, passing: !signal.aborted }
  }
}
