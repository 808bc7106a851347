// Which files of dist a command loads, and whose code is in them.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/statements/package-root.ts'

const dist = join(packageRoot(), 'dist')

interface Coverage {
  readonly result: readonly { readonly url: string }[]
}

/** Files of dist that a run loaded: V8 names every script it has compiled when it writes its coverage. */
export async function loaded(argv: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-startup-'))
  try {
    await promisify(execFile)(process.execPath, [join(packageRoot(), 'bin/arxdb.js'), ...argv], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
        NODE_V8_COVERAGE: folder,
        NODE_DISABLE_COMPILE_CACHE: '1',
      },
      // A command that cannot connect has loaded what it needs to find that out.
    }).catch(() => {})
    const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Coverage)
    const urls = new Set(reports.flatMap(({ result }) => result.map(({ url }) => url)))
    const files = readdirSync(dist, { recursive: true }).map(String)
    return files.filter((file) => urls.has(pathToFileURL(join(dist, file)).href))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Packages whose code is in a bundled file: esbuild names each module in a comment. */
const packagesIn = (file: string): Set<string> =>
  new Set(
    [...readFileSync(join(dist, file), 'utf8').matchAll(/^\s*\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(
      (m) => m[1]!,
    ),
  )

export const packages = async (argv: readonly string[]) =>
  new Set((await loaded(argv)).flatMap((file) => [...packagesIn(file)]))
