import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { collect, tableQuestion } from '../cli/options.ts'
import { bytes } from '../cli/values.ts'
import { INDEX_KINDS, type IndexKind } from '../core/index-findings.ts'
import { indexFindings } from '../core/indexes.ts'
import { parseDuration } from '../duration.ts'
import { usageError } from '../errors.ts'

export const indexesCommand = (context: Context) =>
  tableQuestion('indexes', 'unused, repeated, missing and bloated indexes, and what to type: changes nothing', [
    'arxdb indexes',
    'arxdb indexes --kind unused --also postgres://monitor@standby/market',
    'arxdb indexes --min-size 100MB --min-age 30d',
  ])
    .addOption(new Option('--kind <kind>', `only this: ${INDEX_KINDS.join(', ')}`).argParser(kinds).default([]))
    .option('--min-size <bytes>', 'leave alone what is smaller', '10MB')
    .option('--min-age <duration>', 'call nothing unused before use was counted for so long', '14d')
    .option('--also <url>', 'add the scans that this standby counted (or the primary, from a standby)', collect, [])
    .action(({ kind, minSize, minAge, also }) =>
      context.answer(async () => {
        const { env, signal } = context
        const { scansElsewhere } = await context.services.elsewhere()
        const { timeoutMs } = await context.config()
        const elsewhere = await scansElsewhere(also, { env, signal, timeoutMs })
        return indexFindings(await context.engine('server'), {
          ...{ kinds: kind, minBytes: bytes(minSize), minAge: parseDuration(minAge), elsewhere },
          now: context.now().toISOString(),
        })
      }),
    )

function kinds(text: string, all: readonly IndexKind[]): readonly IndexKind[] {
  const kind = INDEX_KINDS.find((one) => one === text)
  if (!kind) throw usageError(`--kind ${text}: no such kind`, INDEX_KINDS.join(', '))
  return [...all, kind]
}
