// Policies as people write them.

/** A column and its direction. */
export const ORDER = /^[^\s,]+(\s+(asc|desc))?$/i

const value = (input: unknown): string => {
  if (Array.isArray(input)) return input.join(',')
  if (typeof input !== 'object' || input === null) return String(input)
  return Object.entries(input)
    .map(([key, inner]) => `${key}:${inner}`)
    .join(',')
}

/** One line of `config show`. */
export const entryText = (entry: object): string =>
  Object.entries(entry)
    .map(([key, input]) => `${key}=${value(input)}`)
    .join(' ')
