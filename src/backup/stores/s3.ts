// A repository in S3 or what speaks like it. Objects appear whole or not at all by nature of the service; that no writer
// replaces another's is asked of it with conditional writes (If-None-Match, If-Match).
import { createHash } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { ArxError, usageError } from '../../errors.ts'
import { step } from '../../steps.ts'
import type { S3Settings } from '../settings.ts'
import { ObjectAbsent, ObjectExists, RemovalRefused } from './outcomes.ts'
import { LIMITS, type Limits, s3Client } from './s3-client.ts'
import { failedRequest, statusOf } from './s3-failures.ts'
import { endUploads } from './s3-sweep.ts'
import { type Sent, type Target, upload } from './s3-upload.ts'
import type { GetOptions, PutOptions, Store, Stored, StoredObject } from './store.ts'

const ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+(.*?))?\/*$/

/** `s3://bucket/prefix` as a store. Connects when it is first asked. */
export async function s3Store(url: string, settings: S3Settings, limits: Limits = LIMITS): Promise<Store> {
  const match = ADDRESS.exec(url)
  if (!match) throw usageError(`"${url}" is no place in S3`, '--repo s3://bucket/prefix')
  const [, bucket, prefix = ''] = match
  return new S3(bucket!, prefix === '' ? '' : `${prefix}/`, settings, limits).store()
}

class S3 {
  private readonly client: S3Client
  private readonly bucket: string
  private readonly prefix: string
  private readonly settings: S3Settings
  private readonly where: string

  constructor(bucket: string, prefix: string, settings: S3Settings, limits: Limits) {
    this.bucket = bucket
    this.prefix = prefix
    this.settings = settings
    this.where = `s3://${bucket}/${prefix.replace(/\/$/, '')}`.replace(/\/$/, '')
    this.client = s3Client(settings, limits)
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
      holds: (prefix) => this.holds(prefix),
      remove: (key) => this.remove(key),
      swap: (key, expected, next) => this.swap(key, expected, next),
      sweep: (olderThanMs, now = Date.now()) =>
        endUploads(this.client, this.at(''), now - olderThanMs).catch((error) => {
          throw this.failed('look for unfinished uploads', error)
        }),
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
    const target: Target = { ...this.at(key), ...this.encryption() }
    let sent: Sent
    for (let attempt = 1; ; attempt++) {
      try {
        sent = await upload(body, { client: this.client, target, exclusive: !replace, signal })
        break
      } catch (error) {
        signal?.throwIfAborted()
        // 409: another one was writing there in this moment, and may have failed.
        if (statusOf(error) === 409 && Buffer.isBuffer(body) && attempt < 4) await sleep(100 * attempt)
        else if (!replace && [409, 412].includes(statusOf(error))) throw new ObjectExists(this.where, key)
        else throw this.failed(`write ${key}`, error)
      }
    }
    const wrong = await this.differs(key, sent)
    if (wrong === undefined) return { bytes: sent.bytes, sha256: sent.sha256 }
    if (sent.unsure) throw new ObjectExists(this.where, key)
    await this.remove(key).catch(() => {})
    throw new ArxError({
      code: 'object-short',
      message: `${this.where} acknowledged ${key} and has not got it as it was sent`,
      detail: wrong,
      hint: 'it was removed again; try again, and look at the store',
    })
  }

  /**
   * How the object differs from what was sent, by what the store says of it; where that is not enough, all of it is read
   * back. Undefined: it is the same.
   */
  private async differs(key: string, sent: Sent): Promise<string | undefined> {
    const head = await this.head(key)
    if (head?.ContentLength !== sent.bytes) {
      return `${sent.bytes} bytes sent, ${head === undefined ? 'nothing' : `${head.ContentLength} bytes`} found`
    }
    const etag = head.ETag?.replaceAll('"', '')
    // Of an object that is encrypted with a key of KMS it is no MD5.
    const tagged = head.ServerSideEncryption?.startsWith('aws:kms')
      ? undefined
      : etag && sent.etag && etag === sent.etag
    // Of parts it has their number behind it.
    const summed = head.ChecksumSHA256 && head.ChecksumSHA256.replace(/-\d+$/, '') === sent.checksum
    if (tagged !== false && summed !== false && (tagged || summed)) return undefined
    const hash = createHash('sha256')
    for await (const chunk of await this.get(key)) hash.update(chunk as Buffer)
    return hash.digest('hex') === sent.sha256 ? undefined : 'of the same size, with other bytes'
  }

  private async get(key: string, { first, signal }: GetOptions = {}): Promise<Readable> {
    const range = first === undefined ? {} : { Range: `bytes=0-${first - 1}` }
    try {
      const command = new GetObjectCommand({ ...this.at(key), ...range })
      const { Body } = await this.client.send(command, signal ? { abortSignal: signal } : {})
      return this.told(key, Body as Readable)
    } catch (error) {
      // An empty object has no first bytes.
      if (statusOf(error) === 416) return Readable.from([])
      if (this.missing(error) && (await this.confirmedAbsent(key, error))) throw new ObjectAbsent(this.where, key)
      throw this.failed(`read ${key}`, error)
    }
  }

  /** The same stream; one that breaks or falls silent says where. */
  private told(key: string, body: Readable): Readable {
    const stream = body.pipe(new PassThrough({ highWaterMark: 1 << 20 }))
    body.on('error', (error) => stream.destroy(this.failed(`read ${key}`, error)))
    stream.on('close', () => body.destroy())
    return stream
  }

  private async read(key: string, options: GetOptions = {}): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of await this.get(key, options)) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }

  /** That the bucket is missing, or that we may not look, says nothing of the object. */
  private missing(error: unknown): boolean {
    const { name } = error as Error
    return statusOf(error) === 404 && name !== 'NoSuchBucket'
  }

  /**
   * A 404 that does not say what is missing (HEAD has no body to say it in, a proxy says anything) counts only where the list
   * knows no such key either.
   */
  private async confirmedAbsent(key: string, error: unknown): Promise<boolean> {
    if ((error as Error).name === 'NoSuchKey') return true
    const { Contents = [] } = await this.page(key, undefined, 1)
    return !Contents.some(({ Key }) => Key === this.prefix + key)
  }

  private async head(key: string): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.client.send(new HeadObjectCommand({ ...this.at(key), ChecksumMode: 'ENABLED' }))
    } catch (error) {
      if (this.missing(error) && (await this.confirmedAbsent(key, error))) return undefined
      throw this.failed(`look at ${key}`, error)
    }
  }

  private async stat(key: string): Promise<StoredObject | undefined> {
    const head = await this.head(key)
    return head && { key, bytes: head.ContentLength ?? 0, modified: head.LastModified ?? new Date() }
  }

  private async list(prefix: string): Promise<readonly StoredObject[]> {
    const found: StoredObject[] = []
    for await (const page of this.pages(prefix, 1_000)) {
      for (const { Key, Size, LastModified } of objectsOf(page)) {
        found.push({ key: Key!.slice(this.prefix.length), bytes: Size ?? 0, modified: LastModified ?? new Date() })
      }
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  private async holds(prefix: string): Promise<boolean> {
    for await (const page of this.pages(prefix, 10)) if (objectsOf(page).length > 0) return true
    return false
  }

  private async *pages(prefix: string, most: number): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined
    do {
      const page = await this.page(prefix, token, most)
      yield page
      if (page.IsTruncated && page.NextContinuationToken === undefined) throw this.cut(prefix)
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
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
      step('removing', key)
      await this.client.send(new DeleteObjectCommand(this.at(key)))
      step('removed', key)
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
      if (![404, 409, 412].includes(statusOf(error))) throw this.failed(`write ${key}`, error)
      // An answer that was lost: the request sent again finds what it wrote itself.
      const { attempts = 1 } = (error as { $metadata?: { attempts?: number } }).$metadata ?? {}
      return attempts > 1 && (await this.matching(key, next)) !== undefined
    }
  }

  /** What a write depends on so that it replaces exactly these bytes; undefined where there are others, or none. */
  private async matching(key: string, expected: Buffer): Promise<{ IfMatch: string } | undefined> {
    try {
      const { Body, ETag } = await this.client.send(new GetObjectCommand(this.at(key)))
      const bytes = Buffer.from(await Body!.transformToByteArray())
      return bytes.equals(expected) && ETag ? { IfMatch: ETag } : undefined
    } catch (error) {
      if (this.missing(error) && (await this.confirmedAbsent(key, error))) return undefined
      throw this.failed(`read ${key}`, error)
    }
  }
}

/** What consoles make so that a prefix looks like a folder is no object of anybody's. */
const objectsOf = ({ Contents = [] }: ListObjectsV2CommandOutput) =>
  Contents.filter(({ Key, Size }) => !(Key!.endsWith('/') && Size === 0))
