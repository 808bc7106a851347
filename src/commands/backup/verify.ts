import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { columns, info, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

const shown = columns({
  label: 'text',
  kind: 'text',
  level: 'int',
  outcome: 'text',
  bytes: 'bytes',
  seconds: 'duration',
  problems: 'text',
})
const LEVELS = ['0', '1', '2', '3', '4', '5'] as const

export const backupVerifyCommand = (context: Context) =>
  repositoryOptions(
    command('verify', 'prove that backups can be read: each level builds on those below it', [
      'arxdb backup verify --level 1',
      'arxdb backup verify --all --level 1 -o json',
    ]),
  )
    .argument('[label]', 'which one, or a beginning of its label (default: the newest)')
    .option('--all', 'every backup of the repository')
    .option('--latest', 'the newest, as without a label')
    .addOption(
      new Option('--level <n>', '0 there, 1 checksums and MAC, 2 decoded, 3 WAL, 4 started, 5 same content')
        .choices(LEVELS)
        .default('2'),
    )
    .option('--skip-checksums', 'leave out level 1: what the decoders find by themselves; proves level 0 only')
    .option('--no-record', 'write nothing: for a repository that can only be read')
    .action(async (label, { all = false, latest, level, skipChecksums = false, record, ...flags }) => {
      const { settings } = await context.services.backup()
      const { verify } = await context.services.verify()
      const { env, cwd, signal } = context
      const wanted = { label: label ?? (latest ? 'latest' : undefined), all, level: Number(level) as 0, record }
      const progress = context.progress('verify')
      const done = await verify(settings((await context.config()).backup, flags, { env, cwd }), {
        ...{ ...wanted, skipChecksums, env, signal },
        onProgress: ({ label: text, bytes, total }) => progress.update({ done: bytes, total, unit: 'bytes', text }),
      }).finally(() => progress.stop())
      const failed = done.some(({ outcome }) => outcome === 'failed')
      if (failed) context.exitWith(EXIT.problems)
      else if (done.some(({ outcome }) => outcome === 'not possible')) context.exitWith(EXIT.unsupported)
      await context.print({
        columns: shown,
        rows: done.map((row) => ({ ...row, problems: row.problems.join('; ') || null })),
        notes: done.flatMap(({ label: name, problems, warnings }) => [
          ...problems.map((text) => warn(`${name}: ${text}`)),
          ...warnings.map((text) => info(`${name}: ${text}`)),
        ]),
      })
    })
