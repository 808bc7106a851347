// A repository in S3 or what speaks like it.
import { unsupportedError } from '../../errors.ts'
import type { S3Settings } from '../settings.ts'
import type { Store } from './store.ts'

/** `s3://bucket/prefix` as a store. */
export function s3Store(url: string, _settings: S3Settings): Promise<Store> {
  throw unsupportedError(`${url}: no S3 yet`)
}
