import { Command } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'

/** Without examples, unlike the others: nobody is meant to type it. */
export const watchCommand = (context: Context) =>
  new Command('watch')
    .summary('stop the local server when it was idle long enough')
    .description(
      'Stays until the local server stops, and stops it when it was idle long enough. Started by arxdb itself.',
    )
    .action(async () => {
      const { watchLocal } = await context.services.embedded()
      context.note(await watchLocal(context))
    })
