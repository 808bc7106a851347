import { Argument } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { command } from '../cli/options.ts'

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

export const completionCommand = (context: Context) =>
  command('completion', 'print the completion script of a shell', [
    'source <(arxdb completion bash)',
    'arxdb completion fish > ~/.config/fish/completions/arxdb.fish',
  ])
    .addArgument(new Argument('<shell>', 'whose script').choices(SHELLS))
    // The script's maker is only loaded for a line that begins with this word; flags may have stood before it.
    .action(async (shell) => {
      await context.invoke(['completion', shell])
    })
