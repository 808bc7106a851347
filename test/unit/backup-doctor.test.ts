// What the doctor says of commands and settings.
import { describe, expect, test } from 'vitest'
import { judgeArchiveCommand, judgeRestoreCommand } from '../../src/backup/doctor/command-text.ts'
import { type Facts, judgeLocks, judgePrivileges, judgeSettings, judgeSlots } from '../../src/backup/doctor/judge.ts'
import { archiveCommand, restoreCommand } from '../../src/backup/wal/setup.ts'

const OWN = {
  ...{ node: '/usr/bin/node', script: '/opt/ar x/bin/arxdb.js', repo: "/a 100% 'b'", keyFile: undefined },
  ...{ encrypt: false, compression: 'zstd', s3: [] },
}
const worst = (findings: readonly { state: string }[]): string =>
  ['problem', 'warning', 'skipped', 'ok'].find((state) => findings.some((one) => one.state === state))!

test.each([
  ['', 'problem'],
  ['true', 'problem'],
  ['/bin/true', 'problem'],
  ['exit 0', 'problem'],
  ['echo %p', 'problem'],
  ['cp %p /dev/null', 'problem'],
  ['cp %p /a/%f || true', 'problem'],
  ['test ! -f /a/%f && cp %p /a/%f; true', 'problem'],
  ['cp %p /a/%f', 'problem'],
  ['cp -n %p /a/%f', 'problem'],
  ['mv %p /a/%f', 'problem'],
  ['rsync %p host:/a/%f &', 'problem'],
  ['gzip < %p | aws s3 cp - s3://a/%f', 'problem'],
  ['arxdb wal status', 'problem'],
  ['test ! -f /a/%f && cp %p /a/%f', 'warning'],
  ['aws s3 cp %p s3://a/%f', 'warning'],
  ['pgbackrest --stanza=main archive-push %p', 'ok'],
  ['wal-g wal-push %p', 'ok'],
  ['/opt/archive.sh %p %f', 'ok'],
  [archiveCommand(OWN), 'ok'],
  ['arxdb wal push %p --repo /backups || true', 'problem'],
  ["bash -c 'set -o pipefail; gzip < %p | ssh a put %f'", 'warning'],
])('archive_command "%s": %s', (text, state) => {
  const found = judgeArchiveCommand(text)
  expect(worst(found), JSON.stringify(found)).toBe(state)
})

test.each([
  ['', 'ok'],
  ['aws s3 cp s3://a/%f %p', 'problem'],
  ['curl -f https://a/%f -o %p', 'problem'],
  ['aws s3 cp s3://a/%f %p || exit 255', 'ok'],
  ['gunzip < /a/%f.gz | cat > %p', 'problem'],
  ['cp /a/%f %p || true', 'problem'],
  ['cp /a/%f', 'problem'],
  ['cp /a/%f %p', 'warning'],
  ['pgbackrest --stanza=main archive-get %f "%p"', 'warning'],
  ['wal-g wal-fetch %f %p', 'warning'],
  // Without a look at the script first: an arxdb that is not there any more would be the end of the archive.
  [`"/usr/bin/node" "/opt/bin/arxdb.js" wal fetch %f %p`, 'warning'],
  [`'/usr/bin/node' '/opt/ar x/bin/arxdb.js' wal fetch '%f' '%p'`, 'warning'],
  [`node /opt/bin/arxdb.js -q wal fetch %f %p`, 'warning'],
  [`node /opt/bin/arxdb.js wal fetch %f %p || exit 255`, 'ok'],
  [restoreCommand(OWN), 'ok'],
])('restore_command "%s": %s', (text, state) => {
  const found = judgeRestoreCommand(text)
  expect(worst(found), JSON.stringify(found)).toBe(state)
})

const FACTS: Facts = {
  ...{ version_num: 150_020, recovering: false, superuser: false, may_replicate: true, may_mark: true },
  ...{ may_read_all: true, may_read_hba: true, database_bytes: 1e9, lockable: 100 },
}
const SETTINGS = new Map(
  Object.entries({
    ...{ wal_level: 'replica', fsync: 'on', full_page_writes: 'on', data_checksums: 'on', max_wal_senders: '10' },
    ...{ max_locks_per_transaction: '64', max_connections: '100', max_prepared_transactions: '0' },
  }),
)
const settings = (more: Readonly<Record<string, string>> = {}) => new Map([...SETTINGS, ...Object.entries(more)])

describe('settings', () => {
  test('that are well', () => expect(worst(judgeSettings(settings(), FACTS, 'base'))).toBe('ok'))
  test.each([
    [{ wal_level: 'minimal' }, 'base', 'problem'],
    [{ wal_level: 'minimal' }, 'dump', 'warning'],
    [{ fsync: 'off' }, 'dump', 'problem'],
    [{ full_page_writes: 'off' }, 'base', 'problem'],
    [{ data_checksums: 'off' }, 'base', 'warning'],
    [{ max_wal_senders: '1' }, 'base', 'problem'],
    [{}, 'incremental', 'problem'],
  ] as const)('%o for kind %s: %s', (more, kind, state) => {
    expect(worst(judgeSettings(settings(more), FACTS, kind))).toBe(state)
  })
  test('an incremental backup on PostgreSQL 17 needs summaries', () => {
    const facts = { ...FACTS, version_num: 170_004 }
    expect(worst(judgeSettings(settings({ summarize_wal: 'on' }), facts, 'incremental'))).toBe('ok')
    expect(worst(judgeSettings(settings({ summarize_wal: 'off' }), facts, 'incremental'))).toBe('problem')
  })
})

test('a lock table that is too small is told with the number that is needed', () => {
  const found = judgeLocks(settings(), { ...FACTS, lockable: 17_000 }, 'dump')
  expect(found).toMatchObject([{ state: 'problem', try: expect.stringContaining('max_locks_per_transaction = 204') }])
  expect(
    worst(judgeLocks(settings({ max_locks_per_transaction: '204' }), { ...FACTS, lockable: 17_000 }, 'dump')),
  ).toBe('warning')
  expect(
    worst(judgeLocks(settings({ max_locks_per_transaction: '256' }), { ...FACTS, lockable: 17_000 }, 'dump')),
  ).toBe('ok')
  expect(judgeLocks(settings(), { ...FACTS, lockable: 17_000 }, 'base')).toEqual([])
})

test.each([
  [[], 'ok'],
  [[{ name: 's', active: true, wal_status: 'reserved', held_bytes: 5e9 }], 'ok'],
  [[{ name: 's', active: false, wal_status: 'reserved', held_bytes: 1e6 }], 'warning'],
  [[{ name: 's', active: false, wal_status: 'extended', held_bytes: 5e9 }], 'problem'],
  [[{ name: 's', active: false, wal_status: 'lost', held_bytes: null }], 'problem'],
])('slots %j: %s', (slots, state) => expect(worst(judgeSlots(slots, settings()))).toBe(state))

test.each([
  ['base', { may_replicate: false }, 'problem'],
  ['base', { may_mark: false }, 'warning'],
  ['dump', { may_read_all: false }, 'warning'],
  ['dump', { may_replicate: false }, 'ok'],
  ['pgbackrest', {}, 'skipped'],
] as const)('a role for kind %s with %o: %s', (kind, more, state) =>
  expect(worst(judgePrivileges({ ...FACTS, ...more }, kind))).toBe(state),
)

test('a mistake is told once', () => {
  expect(judgeRestoreCommand('aws s3 cp s3://a/%f %p')).toHaveLength(1)
  expect(judgeArchiveCommand('aws s3 cp %p s3://a/%f')).toHaveLength(1)
})
