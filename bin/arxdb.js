#!/usr/bin/env node
// Plain JavaScript that every Node can parse: it has to say "too old" on a Node that cannot read the rest.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `error: arxdb needs Node.js 20.19 or newer, this is ${process.version}\n  try: install Node.js 20, 22 or 24\n`,
  )
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
enableCompileCache?.()
await import('../dist/main.js')
