-- What an exactly-once load needs to know of itself: who works on it, what became of each record, where it can go on.

alter table arxdb.imports
  add column updated    bigint not null default 0,
  -- The key was there with the same values.
  add column unchanged  bigint not null default 0,
  -- The key was there with other values, which were left.
  add column skipped    bigint not null default 0,
  -- Records that went into a candle together with others.
  add column merged     bigint not null default 0,
  -- All or nothing: what a killed one left is taken out, not continued.
  add column atomic     boolean not null default false,
  -- Rises whenever a run takes the import over; a batch of an earlier owner is refused.
  add column claim      int not null default 0,
  -- Rows it had left out went when the import that held them was undone: the same file adds what is missing.
  add column incomplete boolean not null default false,
  -- The user's own name for what comes through a pipe.
  add column import_key text;
-- arxdb: allow index-blocks-writes: one row an import, and no load begins before its schema is there
create unique index imports_key on arxdb.imports (import_key)
  where import_key is not null and state in ('loading', 'done');

alter table arxdb.import_batches
  add column line_from     bigint,
  add column line_to       bigint,
  -- SHA-256 of the content up to byte_to: proves that a file is still the one this was read from.
  add column prefix_sha256 bytea,
  add column updated       int not null default 0,
  add column unchanged     int not null default 0,
  add column duplicates    int not null default 0,
  add column skipped       int not null default 0,
  add column rejected      int not null default 0,
  add column merged        int not null default 0;

-- When the source saw the row, where the file says so: the newer of two versions of a candle is the one seen later.
alter table arxdb.prices add column observed_at timestamptz;
alter table arxdb.candles add column observed_at timestamptz;
alter table arxdb.analytics add column observed_at timestamptz;

-- arxdb: verify
select updated, unchanged, skipped, merged, atomic, claim, incomplete, import_key from arxdb.imports limit 0;
select line_from, line_to, prefix_sha256, rejected from arxdb.import_batches limit 0;
select observed_at from arxdb.prices limit 0;
select observed_at from arxdb.candles limit 0;
select observed_at from arxdb.analytics limit 0;

-- arxdb: down
alter table arxdb.analytics drop column observed_at;
alter table arxdb.candles drop column observed_at;
alter table arxdb.prices drop column observed_at;
alter table arxdb.import_batches drop column line_from, drop column line_to, drop column prefix_sha256, drop column updated,
  drop column unchanged, drop column duplicates, drop column skipped, drop column rejected, drop column merged;
drop index arxdb.imports_key;
alter table arxdb.imports drop column updated, drop column unchanged, drop column skipped, drop column merged,
  drop column atomic, drop column claim, drop column incomplete, drop column import_key;
