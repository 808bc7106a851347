// Starts an isolated server and holds it until somebody kills this process.
import { programsOf } from '../../src/backup/programs.ts'
import { makeIsolated } from '../../src/backup/restore/isolated.ts'

const [major, bindir] = process.argv.slice(2)
const programs = programsOf(Number(major), bindir, process.env)
const server = await makeIsolated({ programs, env: process.env, signal: new AbortController().signal })
process.stdout.write(`${server.dataDir} ${server.connection('postgres').host}\n`)
setInterval(() => {}, 1000)
