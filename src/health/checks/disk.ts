import { stat } from 'node:fs/promises'
import { humanBytes } from '../../wording.ts'
import { type Check, type Measure, NotJudged, needsMonitor } from '../check.ts'
import { type Room, roomAt, walFolder } from '../disks.ts'

interface Row {
  readonly tablespace: string
  readonly path: string
}

interface Place {
  readonly name: string
  readonly path: string
}

export const disk: Check = {
  ...{ name: 'disk', group: 'server', unit: '%', threshold: { warn: 80, crit: 90 } },
  why: 'a server whose disk is full stops, and one whose WAL has no room does not start again',
  try: 'arxdb sizes; arxdb health slots archiver wal-size; arxdb policy run',
  clear: 'no disk',
  async measure(vantage) {
    needsMonitor(vantage, 'where the data directory is')
    const { server, sameHost, run } = vantage
    if (!sameHost) {
      throw new NotJudged(
        'SKIPPED',
        `the server's disks cannot be seen from here: ${server.data_directory ?? 'its data directory'} is not on this machine, or closed to this user`,
        'arxdb health disk on the server itself, as its own account; or the exporter of that machine',
      )
    }
    const data = server.data_directory!
    const tablespaces = await run<Row>('health/tablespaces')
    const places = [
      { name: 'data', path: data },
      { name: 'WAL', path: walFolder(data) },
      ...tablespaces.map(({ tablespace, path }) => ({ name: `tablespace ${tablespace}`, path })),
    ]
    const seen = await Promise.all(places.map(async (place) => ({ place, room: await roomAt(place.path) })))
    const hidden = seen.filter(({ room }) => room === undefined).map(({ place }) => place)
    const rooms = seen.flatMap(({ place, room }) => (room === undefined ? [] : [{ place, room }]))
    return [...(await byDevice(rooms)), ...hidden.map(unseen)]
  },
}

interface Seen {
  readonly place: Place
  readonly room: Room
}

/** Several places on one file system are one finding, under the first one's name. */
async function byDevice(seen: readonly Seen[]): Promise<readonly Measure[]> {
  const devices = new Map<number, Seen[]>()
  for (const one of seen) {
    const { dev } = await stat(one.place.path)
    devices.set(dev, [...(devices.get(dev) ?? []), one])
  }
  return [...devices.values()].map(([first, ...others]) => {
    const { place, room } = first!
    const also = others.length > 0 ? `, ${others.map((one) => one.place.name).join(' and ')} too` : ''
    return {
      ...{ object: place.name, value: room.used },
      text: `${humanBytes(room.free)} free of ${humanBytes(room.size)} at ${room.path}${also}`,
    }
  })
}

const unseen = ({ name, path }: Place): Measure => ({
  ...{ object: name, value: null, state: 'UNKNOWN' },
  text: `${path} is closed to this user`,
  try: 'arxdb health disk as the account of the server, or as root',
})
