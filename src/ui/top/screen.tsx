// The live screen. It knows keys and places, and nothing of databases: what it shows and does comes through its source.
import { Box, render, Text, useApp, useInput } from 'ink'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Column, Value } from '../../core/result.ts'
import { neutralise, truncate } from '../../render/text.ts'
import { count } from '../../wording.ts'
import { inSight, laid } from './layout.ts'

type Row = Readonly<Record<string, Value | undefined>>

export interface Look {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly summary: string
}

export interface Source {
  readonly title: string
  readonly tabs: readonly string[]
  look(tab: string): Promise<Look>
  /** What came of it, as a sentence. */
  act(what: 'cancel' | 'terminate', pid: number): Promise<string>
}

export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly signal: AbortSignal
  readonly everyMs: number
}

const INTERVALS = [500, 1_000, 2_000, 5_000, 10_000, 30_000] as const
const HELP = '1-5 tab ↑↓ choose space pause s sort +/- speed c cancel k end y copy q quit'
/** Lines that are not rows: title, figures, tabs, header, message. */
const FURNITURE = 5

interface Asking {
  readonly what: 'cancel' | 'terminate'
  readonly pid: number
}

const clock = (): string => new Date().toISOString().slice(11, 19)

function App({ source, terminal }: { readonly source: Source; readonly terminal: Terminal }) {
  const { exit } = useApp()
  const { stdout, signal } = terminal
  const [size, setSize] = useState({ width: stdout.columns || 80, height: stdout.rows || 24 })
  const [tab, setTab] = useState(source.tabs[0]!)
  const [look, setLook] = useState<Look>()
  const [taken, setTaken] = useState('')
  const [error, setError] = useState<string>()
  const [every, setEvery] = useState(terminal.everyMs)
  const [paused, setPaused] = useState(false)
  // Keys may come faster than screens: what they choose is known at once, and stays with its session when rows move.
  const chosen = useRef<Chosen>({ index: 0, pid: undefined })
  const [, redraw] = useState(0)
  const [sort, setSort] = useState<string>()
  const [asking, setAsking] = useState<Asking>()
  const [said, setSaid] = useState<string>()

  useEffect(() => {
    const resized = (): void => setSize({ width: stdout.columns || 80, height: stdout.rows || 24 })
    const stop = (): void => exit()
    stdout.on('resize', resized)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    return () => {
      stdout.off('resize', resized)
      signal.removeEventListener('abort', stop)
    }
  }, [stdout, signal, exit])

  useEffect(() => {
    if (paused) return
    let over = false
    let timer: NodeJS.Timeout | undefined
    const turn = async (): Promise<void> => {
      try {
        const next = await source.look(tab)
        if (over) return
        setLook(next)
        setTaken(clock())
        setError(undefined)
      } catch (failure) {
        if (!over) setError((failure as Error).message)
      }
      // From the end of one to the begin of the next: a slow server is not asked faster than it answers.
      if (!over) timer = setTimeout(() => void turn(), every)
    }
    void turn()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [source, tab, every, paused])

  const rows = sorted(look, sort)
  const height = Math.max(1, size.height - FURNITURE - 1)
  const place = (): number => placeOf(rows, chosen.current)
  const choose = (index: number): void => {
    chosen.current = { index, pid: rows[index]?.pid }
    redraw((n) => n + 1)
  }
  const at = place()

  const act = useCallback(
    async ({ what, pid }: Asking) => {
      setAsking(undefined)
      setSaid(await source.act(what, pid).catch((failure: Error) => failure.message))
    },
    [source],
  )

  // Ink listens anew only after a screen is drawn; a key that is struck at the sight of it must not find the keys of before.
  const struck = useRef<Parameters<typeof useInput>[0]>(() => {})
  struck.current = (input, key) => {
    if (key.ctrl && input === 'c') return exit()
    if (asking) {
      if (input === 'y') void act(asking)
      else {
        setAsking(undefined)
        setSaid('nothing was done')
      }
      return
    }
    setSaid(undefined)
    if (input === 'q' || key.escape) return exit()
    if (input === ' ') return setPaused(!paused)
    if (key.upArrow) return choose(Math.max(0, place() - 1))
    if (key.downArrow) return choose(Math.min(Math.max(0, rows.length - 1), place() + 1))
    if (input === '+') return setEvery(INTERVALS.findLast((one) => one < every) ?? every)
    if (input === '-') return setEvery(INTERVALS.find((one) => one > every) ?? every)
    if (input === 's') return setSort(following(look, sort))
    if (input === 'y') return setSaid(copied(rows[place()]?.query, stdout))
    if (input === 'c' || input === 'k') {
      const pid = rows[place()]?.pid
      if (typeof pid !== 'number') return setSaid('no session is chosen')
      return setAsking({ what: input === 'c' ? 'cancel' : 'terminate', pid })
    }
    const to = source.tabs[Number(input) - 1]
    const next = key.tab ? source.tabs[(source.tabs.indexOf(tab) + 1) % source.tabs.length] : to
    if (next === undefined || next === tab) return
    setTab(next)
    setLook(undefined)
    chosen.current = { index: 0, pid: undefined }
    setSort(undefined)
  }
  useInput((input, key) => struck.current(input, key))

  const { width } = size
  const table = look && laid(look.columns, rows as never, width)
  const { from, to } = inSight(rows.length, at, height)
  const state = [`every ${every / 1000} s`, paused ? 'PAUSED' : '', taken].filter(Boolean).join(' · ')
  const question =
    asking &&
    `${asking.what === 'cancel' ? 'cancel the statement of' : 'end the session of'} pid ${asking.pid}? y to do it, any other key not to`
  const message = question ?? error ?? said ?? HELP
  return (
    <Box flexDirection="column" width={width} height={size.height - 1}>
      <Text bold wrap="truncate">
        {truncate(neutralise(`arxdb top · ${state} · ${source.title}`), width)}
      </Text>
      <Text wrap="truncate">{truncate(look?.summary ?? 'asking...', width)}</Text>
      <Text wrap="truncate">
        {source.tabs.map((name, i) => (
          <Text key={name} inverse={name === tab}>{` ${i + 1} ${name} `}</Text>
        ))}
        <Text dimColor>{` ${count(rows.length, 'row')}${sort === undefined ? '' : `, by ${sort}`}`}</Text>
      </Text>
      <Text dimColor wrap="truncate">
        {table?.header ?? ''}
      </Text>
      <Box flexDirection="column" height={height}>
        {table?.lines.slice(from, to).map((line, i) => (
          // Rows have no name of their own that stays.
          // biome-ignore lint/suspicious/noArrayIndexKey: a place on the screen is what the line is
          <Text key={i} inverse={from + i === at} wrap="truncate">
            {line}
          </Text>
        ))}
      </Box>
      <Text wrap="truncate" {...(error ? { color: 'red' } : asking ? { color: 'yellow' } : { dimColor: true })}>
        {truncate(neutralise(message), width)}
      </Text>
    </Box>
  )
}

interface Chosen {
  readonly index: number
  readonly pid: Value | undefined
}

/** The row of the session that was chosen, wherever it stands now; the place where it stood when it is gone. */
function placeOf(rows: readonly Row[], { index, pid }: Chosen): number {
  const found = pid === undefined || pid === null ? -1 : rows.findIndex((row) => row.pid === pid)
  return found >= 0 ? found : Math.min(index, Math.max(0, rows.length - 1))
}

/** As the server orders them, or by a column: figures the largest first, names by the alphabet. */
function sorted(look: Look | undefined, by: string | undefined): readonly Row[] {
  if (!look) return []
  if (by === undefined) return look.rows
  const rank = (value: Value | undefined): number => (typeof value === 'number' ? value : Number.NEGATIVE_INFINITY)
  return [...look.rows].sort(
    (a, b) => rank(b[by]) - rank(a[by]) || String(a[by] ?? '').localeCompare(String(b[by] ?? '')),
  )
}

/** The next column to sort by; after the last one, the server's own order again. */
function following(look: Look | undefined, by: string | undefined): string | undefined {
  const names = look?.columns.map(({ name }) => name) ?? []
  return by === undefined ? names[0] : names[names.indexOf(by) + 1]
}

/** OSC 52: the terminal puts it into the clipboard, over SSH too, where it is allowed to. */
function copied(query: Value | undefined, stdout: NodeJS.WriteStream): string {
  if (typeof query !== 'string' || query === '') return 'no query to copy'
  stdout.write(`\u001b]52;c;${Buffer.from(query).toString('base64')}\u0007`)
  return 'the query is in the clipboard, where the terminal allows it'
}

const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?1049l\u001b[?25h'

/** Runs until `q`, Ctrl-C or the signal; what stood on the terminal before stands there again afterwards. */
export async function runTop(source: Source, terminal: Terminal): Promise<void> {
  const { stdin, stdout } = terminal
  stdout.write(ENTER)
  try {
    const app = render(<App source={source} terminal={terminal} />, {
      ...{ stdin, stdout, exitOnCtrlC: false, patchConsole: false },
    })
    await app.waitUntilExit()
  } finally {
    stdout.write(LEAVE)
  }
}
