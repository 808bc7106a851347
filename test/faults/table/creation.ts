import type { FaultRow } from './row.ts'

/** Faults 1 to 15. */
export const creation: readonly FaultRow[] = [
  {
    fault: 1,
    what: 'pg_dump missing, or of the wrong major version',
    injected: 'an empty --bindir; a pg_dump that says it is 14.9; a folder with pg_basebackup of another major',
    expected: 'Refused before anything is written, with exit 5 (cannot with what is here) and the package to install.',
    before: 'as expected',
    tests: [
      ['faults/backup/dump-run.test.ts', '1: without pg_dump'],
      ['faults/backup/dump.test.ts', 'a missing or an older pg_dump'],
      ['faults/backup/base.test.ts', 'is refused before it begins'],
    ],
  },
  {
    fault: 2,
    what: 'pg_dump killed half-way',
    injected: 'SIGKILL once a megabyte is written; dumps cut by hundred bytes, by half, to nothing, with exit 0',
    expected: 'Exit 1, on record as failed, nothing under the label; the backups before verify.',
    before: 'as expected',
    tests: [
      ['faults/backup/dump-run.test.ts', '2: pg_dump killed'],
      ['faults/backup/dump.test.ts', 'a killed pg_dump, one that fails at its end'],
      ['faults/backup/base.test.ts', 'of which the program was killed half-way'],
    ],
  },
  {
    fault: 3,
    what: 'SIGTERM or SIGKILL in the middle of an upload',
    injected: 'SIGKILL while the second part hangs in a proxy; SIGINT to itself at "part sent" and "upload completed"',
    expected:
      'Interrupted: exit 130 and the upload is ended at once. Killed: never listed, the next run takes the lease, and a sweep ends the upload once it is old by the store’s time.',
    before: 'as expected; found by reading: the age of uploads was told by the own clock, which may be ahead',
    tests: [
      ['faults/backup/s3-run.test.ts', '3: interrupted in the middle'],
      ['faults/backup/killed.test.ts', 'fault 3: killed in the middle'],
      ['backup/s3-faults.test.ts', 'fault 3: a writer killed'],
    ],
    needs: 'moto',
  },
  {
    fault: 4,
    what: 'no space left: in staging, in the repository, for lease, record or manifest, while WAL is pushed',
    injected: 'a tmpfs of 96 MB, filled before the run or while it stands still at the step',
    expected:
      'Exit 1 (6 where it is seen beforehand), a message with the folder and what to try, nothing listed, the backups before verify, and the next run is well. Where only the end of the record could not be written the backup is one: exit 0 and a warning.',
    before:
      'A copy told "SQLSTATE ENOSPC", a dump no folder; without room for the record neither hook nor heartbeat of failed runs was called; a finished backup whose record could not be ended was called failed; a renewal of the lease left a lock file that kept it off for a minute.',
    tests: [['faults/backup/disk-full.test.ts', '4: ']],
    needs: 'mount',
  },
  {
    fault: 5,
    what: 'S3 answers 503, throttles or falls silent, some times or for good',
    injected: 'a proxy that answers 503 or loses the answers, from a request on or to some of them',
    expected:
      'Each request is tried four times with growing pauses, then the run fails; it is on record as failed, or says that the record could not be completed.',
    before: 'It failed as expected, and said nothing of the record that went on saying "running".',
    tests: [
      ['faults/backup/s3-run.test.ts', '5: '],
      ['backup/s3-faults.test.ts', 'fault 5: '],
    ],
    needs: 'moto',
  },
  {
    fault: 6,
    what: '403 in the middle of a run, for the lease’s renewal, or for its release',
    injected: 'a proxy that answers 403 to the object, the manifest, the lease, or all from a request on, and counts',
    expected:
      'Exit 4 after one request, six in all where everything is refused. A lease that cannot be renewed is lost with its term; one that cannot be removed fails no backup.',
    before:
      'A release that was refused made a run whose backup was good exit 6; that the record could not be completed was not told.',
    tests: [
      ['faults/backup/s3-run.test.ts', '6: '],
      ['backup/s3-faults.test.ts', 'fault 6: '],
    ],
    needs: 'moto',
  },
  {
    fault: 7,
    what: 'an object acknowledged, and short or flipped; or served so',
    injected: 'a proxy that cuts or flips what is written, what HEAD says, or what is read',
    expected:
      'The run fails and the object is removed. What is only served wrong: verify exits 3, names the object, and the list says failed until it passes again.',
    before: 'as expected',
    tests: [
      ['faults/backup/s3-run.test.ts', '7: '],
      ['backup/s3-faults.test.ts', 'fault 7: '],
    ],
    needs: 'moto',
  },
  {
    fault: 8,
    what: 'two cron starts at once; the first is killed',
    injected:
      'two processes at the same moment on an empty place; a second beside one that stands in its hook; SIGKILL',
    expected:
      'The second exits 6 and names the first, which is not harmed; after a SIGKILL the next run begins at once.',
    before: 'as expected',
    tests: [
      ['faults/backup/two-hosts.test.ts', '8: begun in the same moment'],
      ['faults/backup/run.test.ts', 'a second one is refused and names the first'],
    ],
  },
  {
    fault: 9,
    what: 'two hosts, with clocks that differ by minutes, hours or years; one dies',
    injected:
      'namespaces for host name and processes, over a shared folder and S3; preloaded clocks; SIGKILL of all that is of a host',
    expected:
      'One wins, the other exits 6 and names its host. One that died is passed over after its term and a term of silence, and never before.',
    before:
      'A holder whose clock was more than an hour behind was passed over at once while it worked: its objects could be swept, and its manifest published without them. One that died with its clock a year ahead held the lease for a year.',
    tests: [
      ['faults/backup/two-hosts.test.ts', '9: '],
      ['faults/backup/two-hosts.test.ts', '9, 12: with a clock'],
      ['backup/lease.test.ts', '9: the process number'],
      ['backup/lease.test.ts', '9, 12: a host whose clock'],
    ],
    needs: 'namespaces; moto for S3',
  },
  {
    fault: 10,
    what: 'compression, drop, truncate or alter while it is dumped',
    injected:
      'DDL in other sessions before, at and behind the locks; a pg_dump that finds no lock; SIGKILL while jobs are held',
    expected:
      'Tables are locked before the snapshot, jobs wait, what passes is tried three times, and after a SIGKILL the jobs come back by themselves.',
    before: 'A table that was dropped while its lock was waited for ended the run.',
    tests: [
      ['faults/backup/dump-run.test.ts', '10: '],
      ['faults/backup/killed.test.ts', 'fault 10: jobs that a killed dump'],
      ['faults/backup/dump.test.ts', 'nothing is compressed between'],
    ],
  },
  {
    fault: 11,
    what: 'the lock table is too small',
    injected: 'a server with max_locks_per_transaction = 10 and 2,000 tables, where pg_dump itself dies',
    expected: 'Exit 6 before anything is written, with the number that is needed and one that is enough.',
    before: 'as expected',
    tests: [['faults/backup/dump-run.test.ts', '11: is refused']],
  },
  {
    fault: 12,
    what: 'the clock is set back or ahead, is years off, or changes to winter time',
    injected: 'a preloaded clock, from the beginning or from a step on',
    expected:
      'Labels and records go on in order, nothing is replaced; the deadline counts by a steady clock; a jump ahead beyond the lease’s term ends the run and publishes nothing; prune refuses (exit 6) under a clock that is not the store’s, and where the store’s is wrong too the newest and the verified ones stay.',
    before:
      'A backup made a year ahead was the newest for health until then, its record hid failures of later runs, and later backups took their times from its label; a run could end before it began.',
    tests: [
      ['faults/backup/clock.test.ts', '12: '],
      ['backup/lease.test.ts', '12: a clock that is set back'],
      ['faults/backup/run.test.ts', 'labels never go back'],
    ],
  },
  {
    fault: 13,
    what: 'pg_dump says something that nobody knows, or TimescaleDB’s circular keys',
    injected: 'a pg_dump that says both on stderr',
    expected: 'The unknown line is a warning on stderr, in the manifest and in show; the known text is not.',
    before: 'as expected',
    tests: [
      ['faults/backup/dump-run.test.ts', '13: what pg_dump says'],
      ['faults/backup/dump.test.ts', 'stderr is told apart'],
    ],
  },
  {
    fault: 14,
    what: '--table of a hypertable',
    injected: 'the flag',
    expected: 'Exit 2: there is no such flag, because one table of many is no backup.',
    before: 'as expected',
    tests: [['faults/backup/killed.test.ts', 'fault 14: one table of many']],
  },
  {
    fault: 15,
    what: 'secrets in arguments, output, errors or the repository',
    injected:
      'passwords by URL and PGPASSWORD, an S3 secret, the key and a heartbeat’s token; /proc/*/cmdline of all processes read all the while, runs that fail in four ways',
    expected: 'They stand nowhere.',
    before: 'config show printed the heartbeat’s URL with its token.',
    tests: [
      ['faults/backup/secrets.test.ts', '15: '],
      ['faults/backup/dump.test.ts', 'a password is never in argv'],
      ['faults/backup/run.test.ts', 'a password is in no argument'],
      ['backup/hooks.test.ts', 'one that is not heard'],
    ],
    needs: 'moto',
  },
]
