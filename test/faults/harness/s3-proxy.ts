// Stands in front of an S3 server and has planted faults happen to what goes through; the rest passes unchanged.
import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * A number answers with that status; `cut` ends the answer half-way, `flip` changes a bit of it; `flip sent` and `short sent`
 * do so to what is written; `short` gives an answer, and its length, without its last byte; `lose` has it written and loses
 * the answer; `hang` never answers; `wait` takes half a second; `careless` writes whatever the condition; a function says what is answered in place of the text that was.
 */
export type Fault =
  | ((text: string) => string)
  | 'pass'
  | number
  | 'cut'
  | 'flip'
  | 'short'
  | 'flip sent'
  | 'short sent'
  | 'lose'
  | 'hang'
  | 'wait'
  | 'careless'

export interface WayToS3 {
  readonly endpoint: string
  /** How many requests came, by their methods. */
  asked(method?: string): number
  close(): void
}

const NAMES: Readonly<Record<number, string>> = { 403: 'AccessDenied', 501: 'NotImplemented' }
/** Of one connection only, or no longer true once the body is changed. */
const OWN =
  /^(host|connection|content-length|transfer-encoding|expect|content-md5|x-amz-checksum-.*|x-amz-sdk-checksum.*)$/
const TOLD = /^(connection|transfer-encoding|content-encoding|date)$/

export async function behind(
  target: string,
  fault: (path: string, method: string, count: number) => Fault = () => 'pass',
): Promise<WayToS3> {
  const methods: string[] = []
  // One request at a time: real services look and write in one step, moto does not.
  let turn: Promise<unknown> = Promise.resolve()
  const server = createServer((request, response) => {
    methods.push(request.method!)
    const wish = fault(request.url!, request.method!, methods.length)
    const serve = async (): Promise<void> => {
      let body = Buffer.concat(await request.toArray())
      if (wish === 'hang') return
      if (wish === 'wait') await new Promise((resolve) => setTimeout(resolve, 500))
      if (typeof wish === 'number') {
        response.writeHead(wish, { 'content-type': 'application/xml' })
        response.end(`<Error><Code>${NAMES[wish] ?? 'SlowDown'}</Code><Message>planted</Message></Error>`)
        return
      }
      if (wish === 'short sent') body = body.subarray(0, body.length - 1)
      if (wish === 'flip sent') body[body.length >> 1]! ^= 1
      const changed = wish === 'short sent' || wish === 'flip sent'
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => !OWN.test(name) || (!changed && /checksum|md5/.test(name))),
      ) as Record<string, string>
      if (wish === 'careless') for (const name of ['if-none-match', 'if-match']) delete headers[name]
      const real = await fetch(`${target}${request.url}`, {
        ...{ method: request.method!, headers },
        ...(body.length > 0 ? { body } : {}),
      })
      let answer = Buffer.from(await real.arrayBuffer())
      if (typeof wish === 'function') answer = Buffer.from(wish(answer.toString()))
      if (wish === 'lose') return void response.destroy()
      if (wish === 'flip' && answer.length > 0) answer[answer.length >> 1]! ^= 1
      const told = Object.fromEntries(
        [...real.headers].filter(
          ([name]) => !TOLD.test(name) && !(typeof wish === 'function' && name === 'content-length'),
        ),
      )
      if (wish === 'short') {
        const length = String(Math.max(0, Number(told['content-length'] ?? answer.length) - 1))
        response.writeHead(real.status, { ...told, 'content-length': length })
        return void response.end(request.method === 'HEAD' ? undefined : answer.subarray(0, answer.length - 1))
      }
      response.writeHead(real.status, told)
      if (wish === 'cut') {
        response.write(answer.subarray(0, answer.length >> 1), () => response.destroy())
        return
      }
      response.end(request.method === 'HEAD' ? undefined : answer)
    }
    turn = turn.then(serve).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked: (method) => methods.filter((one) => method === undefined || one === method).length,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
