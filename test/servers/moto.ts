// moto_server speaks S3: from PATH, else from the Debian 13 root that apache-root.sh makes. A test that finds neither is
// skipped, and says why.
import { spawn, spawnSync } from 'node:child_process'
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

const runs = ([file, ...args]: readonly string[]): boolean =>
  spawnSync(file!, [...args, '--help'], { stdio: 'ignore', timeout: 20_000 }).status === 0

/** The command that starts it, or why there is none. What is there and does not run (a shim, a broken venv) is passed by. */
function program(): readonly string[] | string {
  const root = apacheRoot()
  const places = (process.env.PATH ?? '').split(':').map((folder) => [join(folder, 'moto_server')])
  const found = places.filter(([path]) => existsSync(path!))
  if (process.geteuid?.() === 0 && existsSync(join(root, 'usr/bin/moto_server'))) {
    found.push(['chroot', '--userspec=nobody:nogroup', root, '/usr/bin/moto_server'])
  }
  const usable = found.find(runs)
  if (usable) return usable
  return found.length > 0
    ? `moto_server does not run: ${found.map((words) => words.join(' ')).join(', ')}`
    : `no moto_server here (pip: moto[server]; on Debian, as root: bash test/servers/apache-root.sh ${root})`
}

let known: readonly string[] | string | undefined

/** Why tests of S3 are skipped; undefined when they are not. */
export function motoReason(): string | undefined {
  known ??= program()
  return typeof known === 'string' ? known : undefined
}

/** Starts one on a free port of the loopback. Throws with its words when it does not answer. */
export async function startMoto(): Promise<Moto> {
  known ??= program()
  if (typeof known === 'string') throw new Error(known)
  const port = await freePort()
  const [file, ...args] = [...known, '-H', '127.0.0.1', '-p', String(port)]
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
