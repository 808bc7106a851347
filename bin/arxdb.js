#!/usr/bin/env node
// Plain JavaScript that every Node can parse, as script and as module: it has to say "too old" on a Node that cannot read
// the rest, and it keeps the exit codes that PostgreSQL listens to, whatever becomes of the rest.
const words = process.argv.slice(2)
const wal = words.indexOf('wal')
// `arxdb correlation wal fetch` asks about two coins.
const after = wal < 0 || (/^[a-z]/.test(words[0]) && !['wal', 'help'].includes(words[0])) ? [] : words.slice(wal + 1)
// Where a flag's value makes both appear, the one that loses no data when it is taken wrongly.
const verb = ['fetch', 'push'].find((word) => after.includes(word))
// PostgreSQL takes an exit of 1 to 125 from restore_command for the end of the archive, and promotes: only an absence
// that the repository confirms (79, see src/errors.ts) may say so. From archive_command it takes more than 125 for a
// reason to end the archiver. And it believes in every 0: only a file that was kept (78) may say so.
const contract = {
  fetch: (code) => (code === 78 ? 0 : code === 79 ? 1 : 255),
  push: (code) => (code === 78 ? 0 : code > 0 && code < 126 && code !== 79 ? code : 1),
}[verb]

/**
 * Help, the version, and whatever else ends well without a file: a 0 for a person at a terminal who names no file of WAL.
 * PostgreSQL's processes are sessions of their own: even of a server that was started at a terminal, none has that one.
 */
function isReading() {
  if (words.some((word) => /(^|\/)[0-9A-F]{8}([0-9A-F]{16}|\.history)/.test(word))) return false
  try {
    const fs = process.getBuiltinModule('node:fs')
    fs.closeSync(fs.openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

if (contract) {
  process.exitCode = 255
  process.on('exit', (code) => {
    if (code === 0 && isReading()) return
    if (code === 0) process.stderr.write(`error: wal ${verb}: no file was kept, and only that is a success\n`)
    process.exitCode = contract(code)
  })
  // Until the program listens: death by a signal would end the archiver too.
  process.on('SIGTERM', () => {
    if (process.listenerCount('SIGTERM') === 1) process.exit(143)
  })
}
const fail = (text, code) => {
  process.stderr.write(`error: ${text}\n`)
  process.exit(code)
}
process.on('uncaughtException', (error) => fail(String((error instanceof Error && error.stack) || error), 1))
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  // To a monitoring plugin's caller 3 is "unknown", and 1 only a warning.
  const code = words[0] === 'health' ? 3 : 1
  fail(`arxdb needs Node.js 20.19 or newer, this is ${process.version}\n  try: install Node.js 20, 22 or 24`, code)
}
import('node:module')
  .then((found) => {
    if (found.enableCompileCache) found.enableCompileCache()
    // The same commands with little else, where the line begins as PostgreSQL's does.
    return words[0] === 'wal' && words[1] === verb ? import('../dist/wal.js') : import('../dist/main.js')
  })
  .then(() => {
    // A store that says nothing more holds sockets open, and the process with them.
    if (contract) process.exit()
  })
  .catch((error) => fail(String((error instanceof Error && error.stack) || error), 1))
