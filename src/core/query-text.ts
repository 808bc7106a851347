// Statements as others sent them: cut, on one line, and without what a terminal or a file would act upon.

const MOST = 200

/** Line ends, tabs and controls become blanks; longer than `most` ends in an ellipsis. */
export function queryText(text: string, most = MOST): string {
  // Cut before anything is looked for in it: it may be a megabyte.
  const line = text
    .slice(0, most * 8)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
  const characters = [...line]
  return characters.length <= most && text.length <= most * 8 ? line : `${characters.slice(0, most - 1).join('')}…`
}

/** What pg_stat_activity and pg_stat_statements say of a statement that the role may not see. */
export const HIDDEN = '<insufficient privilege>'
