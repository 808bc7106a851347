// moto_server speaks S3: from PATH, else from the Debian 13 root where .ci/run puts it. A test that finds neither is
// skipped, and says why.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { freePort } from '../../src/embedded/sockets.ts'
import { apacheRoot } from './apache.ts'

export interface Moto {
  readonly endpoint: string
  /** What a program needs in its environment to talk to it. */
  readonly env: Readonly<Record<string, string>>
  /** A bucket of that name, made. */
  bucket(name: string): Promise<void>
  client(): S3Client
  stop(): void
}

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'arxdb',
  AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  AWS_EC2_METADATA_DISABLED: 'true',
}

/** The command that starts it, or why there is none. */
function program(): readonly string[] | string {
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'moto_server'))
  const found = onPath.find((path) => existsSync(path))
  if (found) return [found]
  const root = apacheRoot()
  if (process.geteuid?.() === 0 && existsSync(join(root, 'usr/bin/moto_server'))) {
    return ['chroot', root, '/usr/bin/moto_server']
  }
  return 'no moto_server here (Debian: python3-moto)'
}

export const motoReason = (): string | undefined => {
  const found = program()
  return typeof found === 'string' ? found : undefined
}

/** Starts one on a free port of the loopback. Throws with its words when it does not answer. */
export async function startMoto(): Promise<Moto> {
  const found = program()
  if (typeof found === 'string') throw new Error(found)
  const port = await freePort()
  const [file, ...args] = [...found, '-H', '127.0.0.1', '-p', String(port)]
  const child = spawn(file!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  let ended = false
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000)
  })
  child.on('exit', () => {
    ended = true
  })
  const stop = (): void => void child.kill('SIGKILL')
  process.once('exit', stop)
  const endpoint = `http://127.0.0.1:${port}`
  for (const until = Date.now() + 30_000; ; await sleep(50)) {
    if (ended || Date.now() > until) throw new Error(`moto_server does not answer: ${said}`)
    const answer = await fetch(endpoint).catch(() => undefined)
    if (answer) break
  }
  const client = () =>
    new S3Client({
      ...{ endpoint, region: 'us-east-1', forcePathStyle: true },
      credentials: { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY },
    })
  return {
    ...{ endpoint, env: CREDENTIALS, client, stop },
    async bucket(name) {
      const one = client()
      await one.send(new CreateBucketCommand({ Bucket: name })).finally(() => one.destroy())
    },
  }
}
