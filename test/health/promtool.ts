// Prometheus' own reader of its text format: promtool from PATH (Debian: package prometheus).
import { spawn, spawnSync } from 'node:child_process'

/** Why what needs it is skipped; undefined when it is there. */
export const promtoolReason = (): string | undefined =>
  spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'no promtool here (Debian: apt-get install prometheus)'

/** What `promtool check metrics` has to say: exit 0 is nothing, 1 that it cannot be read, 3 that it reads oddly. */
export function checkMetrics(text: string): Promise<{ readonly code: number | null; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, said }))
    child.stdin.end(text)
  })
}

/** Samples of a text by name and labels as they stand there. */
export const samplesIn = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const [, series, value] = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? []
      return series === undefined ? [] : [[series, Number(value)] as const]
    }),
  )
