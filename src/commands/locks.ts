import type { Context } from '../cli/context.ts'
import { tableQuestion } from '../cli/options.ts'
import { locks } from '../core/locks.ts'

export const locksCommand = (context: Context) =>
  tableQuestion('locks', 'who waits for whom, and what to type: changes nothing', [
    'arxdb locks',
    'arxdb locks --watch 2s',
  ]).action(() => context.answer(async () => locks(await context.engine('server'))))
