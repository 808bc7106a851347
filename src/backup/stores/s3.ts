// A repository in S3 or what speaks like it. Objects appear whole or not at all by nature of the service; that no writer
// replaces another's is asked of it with conditional writes (If-None-Match, If-Match).
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { ArxError, usageError } from '../../errors.ts'
import type { S3Settings } from '../settings.ts'
import { ObjectAbsent, ObjectExists, RemovalRefused } from './outcomes.ts'
import { failedRequest, statusOf } from './s3-failures.ts'
import type { GetOptions, PutOptions, Store, Stored, StoredObject } from './store.ts'

/** Parts of an upload; the service takes 10,000 of them, so an object may have 160 GB, and larger ones larger parts. */
const PART_BYTES = 16 << 20
const ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/*$/

/** `s3://bucket/prefix` as a store. Connects when it is first asked. */
export async function s3Store(url: string, settings: S3Settings): Promise<Store> {
  const match = ADDRESS.exec(url)
  if (!match) throw usageError(`"${url}" is no place in S3`, '--repo s3://bucket/prefix')
  const [, bucket, prefix = ''] = match
  return new S3(bucket!, prefix === '' ? '' : `${prefix}/`, settings).store()
}

class S3 {
  private readonly client: S3Client
  private readonly bucket: string
  private readonly prefix: string
  private readonly settings: S3Settings
  private readonly where: string

  constructor(bucket: string, prefix: string, settings: S3Settings) {
    this.bucket = bucket
    this.prefix = prefix
    this.settings = settings
    this.where = `s3://${bucket}/${prefix.replace(/\/$/, '')}`.replace(/\/$/, '')
    const { endpoint, pathStyle, profile } = settings
    const region = settings.region ?? (endpoint === undefined ? undefined : 'us-east-1')
    // The SDK tells everybody on Node 20, at each call, that it will want 22 one day.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
    this.client = new S3Client({
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(profile === undefined ? {} : { profile }),
      forcePathStyle: pathStyle ?? false,
      // Throttling, 5xx and lost connections, with growing pauses; a refusal is final.
      maxAttempts: 5,
      requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
    })
  }

  store(): Store {
    return {
      kind: 's3',
      where: this.where,
      put: (key, body, options) => this.put(key, body, options),
      get: (key, options) => this.get(key, options),
      read: (key, options) => this.read(key, options),
      stat: (key) => this.stat(key),
      list: (prefix) => this.list(prefix),
      remove: (key) => this.remove(key),
      swap: (key, expected, next) => this.swap(key, expected, next),
      sweep: (olderThanMs) => this.sweep(olderThanMs),
      close: async () => this.client.destroy(),
    }
  }

  private at(key: string) {
    return { Bucket: this.bucket, Key: this.prefix + key }
  }

  private encryption() {
    const { sse, kmsKeyId } = this.settings
    return { ...(sse ? { ServerSideEncryption: sse } : {}), ...(kmsKeyId ? { SSEKMSKeyId: kmsKeyId } : {}) }
  }

  /** What failed and where, as our own error; 404 is dealt with by those who can tell what is missing. */
  private failed(what: string, error: unknown): Error {
    return error instanceof ArxError ? error : failedRequest(what, this.where, this.bucket, error)
  }

  private async put(
    key: string,
    body: Buffer | Readable,
    { replace = false, signal }: PutOptions = {},
  ): Promise<Stored> {
    const condition = replace ? {} : { IfNoneMatch: '*' }
    const request = { ...this.at(key), ...this.encryption(), ...condition }
    const measured = measure(body)
    try {
      if (Buffer.isBuffer(body)) {
        const sent = { ...request, Body: body, ContentLength: body.length, ChecksumSHA256: sha256(body, 'base64') }
        await this.client.send(new PutObjectCommand(sent), signal ? { abortSignal: signal } : {})
      } else await this.upload({ ...request, Body: measured.body }, signal)
    } catch (error) {
      if (!replace && [409, 412].includes(statusOf(error))) throw new ObjectExists(this.where, key)
      throw this.failed(`write ${key}`, error)
    }
    const stored = measured.result()
    const found = await this.stat(key)
    if (found?.bytes !== stored.bytes) throw await this.short(key, stored.bytes, found?.bytes)
    return stored
  }

  private async upload(params: ConstructorParameters<typeof Upload>[0]['params'], signal: AbortSignal | undefined) {
    const upload = new Upload({
      client: this.client,
      params,
      partSize: PART_BYTES,
      queueSize: 2,
      leavePartsOnError: false,
    })
    const stop = (): void => void upload.abort().catch(() => {})
    signal?.addEventListener('abort', stop, { once: true })
    try {
      signal?.throwIfAborted()
      await upload.done()
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  private async short(key: string, sent: number, found: number | undefined): Promise<ArxError> {
    await this.remove(key).catch(() => {})
    return new ArxError({
      code: 'object-short',
      message: `${this.where} acknowledged ${key} and has not got it`,
      detail: `${sent} bytes sent, ${found === undefined ? 'nothing' : `${found} bytes`} found`,
    })
  }

  private async get(key: string, { first, signal }: GetOptions = {}): Promise<Readable> {
    const range = first === undefined ? {} : { Range: `bytes=0-${first - 1}` }
    try {
      const command = new GetObjectCommand({ ...this.at(key), ...range })
      const { Body } = await this.client.send(command, signal ? { abortSignal: signal } : {})
      return Body as Readable
    } catch (error) {
      // An empty object has no first bytes.
      if (statusOf(error) === 416) return Readable.from([])
      throw this.missing(error) ? new ObjectAbsent(this.where, key) : this.failed(`read ${key}`, error)
    }
  }

  private async read(key: string, options: GetOptions = {}): Promise<Buffer> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of await this.get(key, options)) chunks.push(chunk as Buffer)
    } catch (error) {
      throw this.failed(`read ${key}`, error)
    }
    return Buffer.concat(chunks)
  }

  /** That the bucket is missing, or that we may not look, says nothing of the object. */
  private missing(error: unknown): boolean {
    const { name } = error as Error
    return statusOf(error) === 404 && name !== 'NoSuchBucket'
  }

  private async stat(key: string): Promise<StoredObject | undefined> {
    try {
      const { ContentLength, LastModified } = await this.client.send(new HeadObjectCommand(this.at(key)))
      return { key, bytes: ContentLength ?? 0, modified: LastModified ?? new Date() }
    } catch (error) {
      if (!this.missing(error)) throw this.failed(`look at ${key}`, error)
    }
    // HEAD answers have no body, so a missing bucket looks like a missing object: a list tells them apart.
    await this.page(key, undefined, 1)
    return undefined
  }

  private async list(prefix: string): Promise<readonly StoredObject[]> {
    const found: StoredObject[] = []
    let token: string | undefined
    do {
      const page = await this.page(prefix, token, 1_000)
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        found.push({ key: Key!.slice(this.prefix.length), bytes: Size ?? 0, modified: LastModified ?? new Date() })
      }
      if (page.IsTruncated && page.NextContinuationToken === undefined) throw this.cut(prefix)
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
    return found.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  private async page(prefix: string, token: string | undefined, most: number) {
    const where = { Bucket: this.bucket, Prefix: this.prefix + prefix, MaxKeys: most }
    try {
      const next = token === undefined ? {} : { ContinuationToken: token }
      return await this.client.send(new ListObjectsV2Command({ ...where, ...next }))
    } catch (error) {
      throw this.failed(`list ${prefix || 'the repository'}`, error)
    }
  }

  private cut(prefix: string): ArxError {
    const message = `${this.where} listed only a part of ${prefix || 'the repository'}`
    return new ArxError({ code: 'list-cut', message, detail: 'it says that there is more, and not where' })
  }

  private async remove(key: string): Promise<void> {
    try {
      await this.client.send(new DeleteObjectCommand(this.at(key)))
    } catch (error) {
      if (this.missing(error)) return
      if (statusOf(error) === 403) throw new RemovalRefused(this.where, key, (error as Error).message)
      throw this.failed(`remove ${key}`, error)
    }
  }

  private async swap(key: string, expected: Buffer | undefined, next: Buffer): Promise<boolean> {
    const condition = expected === undefined ? { IfNoneMatch: '*' } : await this.matching(key, expected)
    if (!condition) return false
    try {
      const request = { ...this.at(key), ...this.encryption(), ...condition, Body: next, ContentLength: next.length }
      await this.client.send(new PutObjectCommand(request))
      return true
    } catch (error) {
      if ([404, 409, 412].includes(statusOf(error))) return false
      throw this.failed(`write ${key}`, error)
    }
  }

  private async matching(key: string, expected: Buffer): Promise<{ IfMatch: string } | undefined> {
    try {
      const { Body, ETag } = await this.client.send(new GetObjectCommand(this.at(key)))
      const bytes = Buffer.from(await Body!.transformToByteArray())
      return bytes.equals(expected) && ETag ? { IfMatch: ETag } : undefined
    } catch (error) {
      if (this.missing(error)) return undefined
      throw this.failed(`read ${key}`, error)
    }
  }

  private async sweep(olderThanMs: number): Promise<number> {
    let swept = 0
    try {
      const { Uploads = [] } = await this.client.send(
        new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: this.prefix }),
      )
      for (const { Key, UploadId, Initiated } of Uploads) {
        if (Initiated && Date.now() - Initiated.getTime() < olderThanMs) continue
        await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: Key!, UploadId: UploadId! }))
        swept++
      }
    } catch (error) {
      throw this.failed('look for unfinished uploads', error)
    }
    return swept
  }
}

const sha256 = (bytes: Buffer, as: 'hex' | 'base64'): string => createHash('sha256').update(bytes).digest(as)

/** The body with its bytes counted and hashed on the way. */
function measure(body: Buffer | Readable) {
  if (Buffer.isBuffer(body)) {
    return { body, result: (): Stored => ({ bytes: body.length, sha256: sha256(body, 'hex') }) }
  }
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk as Buffer)
      bytes += (chunk as Buffer).length
      yield chunk as Buffer
    }
  }
  const through = Readable.from(counted(body), { objectMode: false })
  return { body: through, result: (): Stored => ({ bytes, sha256: hash.digest('hex') }) }
}
