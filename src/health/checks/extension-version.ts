import type { Check } from '../check.ts'

interface Row {
  readonly installed: string
  readonly library: string | null
  readonly available: string | null
}

export const extensionVersion: Check = {
  ...{ name: 'extension-version', group: 'timescaledb', unit: '1', threshold: null },
  ...{ needs: ['timescaledb'] },
  why: 'a package that was replaced takes the old library with it, and then no session of this database can be opened',
  try: "psql -X -c 'alter extension timescaledb update'",
  clear: 'no TimescaleDB',
  async measure({ run, server }) {
    const [row] = await run<Row>('health/extension-version')
    const { installed, library, available } = row!
    const measure = { object: null, value: 0 }
    const update = `psql -X -d ${server.database} -c 'alter extension timescaledb update'`
    if (library !== null && library !== installed) {
      const text = `the extension is ${installed}, its functions call the library of ${library}`
      return [{ ...measure, value: 1, state: 'CRITICAL', text, try: update }]
    }
    if (available === null || available === installed)
      return [{ ...measure, state: 'OK', text: `${installed}, library and extension alike` }]
    const older = isOlder(available, installed)
    return [
      {
        ...{ ...measure, value: 1, state: older ? 'CRITICAL' : 'WARNING' },
        text: older
          ? `the extension is ${installed}, and the files that are installed are older: ${available}`
          : `the extension is ${installed}, and ${available} is installed on the server`,
        try: older ? `install the packages of TimescaleDB ${installed} again` : update,
      },
    ]
  },
}

/** Of `2.19.3` and `2.28.0-dev` the numbers count. */
function isOlder(one: string, other: string): boolean {
  const [a, b] = [one, other].map((version) => (version.match(/\d+/g) ?? []).map(Number)) as [number[], number[]]
  const at = [0, 1, 2].find((i) => (a[i] ?? 0) !== (b[i] ?? 0))
  return at !== undefined && (a[at] ?? 0) < (b[at] ?? 0)
}
