import type { Context } from '../cli/context.ts'
import { command } from '../cli/options.ts'
import { ArxError } from '../errors.ts'

export const demoCommand = (context: Context) =>
  command('demo', 'a tour on the local server: migrate, load invented data, ask nine questions', [
    'arxdb demo',
    'arxdb demo --dir ./demo-data',
  ])
    .option('--dir <folder>', 'where its files go (default: a folder of the temporary directory)')
    .action(async ({ dir }) => {
      const { freshDatabase, steps, writeFiles } = await context.services.demo()
      const { ensureLocal } = await context.services.embedded()
      const { env, signal } = context
      await freshDatabase(await ensureLocal({ env, signal, note: context.note }))
      const { folder } = writeFiles(dir, context.temporary('arxdb-demo'))
      for (const { title, argv, exit } of steps(folder)) {
        const line = [...argv, '--env', 'demo']
        context.note(`\n# ${title}\n$ arxdb ${line.join(' ')}`)
        const ended = await context.invoke(line)
        if (ended === exit) continue
        throw new ArxError({
          code: 'demo',
          message: `the demo stopped: \`arxdb ${argv[0]}\` ended with ${ended} instead of ${exit}`,
          hint: `arxdb ${line.join(' ')} -v`,
        })
      }
      context.note(NEXT)
    })

const NEXT = `
That was the demo's own database: \`--env demo\` reaches it. Next, with your own data:
  $ npx arxdb migrate                      # on the local server, or on DATABASE_URL when that is set
  $ npx arxdb ingest FILE.csv --dry-run    # see how a file would be read
  $ npx arxdb ingest FILE.csv              # load it, exactly once
  $ npx arxdb twap BTC --from 7d           # ask
  $ npx arxdb --help`
