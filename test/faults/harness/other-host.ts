// Two hosts on one machine: a command in namespaces of its own for the host's name, process numbers and /proc, so that it
// cannot see the other one's processes, as over a network. Files below /tmp are shared, as over NFS.
import { execFileSync } from 'node:child_process'

/** The command line, on a host of that name. */
export const onHost = (name: string, command: readonly string[]): readonly string[] => [
  ...['unshare', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
  ...['sh', '-c', 'hostname "$0" && exec "$@"', name, ...command],
]

/** Why there can be none here; undefined when there can. */
export function noOtherHost(): string | undefined {
  const [file, ...args] = onHost('elsewhere', ['true'])
  try {
    execFileSync(file!, args, { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `namespaces cannot be made here: ${String((error as Error).message).split('\n')[0]}`
  }
}
