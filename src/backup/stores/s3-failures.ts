// What S3 and the way to it may answer, as errors with something to try. Credentials never stand in them.
import { ArxError, EXIT, type ExitCode } from '../../errors.ts'

interface Failure {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** The HTTP status of an answer; 0 when there was none. */
export const statusOf = (error: unknown): number => (error as Failure).$metadata?.httpStatusCode ?? 0

const NETWORK =
  /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/

/** One request that failed for good. */
export function failedRequest(what: string, where: string, bucket: string, error: unknown): ArxError {
  const { name = '', message = '', code = '' } = error as Failure
  const status = statusOf(error)
  const { exit, hint } = advice(name, status, code, bucket)
  const detail = [name, status > 0 ? `HTTP ${status}` : '', message && message !== 'UnknownError' ? message : code]
  return new ArxError({
    code: exit === EXIT.connection ? 's3-unreachable' : 's3-failed',
    message: `cannot ${what} in ${where}`,
    detail: detail.filter(Boolean).join(', '),
    ...{ hint, exit, cause: error },
  })
}

function advice(
  name: string,
  status: number,
  code: string,
  bucket: string,
): { exit: ExitCode; hint: string | undefined } {
  if (/Credentials|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch/.test(name) || status === 401) {
    return {
      exit: EXIT.connection,
      hint: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or "profile" in the s3 section',
    }
  }
  if (status === 403)
    return {
      exit: EXIT.connection,
      hint: `give this account s3:ListBucket on ${bucket}, and Get, Put and DeleteObject below the prefix`,
    }
  if (name === 'NoSuchBucket') return { exit: EXIT.connection, hint: `make the bucket first: aws s3 mb s3://${bucket}` }
  if (name === 'PermanentRedirect' || status === 301)
    return { exit: EXIT.connection, hint: '--s3-region: the bucket is in another region' }
  if (name === 'NotImplemented' || status === 501) {
    return {
      exit: EXIT.unsupported,
      hint: 'this store knows no conditional writes, without which two writers replace each other',
    }
  }
  if (name === 'TimeoutError' || NETWORK.test(code))
    return { exit: EXIT.connection, hint: 'is --s3-endpoint right, and reachable from here?' }
  return {
    exit: EXIT.failure,
    hint: status >= 500 || status === 429 ? 'the store is overloaded or broken: try again later' : undefined,
  }
}
