// The same jobs as systemd's units, for those who have timers rather than cron.
import { parseCron } from './cron.ts'
import { limitOf } from './crontab.ts'
import type { ScheduledJob } from './jobs.ts'

export interface Unit {
  readonly name: string
  readonly text: string
}

/** A word of ExecStart: % begins a specifier there, $ a variable. */
const execWord = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** A field of numbers: steps count from the first, ranges have two dots. */
const field = (text: string, first: number): string =>
  text
    .split(',')
    .map((item) => item.replace(/^\*\/(\d+)$/, `${first}/$1`).replace('-', '..'))
    .join(',')

/** Cron's fields as OnCalendar; two lines where day of month and day of week are both given, as cron takes either. */
export function onCalendar(text: string): readonly string[] {
  const { either, weekdays } = parseCron(text)
  const [minute, hour, day, month, weekday] = text.split(' ') as [string, string, string, string, string]
  const time = `${field(hour, 0)}:${field(minute, 0)}:00`
  const dated = `*-${field(month, 1)}-${field(day, 1)}`
  // Its week begins with Monday, and knows no steps: ranges that are neither are told day by day.
  const days = /^[1-7]-[1-7]$/.test(weekday)
    ? weekday.replace(/\d/g, (digit) => DAYS[Number(digit) % 7]!).replace('-', '..')
    : weekdays.map((number) => DAYS[number]).join(',')
  if (either) return [`${dated} ${time}`, `${days} *-${field(month, 1)}-* ${time}`]
  return weekday === '*' ? [`${dated} ${time}`] : [`${days} ${dated} ${time}`]
}

/** A service and a timer for each job. A run that was missed is made up for; hosts of a fleet do not start in one second. */
export const systemdUnits = (id: string, jobs: readonly ScheduledJob[]): readonly Unit[] =>
  jobs.flatMap(({ job, title, cron, words, deadlineMs }) => {
    const name = `arxdb-${id}-${job}`
    const when = onCalendar(cron.text).map((line) => `OnCalendar=${line}`)
    const limit = deadlineMs === 0 ? 'infinity' : limitOf(deadlineMs)
    return [
      {
        name: `${name}.service`,
        text: `[Unit]
Description=arxdb ${title}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=${words.map(execWord).join(' ')}
TimeoutStartSec=${limit}
`,
      },
      {
        name: `${name}.timer`,
        text: `[Unit]
Description=when arxdb ${title} runs

[Timer]
${when.join('\n')}
Persistent=true
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
`,
      },
    ]
  })
