// The face of `arxdb metrics`: the same text to stdout, into a file, or over HTTP.
import type { Connection } from '../../connect/connection.ts'
import { ArxError, EXIT } from '../../errors.ts'
import type { HealthWorld, Settings } from '../service.ts'
import { listenAddress } from './address.ts'
import { listen } from './listen.ts'
import { type Scraped, scrape } from './scrape.ts'
import { writeTextfile } from './textfile.ts'

export interface MetricsWorld extends HealthWorld {
  readonly cwd: string
  readonly deadlineMs: number
  note(text: string): void
}

/** Asks once. Exit 124 where it takes longer than the deadline. */
async function asked(connection: Connection, settings: Settings, world: MetricsWorld): Promise<Scraped> {
  const late = AbortSignal.timeout(world.deadlineMs)
  try {
    return await scrape(hasty(connection, world), settings, { ...world, signal: AbortSignal.any([late, world.signal]) })
  } catch (error) {
    if (!late.aborted || world.signal.aborted) throw error
    const message = `metrics were not had in ${world.deadlineMs / 1000} s`
    throw new ArxError({ code: 'timeout', message, hint: '--deadline 30s', exit: EXIT.timeout, cause: error })
  }
}

/** A server that does not answer is told of within the deadline, by metrics and by health: each of them connects. */
const hasty = (connection: Connection, { deadlineMs }: MetricsWorld): Connection => ({
  ...connection,
  connectTimeoutMs: Math.min(connection.connectTimeoutMs || deadlineMs, Math.ceil(deadlineMs / 3)),
})

/** The text of now; what it lacks is said as notes. */
export async function metricsText(connection: Connection, settings: Settings, world: MetricsWorld): Promise<string> {
  const { text, remarks } = await asked(connection, settings, world)
  for (const remark of remarks) world.note(`warning: ${remark}`)
  return text
}

/** The same into a file, whole or not at all. */
export async function metricsFile(
  file: string,
  connection: Connection,
  settings: Settings,
  world: MetricsWorld,
): Promise<void> {
  await writeTextfile(file, await metricsText(connection, settings, world), world.cwd, world.now())
}

/** The same over HTTP until Ctrl-C. What the text lacks is said when it changes. */
export async function serveMetrics(
  where: { readonly listen: string; readonly anywhere: boolean },
  connection: () => Promise<Connection>,
  settings: Settings,
  world: MetricsWorld,
): Promise<void> {
  const address = listenAddress(where.listen, where.anywhere)
  const target = hasty(await connection(), world)
  let told = ''
  await listen(address, {
    ...{ deadlineMs: world.deadlineMs, signal: world.signal, note: world.note },
    async scrape(signal) {
      const { text, remarks } = await scrape(target, settings, { ...world, signal })
      if (remarks.join('\n') !== told) for (const remark of remarks) world.note(`warning: ${remark}`)
      told = remarks.join('\n')
      return text
    },
  })
}
