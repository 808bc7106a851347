// The SDK's client with our own patience, for AWS and for what speaks like it.
import { S3Client } from '@aws-sdk/client-s3'
import type { S3Settings } from '../settings.ts'

/** How long a silence may last before a request counts as failed, ms. */
export interface Limits {
  readonly connectMs: number
  readonly silentMs: number
}
export const LIMITS: Limits = { connectMs: 5_000, silentMs: 30_000 }

/** A client. Credentials come by the SDK's chain (environment, profile, role) and stay in there. */
export function s3Client(settings: S3Settings, { connectMs, silentMs }: Limits): S3Client {
  const { endpoint, pathStyle, profile } = settings
  const region = settings.region ?? (endpoint === undefined ? undefined : 'us-east-1')
  // The SDK tells everybody on Node 20, at each call, that it will want 22 one day.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    forcePathStyle: pathStyle ?? false,
    // Throttling, 5xx and lost connections, with growing pauses; a refusal is final.
    maxAttempts: 4,
    // Of silence, not of the whole request: a part may take long over a thin line.
    requestHandler: { connectionTimeout: connectMs, socketTimeout: silentMs },
    // We send a SHA-256 of our own and compare it; what else the SDK adds, not every service understands.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}
