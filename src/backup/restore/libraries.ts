// What a PostgreSQL of this machine can load.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Env, run } from '../../programs/run.ts'
import type { Programs } from '../programs.ts'

/** Whether TimescaleDB's loader lies beside these programs. */
export async function timescaledbHere(programs: Programs, env: Env): Promise<boolean> {
  return (await libraries(programs, env)).some((file) => /^timescaledb\.(so|dylib)$/.test(file))
}

/** Names of the libraries that this PostgreSQL can load. */
export async function libraries(programs: Programs, env: Env): Promise<readonly string[]> {
  const bindir = dirname(programs.need('postgres'))
  const asked = existsSync(join(bindir, 'pg_config'))
    ? await run(join(bindir, 'pg_config'), ['--pkglibdir'], { env })
    : undefined
  const told = asked?.ok ? [asked.stdout.trim()] : []
  const places = [...told, join(dirname(bindir), 'lib'), join(dirname(bindir), 'lib', 'postgresql')]
  return places.flatMap((place) => (existsSync(place) ? readdirSync(place) : []))
}
