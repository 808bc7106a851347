// The flags that the migrate commands share, and what the service makes of them.
import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'

export const dirOption = () => new Option('--dir <path>', 'migrations of your own, run after the built-in ones')
export const sourceOption = () =>
  new Option('--source <name>', "what the ledger calls the directory (default: the directory's name)")
export const lockWaitOption = () =>
  new Option('--lock-wait <duration>', 'wait this long for another migration to end').default('60s')
export const lockTimeoutOption = () =>
  new Option(
    '--lock-timeout <duration>',
    'a statement waits this long for a table, then its file is tried again',
  ).default('2s')
export const tierOption = () =>
  new Option('--tier <tier>', 'make the schema for this tier (default: what the server offers)').choices([
    'plain',
    'apache',
    'community',
  ] as const)

interface Flags {
  readonly dir?: string | undefined
  readonly source?: string | undefined
  readonly lockWait?: string | undefined
  readonly lockTimeout?: string | undefined
}

/** What every function of the service takes: the connection, the directories, the waits, and where to tell. `writes` refuses a read-only one. */
export async function wish(context: Context, flags: Flags, writes?: { readonly what: string }) {
  const { readFlags, describeEvent } = await context.services.migrate()
  const dir = flags.dir ?? (await context.config()).migrations.dir
  return {
    ...readFlags({ ...flags, dir, timeout: context.globals.timeout }),
    connection: writes ? await context.connectionForWriting(writes.what, 'asks itself') : await context.connection(),
    signal: context.signal,
    onEvent: patiently(context, describeEvent),
  }
}

type Event = Parameters<Awaited<ReturnType<Context['services']['migrate']>>['describeEvent']>[0]

/** `applying ...` is news only while it lasts; `applied ...` follows in a moment. */
function patiently(context: Context, describe: (event: Event) => string): (event: Event) => void {
  let timer: NodeJS.Timeout | undefined
  return (event) => {
    clearTimeout(timer)
    const tell = () => context.note(describe(event))
    if (event.kind === 'applying' && event.from === 0) timer = setTimeout(tell, 1000).unref()
    else tell()
  }
}
