// `:name` to `$n`: readable statements for people, positional parameters for the protocol.

/** Everything a colon inside of which is not a placeholder: strings, quoted names, dollar quotes, comments, casts. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\/|::|:([a-z_]\w*)/g

/** The text with every placeholder replaced by what `replace` makes of its name. */
export const replaced = (sql: string, replace: (name: string) => string): string =>
  sql.replace(TOKEN, (token, _dollar, name: string | undefined) => (name === undefined ? token : replace(name)))

/**
 * Replaces placeholders by their position in `names`, the order of the header's @params.
 * Throws when the text uses a name that the header does not declare.
 */
export function positional(sql: string, names: readonly string[], file: string): string {
  return replaced(sql, (name) => {
    const index = names.indexOf(name)
    if (index < 0) throw new Error(`${file}: :${name} is not among its @params`)
    return `$${index + 1}`
  })
}
