// Bytes on their way into S3: in one piece, or in parts that the service puts together at the end. What it acknowledged is
// compared with what was sent before anybody may rely on it.
import { createHash, type Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { step } from '../../steps.ts'
import { statusOf } from './s3-failures.ts'
import type { Stored } from './store.ts'

/** What names the object, and says how it is encrypted. */
export interface Target {
  readonly Bucket: string
  readonly Key: string
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms'
  readonly SSEKMSKeyId?: string
}

/** What was sent, with all that a store may say of it in its own words. */
export interface Sent extends Stored {
  /** As the service composes it, base64: of the bytes, or of the parts' digests. */
  readonly checksum: string
  readonly etag: string | undefined
  /** An answer was lost, and the request sent again found an object there: it may be ours, or another's. */
  readonly unsure: boolean
}

export interface Upload {
  readonly client: S3Client
  readonly target: Target
  /** Fails with 412 where an object stands already. */
  readonly exclusive: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Bytes of part `number`: all parts of one size up to 80 GB, because some services want that; then larger ones, so that the
 * 10,000 parts that are allowed hold 780 GB without more than a gigabyte of memory.
 */
const partBytes = (number: number): number => (number <= 5_000 ? 16 : number <= 8_000 ? 64 : 256) << 20
/** Parts that are sent at once. */
const AT_ONCE = 3

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

/** Undefined where MD5 is forbidden (FIPS): then the store's word on it is not asked for. */
function md5(bytes: Buffer): Buffer | undefined {
  try {
    return createHash('md5').update(bytes).digest()
  } catch {
    return undefined
  }
}

/** Sends `body`; up to 16 MB in one request, beyond that in parts. An upload that fails or is stopped leaves no parts. */
export async function upload(body: Buffer | Readable, task: Upload): Promise<Sent> {
  if (Buffer.isBuffer(body)) return whole(body, task)
  const hash = createHash('sha256')
  const parts = inParts(body, hash, task.signal)
  const first = await parts.next()
  if (first.done) return whole(Buffer.alloc(0), task)
  if (first.value.length < partBytes(1)) {
    await parts.next()
    return whole(first.value, task)
  }
  return multipart(first.value, parts, hash, task)
}

/** The body in pieces of a part's size; only the last one is shorter. A body that breaks throws here. */
async function* inParts(body: Readable, hash: Hash, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  let [pending, bytes, number] = [[] as Buffer[], 0, 1]
  for await (const chunk of body) {
    signal?.throwIfAborted()
    hash.update(chunk as Buffer)
    pending.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    while (bytes >= partBytes(number)) {
      const all = Buffer.concat(pending, bytes)
      const size = partBytes(number++)
      yield all.subarray(0, size)
      pending = [all.subarray(size)]
      bytes -= size
    }
  }
  if (bytes > 0) yield Buffer.concat(pending, bytes)
}

const within = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {})

async function whole(body: Buffer, { client, target, exclusive, signal }: Upload): Promise<Sent> {
  const digest = sha256(body)
  const checksum = digest.toString('base64')
  const request = { ...target, Body: body, ContentLength: body.length, ChecksumSHA256: checksum }
  const condition = exclusive ? { IfNoneMatch: '*' } : {}
  const command = new PutObjectCommand({ ...request, ...condition })
  const unsure = await answered(client.send(command, within(signal)), [409, 412])
  step('put sent', target.Key)
  return { bytes: body.length, sha256: digest.toString('hex'), checksum, etag: md5(body)?.toString('hex'), unsure }
}

/** Whether the request failed in such a way only after it had been sent more than once. */
async function answered(request: Promise<unknown>, statuses: readonly number[]): Promise<boolean> {
  try {
    await request
    return false
  } catch (error) {
    const { attempts = 1 } = (error as { $metadata?: { attempts?: number } }).$metadata ?? {}
    if (attempts > 1 && statuses.includes(statusOf(error))) return true
    throw error
  }
}

interface Part {
  readonly bytes: number
  readonly tag: string | undefined
  readonly sha256: Buffer
  readonly md5: Buffer | undefined
}

async function multipart(first: Buffer, rest: AsyncGenerator<Buffer>, hash: Hash, task: Upload): Promise<Sent> {
  const { client, target, exclusive, signal } = task
  const create = new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' })
  const { UploadId } = await client.send(create, within(signal))
  const place = { Bucket: target.Bucket, Key: target.Key, UploadId: UploadId! }
  // The first part that fails stops the others; nothing is left under way when the upload is aborted.
  const failing = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal
  const running = new Set<Promise<void>>()
  const parts: Part[] = []
  const send = async (body: Buffer, at: number): Promise<void> => {
    const digest = sha256(body)
    const what = { Body: body, ContentLength: body.length, ChecksumSHA256: digest.toString('base64') }
    const command = new UploadPartCommand({ ...place, ...what, PartNumber: at + 1 })
    const { ETag } = await client.send(command, { abortSignal: stop })
    step('part sent', `${at + 1} of ${target.Key}`)
    parts[at] = { bytes: body.length, tag: ETag, sha256: digest, md5: md5(body) }
  }
  let begun = 0
  let failed: unknown
  const begin = (body: Buffer): void => {
    const one = send(body, begun++)
      .catch((error: unknown) => {
        failed ??= error
        failing.abort()
      })
      .finally(() => running.delete(one))
    running.add(one)
  }
  try {
    begin(first)
    for await (const body of rest) {
      if (running.size >= AT_ONCE) await Promise.race(running)
      if (failed !== undefined) throw failed
      begin(body)
    }
    await Promise.all(running)
    if (failed !== undefined) throw failed
    signal?.throwIfAborted()
    const list = parts.map((part, i) => ({
      ...(part.tag === undefined ? {} : { ETag: part.tag }),
      ...{ PartNumber: i + 1, ChecksumSHA256: part.sha256.toString('base64') },
    }))
    const condition = exclusive ? { IfNoneMatch: '*' } : {}
    const complete = new CompleteMultipartUploadCommand({ ...place, ...condition, MultipartUpload: { Parts: list } })
    // 404: the upload that is to be completed is no more, because it was.
    const unsure = await answered(client.send(complete, within(signal)), [404, 409, 412])
    step('upload completed', target.Key)
    return composed(parts, hash, unsure)
  } catch (error) {
    failing.abort()
    await Promise.all(running)
    // What cannot be ended now is ended by the next sweep.
    await client.send(new AbortMultipartUploadCommand(place)).catch(() => {})
    throw error
  }
}

function composed(parts: readonly Part[], hash: Hash, unsure: boolean): Sent {
  const sums = parts.map((part) => part.md5).filter((sum) => sum !== undefined)
  const count = parts.length
  return {
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    sha256: hash.digest('hex'),
    checksum: sha256(Buffer.concat(parts.map((part) => part.sha256))).toString('base64'),
    etag: sums.length === count ? `${md5(Buffer.concat(sums))!.toString('hex')}-${count}` : undefined,
    unsure,
  }
}
