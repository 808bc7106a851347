// What `health` shows, and what it has to say of the whole.
import { columns, echoes, info, type Note, warn } from './result.ts'

const MORE = { value: 'float', unit: 'text', warn: 'float', crit: 'float', since: 'time', why: 'text' } as const

export const healthColumns = [
  ...columns({ state: 'text', check: 'text', object: 'text', text: 'text', try: 'text' }),
  ...echoes(Object.keys(MORE), MORE),
]

export const checkColumns = columns({
  ...{ check: 'text', group: 'text', unit: 'text', warn: 'float', crit: 'float', why: 'text' },
})

const ORDER = ['CRITICAL', 'WARNING', 'UNKNOWN', 'OK', 'SKIPPED']

interface Found {
  readonly state: string
}

/** The worst first; those that are fine or were skipped only when all are wanted. */
export const healthRows = <Row extends Found>(findings: readonly Row[], problemsOnly: boolean): readonly Row[] =>
  [...findings]
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
    .filter(({ state }) => !problemsOnly || (state !== 'OK' && state !== 'SKIPPED'))

interface Told extends Found {
  readonly check: string
  readonly object: string | null
  readonly text: string
  readonly why: string
  readonly try: string | null
}

const PAD = 9

/** A line a finding; what is not well has its reason and what to type below it. */
export const healthLines = (findings: readonly Told[]): readonly string[] =>
  findings.flatMap(({ state, check, object, text, why, try: hint }) => {
    const bad = state !== 'OK' && state !== 'SKIPPED'
    const name = object === null ? check : `${check} ${object}`
    const below = [...(bad ? [`  why: ${why}`] : []), ...(hint === null ? [] : [`  try: ${hint}`])]
    return [`${state.padEnd(PAD)} ${name}: ${text}`, ...below]
  })

/** `2 critical, 1 warning, 30 ok`. */
export function healthNotes(findings: readonly Found[]): readonly Note[] {
  const counted = ORDER.map((state) => [state, findings.filter((one) => one.state === state).length] as const)
  const text = counted.flatMap(([state, n]) => (n > 0 ? [`${n} ${state.toLowerCase()}`] : [])).join(', ')
  const bad = counted.slice(0, 3).some(([, n]) => n > 0)
  return [bad ? warn(text) : info(text)]
}
