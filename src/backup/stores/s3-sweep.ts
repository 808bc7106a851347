// Uploads in parts that nobody ends: a service keeps their parts, and has them paid for.
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type MultipartUpload,
  type S3Client,
} from '@aws-sdk/client-s3'
import { statusOf } from './s3-failures.ts'

/** Folders of a repository in which objects may be so large that they come in parts. */
const LARGE = ['backups/', 'wal/']

interface Place {
  readonly Bucket: string
  /** The prefix of the repository. */
  readonly Key: string
}

/** Ends those that were begun before that moment; how many. Below the prefix there may be other people's: they stay. */
export async function endUploads(client: S3Client, { Bucket, Key: prefix }: Place, before: number): Promise<number> {
  let ended = 0
  for (const folder of LARGE) {
    for await (const { Key, UploadId, Initiated } of uploads(client, Bucket, prefix + folder)) {
      if (Initiated && Initiated.getTime() > before) continue
      const place = { Bucket, Key: Key!, UploadId: UploadId! }
      // One that somebody else ended meanwhile is ended.
      await client.send(new AbortMultipartUploadCommand(place)).catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error
      })
      ended++
    }
  }
  return ended
}

async function* uploads(client: S3Client, Bucket: string, Prefix: string): AsyncGenerator<MultipartUpload> {
  let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {}
  while (next) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket, Prefix, ...next }),
    )
    yield* page.Uploads ?? []
    next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
  }
}
