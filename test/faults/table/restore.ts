import type { FaultRow } from './row.ts'

const BACKUP = 'faults/backup'
const RESTORE = `${BACKUP}/restore.test.ts`
const S3 = `${BACKUP}/restore-s3.test.ts`
const TARGETS = `${BACKUP}/targets.test.ts`
const PLACES = `${BACKUP}/places.test.ts`
const DISK = `${BACKUP}/restore-disk.test.ts`
const DUMP = `${BACKUP}/dump.test.ts`
const SILENT = `${BACKUP}/clone-silent.test.ts`
const DIFFERS = `${BACKUP}/drill-differs.test.ts`
const HELD = 'as expected'

/** Faults 37 to 54. */
export const restore: readonly FaultRow[] = [
  {
    fault: 37,
    what: 'The repository fails in the middle of the archive while a server recovers',
    injected:
      'a proxy before S3 answers one segment with 403, with 503, cut or flipped, to `restore run` and to `wal fetch` as restore_command; a byte of the archive is turned',
    expected:
      'recovery is aborted and never promotes; exit 1 with the segment and what became of the directory; a drill keeps no failed proof of it',
    before:
      'recovery held; but a store that failed while files were unpacked was told as a damaged backup, and a drill kept that as a failed proof, by which plans passed over the newest good backup',
    tests: [
      [S3, '37: a segment in the middle that is'],
      [S3, '37: with wal fetch as restore_command'],
      [S3, '37: a store that fails while a drill'],
      [RESTORE, '37: an error in the middle'],
    ],
    needs: 'moto for the cases of S3',
  },
  {
    fault: 38,
    what: 'An S3 request that never ends',
    injected:
      'the proxy takes the request for one segment and answers nothing, to a restore and to `wal fetch` as restore_command',
    expected: 'a deadline, then an exit of 126 or more towards PostgreSQL; nothing is promoted',
    before: HELD,
    tests: [
      [S3, '38: a segment that never comes'],
      [S3, '38: with wal fetch as restore_command'],
      [`${BACKUP}/base.test.ts`, '38: a repository that never answers'],
    ],
    needs: 'moto for the cases of S3',
  },
  {
    fault: 39,
    what: 'A target before the first backup, behind the last WAL, or in a gap',
    injected: 'times out of reach; a segment is taken out of the archive',
    expected:
      'refused by the plan (exit 3) and the run (exit 6), with the nearest moments that can be reached, in JSON too',
    before: HELD,
    tests: [
      [TARGETS, '39: behind all there is'],
      [RESTORE, '39: before the first end'],
      [RESTORE, '39: behind a gap'],
    ],
  },
  {
    fault: 40,
    what: 'A time without a zone, a date, a number of seconds, a day that does not exist',
    injected: 'typed, also with TZ set',
    expected: 'exit 2 before anything is looked at',
    before: HELD,
    tests: [[TARGETS, '40: %s is refused']],
  },
  {
    fault: 41,
    what: 'A local time that comes twice, or never, where clocks change',
    injected: 'typed, in zones that change by an hour and by half of one',
    expected: 'exit 2, with each moment that could be meant in UTC',
    before: HELD,
    tests: [[TARGETS, '41: %s in %s is refused']],
  },
  {
    fault: 42,
    what: 'A copy that would act as production',
    injected:
      'a production that archives by ALTER SYSTEM, has a subscription, a slot, an upstream and jobs of pg_cron, backed up as if of a standby; copies are started by hand, opened, and killed at each step',
    expected:
      'it archives nothing, calls nobody and runs no job until it is opened; beside the original archiving and subscriptions stay off then too; what would run is listed',
    before:
      'archiving was off; but an opened copy went on with the subscriptions of production, jobs of pg_cron were neither held nor listed, between unpacking and the guards a killed restore left a directory that archived, and one of a standby kept a recovery.signal',
    tests: [
      [SILENT, '42: is silent'],
      [SILENT, '42: does all of it'],
      [SILENT, '42: killed at'],
      [RESTORE, '42, 43: a copy archives nothing'],
    ],
  },
  {
    fault: 43,
    what: 'A second timeline in the archive',
    injected: 'a copy is promoted that archives where the original does',
    expected: "the plan shows the branch; the default is the backup's own timeline, and --timeline follows the other",
    before: HELD,
    tests: [[RESTORE, '42, 43: a copy archives nothing']],
  },
  {
    fault: 44,
    what: 'A retention policy that is due when a backup is restored',
    injected: 'a policy of TimescaleDB on rows of sixty days; the directory is started with and without the guard',
    expected:
      'workers stay off until it is opened; the plan and `restore open` list the jobs that would run, and which delete',
    before: HELD,
    tests: [[`${BACKUP}/retention-at-restore.test.ts`, '44: deletes nothing']],
    needs: 'TimescaleDB Community',
  },
  {
    fault: 45,
    what: 'A place that is not empty, that a server runs on, or that is production',
    injected:
      'links, slashes, relative paths, a mount point, folders above and inside of a running data directory, the repository itself; two restores that find one folder empty; files of somebody else that come meanwhile',
    expected:
      'refused, or moved aside after its path - of production its system identifier and this host - was typed; nothing is deleted that was not made by this restore',
    before:
      'of two restores into one empty folder the second removed the files of the first; the repository, a folder inside of a data directory and one above a running server were moved or filled when that was agreed to; production asked for its path only; a server that a killed restore left stood in the way of the next',
    tests: [
      [PLACES, '45: where a server runs'],
      [PLACES, '45: into its own repository'],
      [PLACES, '45: over production'],
      [PLACES, '45: where another restore is at work'],
      [PLACES, '45: where somebody else puts files'],
      [RESTORE, '45: with its name typed'],
    ],
  },
  {
    fault: 46,
    what: 'A server that comes up, misses its target and ends',
    injected: 'targets behind the last commit, before the end of the backup, names that nobody gave',
    expected:
      "judged by the server's own state, its log and its control file: exit 1, nothing runs, nothing is promoted",
    before: HELD,
    tests: [
      [RESTORE, '46: a server that came up'],
      [TARGETS, '46: one that lies before'],
    ],
  },
  {
    fault: 47,
    what: 'Another version of PostgreSQL or of TimescaleDB',
    injected: 'signed manifests that name other versions; a server without the version of the dump',
    expected:
      'refused from the metadata before anything is fetched (plan 3, run 6), or with 5 before a database is made',
    before: HELD,
    tests: [
      [RESTORE, '47, 48, 52: another version'],
      [DUMP, 'a version that is not installed'],
    ],
  },
  {
    fault: 48,
    what: 'The library of TimescaleDB is missing',
    injected: 'a signed manifest that needs a version of which no library lies here',
    expected: 'refused by the plan, which names the libraries',
    before: HELD,
    tests: [[RESTORE, '47, 48, 52: another version']],
  },
  {
    fault: 49,
    what: 'A parallel restore of a dump with hypertables',
    injected:
      'eight jobs; what pg_restore is told is written down; a database name with blanks, quotes and an equals sign',
    expected: "TimescaleDB's catalogue first and by one process, then rows, then indexes by several",
    before: HELD,
    tests: [[DUMP, '49: with many jobs']],
    needs: 'TimescaleDB Community',
  },
  {
    fault: 50,
    what: 'arxdb is killed between timescaledb_pre_restore() and timescaledb_post_restore()',
    injected: 'SIGKILL while pg_restore stands still',
    expected: 'the next restore drops what was left and begins anew; nothing stays in restoring',
    before: HELD,
    tests: [[`${BACKUP}/killed.test.ts`, 'fault 50: a restore killed']],
    needs: 'TimescaleDB Community',
  },
  {
    fault: 51,
    what: 'timescaledb_post_restore() fails once',
    injected: 'a function of that name in the restored database that fails when it is first called',
    expected: 'called again, and judged in a new session',
    before: HELD,
    tests: [[DUMP, '51: timescaledb_post_restore()']],
    needs: 'TimescaleDB Community',
  },
  {
    fault: 52,
    what: 'Too little room, beforehand and in the middle',
    injected: 'a small file system that is full while files are unpacked, while WAL is replayed, and in a drill',
    expected:
      'refused up front; else exit 6 "disk full", the folder is empty again or what stood there is back, and the backup stays as proven as it was',
    before:
      'a full disk was told as a damaged backup, and a drill kept that as a failed proof; while WAL was replayed arxdb crashed on it and left its server running',
    tests: [
      [DISK, '52: too little room is refused'],
      [DISK, '52: a disk that fills up while files'],
      [DISK, '52: a disk that fills up while WAL'],
      [DISK, '52: what stood there before'],
      [DISK, '52: a drill that runs out'],
    ],
    needs: 'mount',
  },
  {
    fault: 53,
    what: 'All rows are back, and something else is not',
    injected:
      'a pg_restore that takes seventeen things away or makes them otherwise; signed evidence of other jobs and markets',
    expected: 'the drill fails (exit 3) and names each',
    before:
      'indexes, constraints, triggers, views, functions, sequences and jobs were compared; owners, grants, settings of the database, comments, row security, types, rules and large objects were not, and drills of dumps left owners and grants out',
    tests: [
      [DIFFERS, '53: fails for each thing'],
      [DIFFERS, '53: fails where %s is fewer'],
      [DIFFERS, '53: passes a %s'],
      [`${BACKUP}/drill.test.ts`, 'fails for whatever differs'],
    ],
  },
  {
    fault: 54,
    what: 'The server of a drill, seen from outside, and after SIGKILL',
    injected: 'drills of a copy, a dump and a base backup stand still, are looked at in /proc, and are killed',
    expected:
      'no socket on a network, no credentials in files or environment, all of it cleared away by the next drill',
    before: 'the unsealed dump that a killed drill had fetched stayed in the staging folder for good',
    tests: [
      [DIFFERS, '54: of a %s is on no network'],
      ['backup/isolated.test.ts', 'listens nowhere but in its folder'],
    ],
    needs: '/proc',
  },
]
