// The use of indexes as other servers of the same cluster count it: each standby counts for itself.
import { account } from '../connect/account.ts'
import { describe } from '../connect/connection.ts'
import { resolveConnection } from '../connect/resolve.ts'
import { ArxError } from '../errors.ts'
import { openSession, reading } from '../storage/session.ts'

export interface Elsewhere {
  readonly place: string
  readonly system_id: string
  readonly counted_since: string | null
  readonly scans: readonly { readonly index: string; readonly scans: number }[]
}

export interface Asking {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Of indexes this large on nothing is estimated: no index is. */
const NOTHING = 2_147_483_647

/** Asks each server by its URL. One that cannot be asked is an error: without it nothing is known to be unused. */
export async function scansElsewhere(urls: readonly string[], asking: Asking): Promise<readonly Elsewhere[]> {
  const all: Elsewhere[] = []
  for (const url of urls) all.push(await scansAt(url, asking))
  return all
}

async function scansAt(url: string, { env, timeoutMs, signal }: Asking): Promise<Elsewhere> {
  const connection = await resolveConnection({ flags: { url }, env, ...account(env) })
  if (!connection) throw new ArxError({ code: 'usage', message: `--also ${url} names no server` })
  const session = await openSession(connection, {
    statementTimeoutMs: timeoutMs,
    lockTimeoutMs: 5_000,
    command: 'indexes',
  })
  try {
    return await reading(
      session,
      async (run) => {
        const [standing] = await run<Pick<Elsewhere, 'system_id' | 'counted_since'>>('indexes/standing')
        const scans = await run<Elsewhere['scans'][number]>('indexes/usage', { least_pages: NOTHING })
        return {
          ...{ place: describe(connection), system_id: standing!.system_id, counted_since: standing!.counted_since },
          scans: scans.map(({ index, scans }) => ({ index, scans })),
        }
      },
      signal,
    )
  } finally {
    await session.close()
  }
}
