import type { FaultRow } from './row.ts'

/** Faults 27 to 36. */
export const retention: readonly FaultRow[] = [
  {
    fault: 27,
    what: 'Everything failed for 60 days and the policy says 30; nothing is good; proofs are forged; a clock runs a year ahead; another database fills the count',
    injected:
      'histories of such backups; proofs copied from another label, written by hand and replayed; the clock of the process set ahead',
    expected:
      'the verified ones stay; days are counted from the newest good backup, and where none is good nothing goes; only proofs with the MAC of the key count; a clock that differs is refused; each database and cluster keeps its last good one',
    before:
      'the newest verified stayed; but where the last verification of each had failed (one gap in the WAL is enough) all of them went by age, forged proofs saved the wrong backup, a clock ahead together with the disk left three backups, and a database that was backed up rarely lost its only one to the newest three of another',
    tests: [
      ['faults/backup/prune.test.ts', '27, 28: 60 days of failures'],
      ['faults/backup/prune-store.test.ts', '27: proofs that were forged'],
      ['faults/backup/prune-store.test.ts', '27: where every one failed'],
      ['faults/backup/prune-store.test.ts', '27: a clock that is a year ahead'],
      ['faults/backup/prune-store.test.ts', '27: of several databases'],
      ['backup/retention.test.ts', 'a clock that is ahead'],
    ],
  },
  {
    fault: 28,
    what: 'Failed and running backups',
    injected: 'backups whose verification failed, and folders without a manifest, beside few good ones',
    expected: 'they do not count for any rule, and unfinished ones stay while they are young',
    before: 'as expected',
    tests: [['faults/backup/prune.test.ts', '27, 28: 60 days of failures']],
  },
  {
    fault: 29,
    what: 'A kept incremental stands on older backups',
    injected: 'chains across the age limit, and at random; manifests in a chain flipped, cut and removed',
    expected:
      'no ancestor of a kept one goes; what stands on a damaged manifest stays with it, and so does what it may stand on',
    before: 'as expected, but for increments whose full backup could not be read just then: they went',
    tests: [
      ['faults/backup/prune.test.ts', '29: what is damaged and can be put right'],
      ['faults/backup/prune.test.ts', '29: what a kept incremental stands on'],
      ['backup/retention.test.ts', 'the newest verified, the ancestors of all that stays'],
    ],
  },
  {
    fault: 30,
    what: 'A crash between the removal of a manifest and of its objects',
    injected: 'after every single step, and SIGKILL of the process',
    expected: 'what has a manifest is whole; the next prune takes the lease and comes to the same end',
    before: 'as expected, but for empty folders that stayed behind',
    tests: [
      ['faults/backup/prune.test.ts', '30: killed in the middle'],
      ['faults/backup/prune-steps.test.ts', '30: dies after any number of steps'],
    ],
  },
  {
    fault: 31,
    what: 'A list is partial, empty or refused, or one manifest cannot be read',
    injected: 'a proxy before S3 leaves out entries, empties, cuts and refuses lists and manifests; a folder hides one',
    expected: 'an error, nothing is removed, the lease is free',
    before: 'as expected',
    tests: [
      ['faults/backup/prune-store.test.ts', '31: of which the store shows a part'],
      ['faults/backup/prune-store.test.ts', '31: of one manifest that is not in the list'],
      ['faults/backup/prune-steps.test.ts', '31: refuses a list'],
      ['faults/backup/prune-steps.test.ts', '31: lists nothing'],
      ['faults/backup/prune-steps.test.ts', '31: lists a part of it'],
    ],
    needs: 'moto for S3',
  },
  {
    fault: 32,
    what: 'Files of others lie in the repository',
    injected: 'beside backups, in the folder of one that goes, and of one that stays',
    expected: 'never touched, and told; folders that were ours and are empty go',
    before: 'never touched; empty folders stayed for ever',
    tests: [
      ['faults/backup/prune.test.ts', '32, 33: files of others stay'],
      ['faults/backup/prune-store.test.ts', '32: what went leaves no empty folder'],
      ['backup/stores.test.ts', 'of which one writer fills a folder'],
    ],
  },
  {
    fault: 33,
    what: 'A backup is made or read elsewhere while a prune runs',
    injected:
      'a held lease and young folders; restores and verifications that stand still at a step, here and in the namespaces of another host, killed ones, and ones whose mark is gone',
    expected:
      'a running backup is protected by the lease; what is read stays until its reader ends or is dead; who reads unseen is told that the backup was pruned, and leaves no database',
    before:
      'a prune took no notice of readers: a restore in progress failed with "no such object", and a verification of what was pruned meanwhile exited 0 without a row',
    tests: [
      ['faults/backup/readers.test.ts', '33: leaves a backup that is being restored'],
      ['faults/backup/readers.test.ts', '33: passes by a reader that was killed'],
      ['faults/backup/readers.test.ts', '33: of what is read by one that nobody can see'],
      ['faults/backup/readers.test.ts', '33: of what is verified by one that nobody can see'],
      ['faults/backup/readers.test.ts', '33: that has begun to remove'],
      ['faults/backup/readers.test.ts', '33: that died before it removed anything'],
      ['faults/backup/readers.test.ts', '33: that planned before a reader came'],
      ['faults/backup/readers.test.ts', '33: sees a reader on another host'],
      ['faults/backup/prune.test.ts', '33: while another one is at work'],
      ['faults/backup/prune.test.ts', '32, 33: files of others stay'],
    ],
    needs: 'namespaces (root) for the other host',
  },
  {
    fault: 34,
    what: 'A new cluster after pg_upgrade has another system identifier and low WAL names',
    injected: 'base backups and WAL of two clusters in one repository',
    expected:
      'order is by time and never by WAL names; WAL goes by cluster; the last good one of the old cluster stays a year',
    before: 'order was right; the last backup of the old cluster went with its days',
    tests: [
      ['faults/backup/prune.test.ts', '34: a new cluster begins'],
      ['faults/backup/prune-store.test.ts', '27: of several databases'],
    ],
  },
  {
    fault: 35,
    what: 'The store will not let go of an object',
    injected:
      'a bucket of moto with Object Lock, whose refusal a proxy answers (a delete without a version only covers a locked object); immutable files',
    expected: 'told, exit 0: the backup is whole, with its WAL, and goes once the lock is over',
    before: 'told, and the backup stayed; but the WAL that it needs went',
    tests: [
      ['faults/backup/prune-store.test.ts', '35: what Object Lock holds'],
      ['faults/backup/prune.test.ts', '35: a folder that cannot be changed'],
      ['faults/backup/prune-steps.test.ts', '35: holds on to a manifest'],
    ],
    needs: 'moto for S3, chattr for immutable files',
  },
  {
    fault: 36,
    what: 'What --dry-run shows is not what is done',
    injected: 'random histories and rules; the command line with chains, forged, broken and verified backups',
    expected: 'the same rows, but for "remove" that became "removed"; a dry run writes nothing',
    before: 'as expected',
    tests: [
      ['faults/backup/prune-store.test.ts', '36: a dry run says what'],
      ['faults/backup/prune-steps.test.ts', '36: whatever there is'],
    ],
  },
]
