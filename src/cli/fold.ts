// Sentences on a terminal: broken between words, where the terminal would break inside one.
import { displayWidth } from '../render/text.ts'

/** Lines of at most `width` cells; all but the first begin with `indent`. A longer word stays whole. */
export function fold(text: string, width: number, indent = ''): string {
  return text
    .split('\n')
    .map((line) => foldLine(line, width, indent))
    .join('\n')
}

function foldLine(line: string, width: number, indent: string): string {
  if (displayWidth(line) <= width) return line
  const lead = /^ */.exec(line)![0]
  const lines: string[] = []
  let current = lead
  for (const word of line.slice(lead.length).split(' ')) {
    const blank = current.trim() === ''
    if (blank || displayWidth(current) + 1 + displayWidth(word) <= width) current += blank ? word : ` ${word}`
    else {
      lines.push(current)
      current = indent + word
    }
  }
  return [...lines, current].join('\n')
}
