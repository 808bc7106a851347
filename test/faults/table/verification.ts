import type { FaultRow } from './row.ts'

/** Faults 16 to 26. */
export const verification: readonly FaultRow[] = [
  {
    fault: 16,
    what: 'An object of a backup is cut to 40 % or to 98 %',
    injected:
      'truncated in the repository: dump, copy, base, incremental and pgBackRest backups, in a folder and in S3',
    expected:
      'verify exits 3 and names the object, list says so; a restore refuses it. A full disk or a store that stops answering while it is decoded is an error, and no proof against the backup',
    before:
      'the cut was found; but verify on a host without room, or beside a store that refused half-way, said "damaged" of a good backup and kept that as a proof',
    tests: [
      ['faults/backup/harm.test.ts', '16-19, 21: each one that was harmed'],
      ['faults/backup/harm.test.ts', '16: no room to decode is no fault'],
      ['faults/backup/harm.test.ts', '16: a store that refuses while it is decoded'],
      ['faults/backup/verify.test.ts', '16-18: an object %s'],
      ['faults/backup/base.test.ts', '16-19: cut, flipped, or exchanged'],
      ['faults/backup/copy.test.ts', '16-19: cut, flipped, empty and swapped'],
      ['faults/backup/dump.test.ts', '16-18: cut, flipped and empty'],
      ['faults/backup/incremental.test.ts', '16-19: a chain with a spoiled part'],
    ],
    needs: 'moto for S3, a mountable tmpfs for the full disk, PostgreSQL 17 for incremental ones',
  },
  {
    fault: 17,
    what: 'One byte of an object is another',
    injected: 'flipped in its first byte, its middle and its last, in each kind and both stores',
    expected: 'verify exits 3 at level 1 and names the object, and from level 0 on nothing is proven any more',
    before:
      'found; but a failure that was found without checksums was kept as one of level 0, and a look at sizes passed over it',
    tests: [
      ['faults/backup/harm.test.ts', '16-19, 21: each one that was harmed'],
      ['faults/backup/verify.test.ts', '16-18: an object %s'],
      ['faults/backup/prune-store.test.ts', '27: a failure that was found without checksums'],
      ['faults/backup/incremental.test.ts', '16-19: a chain with a spoiled part'],
      ['faults/backup/pgbackrest.test.ts', '16-19: a flipped bit and a missing file'],
    ],
    needs: 'moto for S3, pgbackrest for its kind',
  },
  {
    fault: 18,
    what: 'An object is empty, or gone, or there is one more',
    injected: 'emptied, removed and added in the repository, in each kind and both stores',
    expected: 'empty and gone: exit 3, named, "incomplete" in the list; one more: told, and no problem',
    before: 'as expected',
    tests: [
      ['faults/backup/harm.test.ts', '16-19, 21: each one that was harmed'],
      ['faults/backup/verify.test.ts', '16-18: an object %s'],
      ['faults/backup/pgbackrest.test.ts', '16-19: a flipped bit and a missing file'],
    ],
    needs: 'moto for S3',
  },
  {
    fault: 19,
    what: 'Objects of two backups, or two of one, are exchanged',
    injected:
      'the object of another backup under its name, and two objects of one swapped, in each kind and both stores',
    expected: 'verify exits 3 and names them; a restore refuses',
    before: 'as expected',
    tests: [
      ['faults/backup/harm.test.ts', '16-19, 21: each one that was harmed'],
      ['faults/backup/verify.test.ts', '19: the objects of two backups swapped'],
      ['faults/backup/incremental.test.ts', '16-19: a chain with a spoiled part'],
    ],
    needs: 'moto for S3, PostgreSQL 17 for incremental ones',
  },
  {
    fault: 20,
    what: 'Another key, or plain bytes where encryption is required',
    injected: 'another key file and none; an object and WAL in plain beside "encrypt": true',
    expected:
      'exit 3: with another key it says so and keeps no proof; what lies in plain is named, at level 0 of a backup and at level 3 of its WAL',
    before: 'plain WAL passed every level where encryption was required',
    tests: [
      ['faults/backup/verify.test.ts', '20: another key than its own'],
      ['faults/backup/verify.test.ts', '20: something in plain'],
      ['faults/backup/wal-agree.test.ts', '20: WAL in plain'],
    ],
  },
  {
    fault: 21,
    what: 'A manifest is missing, edited, half, of another backup, or fits a swapped object',
    injected: 'removed, cut, copied from another label, its folder renamed, its MAC left out, its hashes made to fit',
    expected: 'missing: no backup, and told; else exit 3 that names it, and a prune leaves it for a human',
    before: 'as expected',
    tests: [
      ['faults/backup/harm.test.ts', '16-19, 21: each one that was harmed'],
      ['faults/backup/verify.test.ts', '21: no manifest: no backup'],
      ['faults/backup/verify.test.ts', '21: an object changed and its hash recomputed'],
      ['faults/backup/pgbackrest.test.ts', '21: its manifest gone'],
    ],
    needs: 'moto for S3',
  },
  {
    fault: 22,
    what: 'A WAL segment in the middle is gone',
    injected: 'removed from the archive of a real server; pgBackRest: from its repository',
    expected:
      'wal status, verify --level 3 and restore plan exit 3, name it, and agree where the window ends; wal fetch exits 255, and PostgreSQL does not promote in front of it',
    before: 'as expected; but verify --level 3 looked at one timeline only, and wal fetch exited 1, as at the end',
    tests: [
      ['faults/backup/wal-agree.test.ts', '22: a segment that is gone'],
      ['backup/wal-status.test.ts', 'ends the window before it, and is named'],
      ['faults/backup/pgbackrest.test.ts', '22: a segment after it gone'],
      ['faults/backup/wal-server.test.ts', '22: ends without promoting'],
    ],
  },
  {
    fault: 23,
    what: 'A WAL segment is empty, short, .partial only, or has another byte',
    injected: 'truncated, renamed and flipped in the archive, in its middle and at its end',
    expected:
      'the three agree that the window ends before it and say why; a short last one is no end of the archive; --check and verify --level 3 read every byte',
    before:
      'only wal status on a folder saw a short one: verify --level 3 and restore plan passed it; a short last one was taken for the end of the archive by all, and no level read what is in a segment',
    tests: [
      ['faults/backup/wal-agree.test.ts', '23: an empty segment'],
      ['faults/backup/wal-agree.test.ts', '23: a short segment'],
      ['faults/backup/wal-agree.test.ts', '23: a segment that is .partial only'],
      ['faults/backup/wal-agree.test.ts', '23: the last segment short'],
      ['faults/backup/wal-agree.test.ts', '23: a flipped byte in a segment'],
    ],
  },
  {
    fault: 24,
    what: 'WAL of another cluster, or another segment, lies under its name',
    injected: 'the header changed, and another object copied over it',
    expected: 'the three agree that the window ends before it, and name it with the reason',
    before: 'verify --level 3 and restore plan counted it as there',
    tests: [
      ['faults/backup/wal-agree.test.ts', '24: a segment of another cluster'],
      ['faults/backup/wal-agree.test.ts', '24: another segment under its name'],
    ],
  },
  {
    fault: 25,
    what: 'The history of a timeline is missing or damaged; a gap is known',
    injected: 'the history file removed, emptied and changed after a real promotion; a gap acknowledged by --ack',
    expected:
      'all three say that nobody can tell where that timeline began; an acknowledged gap raises no alarm in wal status and verify, and is a gap to restore plan',
    before:
      'verify --level 3 knew neither of histories nor of acknowledged gaps; a changed history hid its timeline without a word; an encrypted one did so in wal status; an acknowledged damaged segment stayed a problem',
    tests: [
      ['faults/backup/wal-agree.test.ts', '25: a gap that is acknowledged'],
      ['faults/backup/wal-agree.test.ts', '26, 25: a promotion is no gap'],
      ['backup/wal-status.test.ts', 'without its history says so'],
    ],
  },
  {
    fault: 26,
    what: 'A timeline is left without a gap; names roll over from FF to 00',
    injected: 'a real server whose WAL is set to begin before the roll-over, and that is promoted',
    expected: 'no alarm from any of the three; a gap on the new timeline is told by all of them',
    before: 'no false alarm; a gap on the new timeline passed verify --level 3',
    tests: [
      ['faults/backup/wal-agree.test.ts', '26: names that roll over'],
      ['faults/backup/wal-agree.test.ts', '26, 25: a promotion is no gap'],
      ['backup/wal-status.test.ts', 'leads on without a false alarm'],
    ],
  },
]
