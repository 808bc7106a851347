// Who runs the server. PostgreSQL refuses to run as root, so root lends it an account that exists already.
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { ArxError } from '../errors.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** The effective user of this process. Throws on Windows, where there is no such thing and no server of ours. */
export function caller(): { readonly uid: number; readonly gid: number } {
  const uid = process.geteuid?.()
  const gid = process.getegid?.()
  if (uid === undefined || gid === undefined) {
    throw new ArxError({
      code: 'unsupported',
      message: `arxdb keeps no local server on ${process.platform}`,
      hint: 'set DATABASE_URL=postgres://user@host:5432/database',
      exit: 5,
    })
  }
  return { uid, gid }
}

const accounts = (): readonly Account[] => {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length >= 4)
      .map(([name, , uid, gid]) => ({ name: name!, uid: Number(uid), gid: Number(gid) }))
  } catch {
    return []
  }
}

/** The account to run as when root asks: postgres, else nobody. None is ever made. */
export function unprivilegedAccount(): Account {
  const known = accounts()
  const found = ['postgres', '_postgres', 'nobody']
    .map((name) => known.find((account) => account.name === name))
    .find((account) => account !== undefined && account.uid !== 0)
  if (found) return found
  throw new ArxError({
    code: 'local-account',
    message: 'PostgreSQL does not run as root, and there is no account "postgres" or "nobody" to run it as',
    hint: 'run arxdb as an ordinary user, or set DATABASE_URL',
  })
}

/** The account that owns `path`, by its number where it has no name. */
export function ownerOf(path: string): Account {
  const { uid, gid } = statSync(path)
  return { name: accounts().find((account) => account.uid === uid)?.name ?? String(uid), uid, gid }
}

/** Whether `account` can pass through every folder above `path` that exists; ACLs and extra groups are not asked. */
export function canReach(account: Account, path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    const stat = statSync(folder, { throwIfNoEntry: false })
    if (stat) {
      const shift = stat.uid === account.uid ? 6 : stat.gid === account.gid ? 3 : 0
      if (!stat.isDirectory() || ((stat.mode >> shift) & 1) === 0) return false
    }
    if (folder === dirname(folder)) return true
  }
}

/** What child_process wants to hear; libuv drops the supplementary groups by itself. */
export const identity = (account: Account | undefined): { uid?: number; gid?: number } =>
  account ? { uid: account.uid, gid: account.gid } : {}
