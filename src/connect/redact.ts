// Takes passwords out of any text before it is shown. When in doubt it hides too much: what stands behind a password
// may go with it, a password never stays. Redact a message before it becomes JSON, not after.

const KEY = '(?:pg)?(?:ssl)?(?:passw(?:or)?d|pwd|passphrase)'
const SINGLE = String.raw`'(?:\\.|''|[^'\\])*(?:'|$)`
const DOUBLE = String.raw`"(?:\\.|[^"\\])*"`
const PLAIN = String.raw`(?:${DOUBLE}|\\.|[^\s\\])`

const rule = (pattern: string, shown: string) => ({ pattern: new RegExp(pattern, 'gis'), shown })

const RULES = [
  // scheme://user:password@host, up to the last @ of the word: passwords hold @ and / when nobody encoded them.
  rule(String.raw`(\b[a-z][a-z0-9+.-]*://[^\s:/?#@"]*:)\S*@`, '$1***@'),
  // ?password=...&
  rule(String.raw`([?&]${KEY}=)[^&\s]*`, '$1***'),
  // password = 'it''s \' quoted', password=plain\ with\ blanks, PGPASSWORD=...
  rule(String.raw`((?<![?&a-z])${KEY}\s*=\s*)(?:${SINGLE}${PLAIN}*|${PLAIN}+\\?)`, '$1***'),
  // "password": "..." in JSON
  rule(String.raw`("${KEY}"\s*:\s*)"(?:\\.|[^"\\])*(?:"|$)`, '$1"***"'),
  // alter role x password '...'
  rule(String.raw`(\bpassword\s+)e?${SINGLE}`, "$1'***'"),
]

/** The text with every password in a URL, a conninfo string, JSON or SQL replaced by `***`. */
export const redact = (text: string): string =>
  RULES.reduce((said, { pattern, shown }) => said.replace(pattern, shown), text)
