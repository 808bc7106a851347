// A file of a data directory, written so that whoever reads it - a server, after a crash too - finds the old one or the new.
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Account } from '../../programs/account.ts'
import { step } from '../../steps.ts'

/** Replaces it, for the server's account alone. */
export async function writeWhole(file: string, text: string, account: Account | undefined): Promise<void> {
  // One name, so that the next one replaces what a killed one left.
  const draft = `${file}.arxdb-new`
  try {
    await rm(draft, { force: true })
    const handle = await open(draft, 'wx', 0o600)
    try {
      if (account) await handle.chown(account.uid, account.gid)
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    step('file written', file.slice(dirname(file).length + 1))
    await rename(draft, file)
    step('file named', file.slice(dirname(file).length + 1))
    const folder = await open(dirname(file))
    await folder.sync().finally(() => folder.close())
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
