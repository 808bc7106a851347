// What bin/arxdb.js starts: every command.
import { runProcess } from './cli/process.ts'
import { run } from './cli/run.ts'

await runProcess(run)
