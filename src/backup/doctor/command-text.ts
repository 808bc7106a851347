// What PostgreSQL will make of an archive_command or a restore_command, by its text. Known mistakes only: that none is
// found says nothing about a script which the text calls.
import { type Finding, ok, problem, warning } from './finding.ts'

interface Rule {
  readonly when: (text: string) => boolean
  readonly state: 'problem' | 'warning'
  readonly detail: string
}

const matches =
  (pattern: RegExp, unless?: RegExp) =>
  (text: string): boolean =>
    pattern.test(text) && !unless?.test(text)

/** A pipe, and not `||`. */
const PIPE = /(?<!\|)\|(?!\|)/
const FORGIVEN = /(\|\||;)\s*(true|:|exit\s+0|\/bin\/true)(\s|$)/
/** Of files, and not of `aws s3 cp` and its like. */
const COPY = /(?<!\b(s3|mc|gsutil|storage)\s+)(?<=^|[\s;&(])(cp|mv|install)\s/
/** A mapping onto what PostgreSQL takes for a failure. */
const MAPPED = /exit\s+(12[6-9]|1[3-9]\d|2\d\d)/
const PUSHERS =
  /\b(arxdb(\.js)?['"]?\s+(\S+\s+)*wal\s+push|pgbackrest\b.*archive-push|wal-g\b.*wal-push|barman(-cloud)?-wal-archive)\b/
const NETWORK = /\b(aws\s+s3|s3cmd|mc\s+cp|rclone|gsutil|gcloud|azcopy|curl|wget|scp|ssh|rsync|sftp)\b/

const ARCHIVE: readonly Rule[] = [
  {
    when: (text) => /^\s*(\/(usr\/)?bin\/)?(true|:|exit 0|echo\b[^>|]*)\s*$/.test(text),
    state: 'problem',
    detail: 'it stores nothing and says that it did: the server removes WAL that is nowhere else',
  },
  { when: matches(/\/dev\/null\s*$|%p\s+\/dev\/null/), state: 'problem', detail: 'it throws the WAL away' },
  {
    when: matches(FORGIVEN),
    state: 'problem',
    detail: 'it ends well whatever happened: a failed copy is taken for an archived file',
  },
  { when: matches(/&\s*$/, /&&\s*$/), state: 'problem', detail: 'it does not wait for what it starts' },
  {
    when: matches(PIPE, /pipefail/),
    state: 'problem',
    detail: 'of a pipe only the last program is asked how it ended: a cut file passes for a whole one',
  },
  {
    when: (text) => !PUSHERS.test(text) && !text.includes('%p'),
    state: 'problem',
    detail: 'it does not name the file (%p)',
  },
  {
    when: matches(/\bcp\s+(-\w*n|--no-clobber)/),
    state: 'problem',
    detail: 'cp -n ends well without copying when another file of that name is there',
  },
  {
    when: matches(COPY, /test\s+!\s+-f|\[\s+!\s+-[fe]|cp\s+-\w*n|--no-clobber/),
    state: 'problem',
    detail: "it replaces a file of that name: a clone's WAL takes the place of production's",
  },
  {
    when: matches(COPY),
    state: 'warning',
    detail: 'a copy is visible before it is whole, and is not synced: a crash leaves a short file under the right name',
  },
  {
    when: matches(NETWORK, /--ignore-existing|if-none-match/i),
    state: 'warning',
    detail: "it replaces a file of that name without a look: a clone's WAL takes the place of production's",
  },
]

const RESTORE: readonly Rule[] = [
  {
    when: matches(FORGIVEN),
    state: 'problem',
    detail: 'it ends well without a file: what is missing looks like the end of the archive',
  },
  {
    when: matches(PIPE, /pipefail/),
    state: 'problem',
    detail: 'of a pipe only the last program is asked how it ended: half a segment passes for a whole one',
  },
  {
    when: (text) => !/%f/.test(text) || !/%p/.test(text),
    state: 'problem',
    detail: 'it does not name both the file (%f) and where it is wanted (%p)',
  },
  {
    when: matches(NETWORK, MAPPED),
    state: 'problem',
    detail:
      'a network that fails makes it exit with 1, which PostgreSQL takes for the end of the archive: it promotes, and later commits are lost',
  },
  {
    when: matches(/\bnode['"]?\s+[^;|&]*\barxdb\.js['"]?\s+(\S+\s+)*wal\s+fetch/, MAPPED),
    state: 'warning',
    detail:
      'where that script is not there, node exits with 1, which PostgreSQL takes for the end of the archive: it promotes, and later commits are lost',
  },
  {
    when: matches(/\b(pgbackrest\b.*archive-get|wal-g\b.*wal-fetch|barman-(cloud-)?wal-restore)\b/, MAPPED),
    state: 'warning',
    detail: 'some of its failures exit with less than 126, which PostgreSQL takes for the end of the archive',
  },
  {
    when: (text) =>
      (COPY.test(text) || /\b(gunzip|zcat|gzip|zstd)\b/.test(text)) && !NETWORK.test(text) && !MAPPED.test(text),
    state: 'warning',
    detail:
      'a file system that is not mounted looks like the end of the archive: it promotes, and later commits are lost',
  },
]

const judged = (check: string, text: string, rules: readonly Rule[], better: string): readonly Finding[] => {
  const found = rules.filter(({ when }) => when(text))
  if (found.length === 0) return [ok(check, text)]
  return found.map(({ state, detail }) =>
    (state === 'problem' ? problem : warning)(check, `${detail}: ${text}`, better),
  )
}

/** Judges an archive_command that archiving relies on. */
export function judgeArchiveCommand(text: string): readonly Finding[] {
  const check = 'archive_command'
  const better = 'arxdb wal setup prints one'
  if (text.trim() === '' || text === '(disabled)')
    return [problem(check, 'it is empty: WAL piles up in pg_wal until the disk is full', better)]
  return judged(check, text, ARCHIVE, better)
}

/** Judges a restore_command; an empty one is no mistake on a server that is not recovering. */
export function judgeRestoreCommand(text: string): readonly Finding[] {
  const check = 'restore_command'
  if (text.trim() === '') return [ok(check, 'none: a recovery brings its own')]
  return judged(check, text, RESTORE, 'arxdb wal setup prints one whose failures PostgreSQL cannot mistake')
}
