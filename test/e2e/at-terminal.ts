// A program on a terminal of its own, which util-linux's script(1) makes for it.
import { type ChildProcess, spawn } from 'node:child_process'
import { shellWord } from '../../src/backup/wal/setup.ts'

export interface Terminal {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly shown: string }>
}

/** Starts it as the session's first process, with the terminal as stdin, stdout and stderr. */
export function startAtTerminal(
  words: readonly string[],
  account: { readonly uid?: number | undefined; readonly gid?: number | undefined } = {},
): Terminal {
  const line = words.map(shellWord).join(' ')
  const child = spawn('script', ['-qefc', `exec ${line}`, '/dev/null'], {
    ...(account.uid === undefined ? {} : { uid: account.uid, gid: account.gid }),
    ...{ cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] },
  })
  let shown = ''
  child.stdout!.setEncoding('utf8').on('data', (chunk) => {
    shown += chunk
  })
  const ended = new Promise<{ code: number | null; shown: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, shown }))
  })
  return { child, ended }
}

export const atTerminal = (words: readonly string[]) => startAtTerminal(words).ended
