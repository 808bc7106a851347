// The key of a repository: one age identity in a file of its own. It keys the MAC of manifests and, where encryption is
// asked for, is whom everything is encrypted for; so one file is to be kept elsewhere, and `age -d -i` reads it too.
import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ArxError } from '../../errors.ts'
import { step } from '../../steps.ts'
import { draftOf, sweepDrafts } from '../wal/drafts.ts'

export interface Key {
  readonly file: string
  /** Says which key it was, and nothing about it. */
  readonly id: string
  /** AGE-SECRET-KEY-1... */
  readonly identity: string
  /** HMAC-SHA-256, hex. */
  mac(text: string): string
}

const IDENTITY = /^AGE-SECRET-KEY-[A-Z0-9-]+$/m

/** The key in `file`; undefined when there is no such file. A file without an age identity is an error. */
export async function findKey(file: string): Promise<Key | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ArxError({
      code: 'key-unreadable',
      message: `cannot read the key file ${file}`,
      detail: (error as Error).message,
      cause: error,
    })
  }
  const identity = IDENTITY.exec(text)?.[0]
  if (!identity) {
    throw new ArxError({
      code: 'key-invalid',
      message: `${file} holds no age identity`,
      detail: 'a line AGE-SECRET-KEY-1... is what is looked for',
      hint: `age-keygen -o ${file}, or leave the file away and have arxdb backup run make it`,
    })
  }
  return keyOf(file, identity)
}

/** The key in `file`, made when there is none; `made` says so, because it has to be kept elsewhere too. */
export async function ensureKey(file: string): Promise<{ readonly key: Key; readonly made: boolean }> {
  const found = await findKey(file)
  await sweepDrafts(file)
  if (found) return { key: found, made: false }
  const { generateX25519Identity } = await import('age-encryption')
  const identity = await generateX25519Identity()
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = draftOf(`${file}.${randomBytes(4).toString('hex')}`)
  try {
    await writeNew(
      draft,
      `# arxdb backup key: without it encrypted backups are lost; keep a copy elsewhere\n${identity}\n`,
    )
    step('key written')
    // Under its name it is whole from the beginning: half a key would stand in the way of every run to come.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      return copyFile(draft, file, constants.COPYFILE_EXCL)
    })
    step('key named')
  } catch (error) {
    // Another process was first: its key is the key.
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await findKey(file) : undefined
    if (other) return { key: other, made: false }
    throw error
  } finally {
    await rm(draft, { force: true })
  }
  return { key: keyOf(file, identity), made: true }
}

async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function keyOf(file: string, identity: string): Key {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', identity, '', purpose, 32))
  const secret = derive('arxdb manifest mac')
  return {
    ...{ file, identity },
    id: createHash('sha256').update(derive('arxdb key id')).digest('hex').slice(0, 12),
    mac: (text) => createHmac('sha256', secret).update(text).digest('hex'),
  }
}

/** Compares two MACs without telling how far they agree. */
export function sameMac(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
