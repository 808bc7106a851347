// What bin/arxdb.js starts for `arxdb wal push` and `arxdb wal fetch`, once for each segment: one file with all that every
// call needs, and beside it what some do (S3, age, a config file's schema).
import * as wal from './backup/wal/service.ts'
import { runProcess } from './cli/process.ts'
import { runWal } from './cli/run-wal.ts'
import { loadConfig } from './config/load.ts'

await runProcess((argv, world) => runWal(argv, world, { loadConfig, services: { wal: async () => wal } }))
