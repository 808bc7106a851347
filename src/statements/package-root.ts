import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

let root: string | undefined

/** The folder of arxdb's own package.json: the same from src/, from dist/, and installed below node_modules. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); root === undefined; folder = dirname(folder)) {
    if (isOurs(join(folder, 'package.json'))) root = folder
    else if (folder === dirname(folder)) throw new Error('arxdb is installed without its package.json')
  }
  return root
}

let version: string | undefined

/** The version of that package.json. */
export function packageVersion(): string {
  version ??= (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version
  return version
}

function isOurs(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'arxdb'
  } catch {
    return false
  }
}
