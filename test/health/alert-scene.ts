// What listens to alerts in tests: a real HTTP server, and a running arxdb.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { AlertEvent } from '../../src/health/alerts/event.ts'
import { type Running, start } from '../e2e/spawn.ts'

export interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly event: AlertEvent
}

/** Answers with these, one after the other, then for ever with the last; `silent` answers nothing. */
export async function receiver(...answers: readonly (number | 'silent')[]) {
  const received: Received[] = []
  const plan = [...answers]
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      const { method, url, headers } = request
      received.push({ method, path: url, headers, body, event: JSON.parse(body) as AlertEvent })
      const answer = plan.length > 1 ? plan.shift()! : plan[0]!
      if (answer === 'silent') return
      response.writeHead(answer, answer === 302 ? { location: '/elsewhere' } : {}).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return {
    ...{ received, url: `http://127.0.0.1:${port}/hook/secret-path` },
    /** From now on. */
    answer(...next: readonly (number | 'silent')[]) {
      plan.splice(0, plan.length, ...next)
    },
  }
}

export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 25) {
    if (waited > 20_000) throw new Error(`${what} does not come about`)
    await sleep(25)
  }
}

/** `arxdb alerts run` that goes on, and the events it has printed so far. */
export function watching(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const running: Running = start(['alerts', 'run', ...argv], env)
  onTestFinished(() => void running.child.kill('SIGKILL'))
  const said = { out: '', err: '' }
  running.child.stdout!.on('data', (chunk) => (said.out += String(chunk)))
  running.child.stderr!.on('data', (chunk) => (said.err += String(chunk)))
  return {
    running,
    said,
    events: (): readonly AlertEvent[] => eventsIn(said.out.slice(0, said.out.lastIndexOf('\n') + 1)),
    async end(signal: NodeJS.Signals = 'SIGINT') {
      running.child.kill(signal)
      return running.finished
    },
  }
}

export const eventsIn = (text: string): readonly AlertEvent[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AlertEvent)
