// What two texts of the same statement have in common, when the server has taken the constants out of one of them.

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b|\b(?:true|false|null)\b|;\s*$/gi

/**
 * Without comments, with every constant and parameter the same, and lists of them one: newer servers shorten those. Which of
 * the signs in front of a number belong to it, a server decides; here none is left.
 */
export const fingerprint = (text: string): string =>
  text
    .replace(TOKEN, (token) => (/^(--|\/\*|;)/.test(token) ? ' ' : token.startsWith('"') ? token : '?'))
    // A field's name is a constant to the server.
    .replace(/\bextract\s*\(\s*\w+\s+from\b/gi, 'extract(? from')
    .replace(/\s+/g, ' ')
    .replace(/- ?\?/g, '?')
    .replace(/\?(?:::\w+)?(?: ?, ?\?(?:::\w+)?)+/g, '?')
    .replace(/ ?([(),[\]?]) ?/g, '$1')
    .trim()
