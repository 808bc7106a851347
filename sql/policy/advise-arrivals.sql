-- How long after their time the rows of the latest imports came: its newest row at its end, its oldest at its start.
-- @params  most int
-- @returns target text, rows bigint, newest float8, oldest float8
-- @locks   AccessShareLock
select
  i.target,
  i.inserted + i.updated as rows,
  extract(epoch from coalesce(l.committed_at, i.finished_at, i.started_at) - i.last_at)::float8 as newest,
  extract(epoch from coalesce(f.committed_at, i.started_at) - i.first_at)::float8 as oldest
from (
  select * from arxdb.imports
    where state in ('loading', 'done')
    order by import_id desc
    limit :most::int
) i
left join lateral (
  select b.committed_at from arxdb.import_batches b where b.import_id = i.import_id order by b.byte_from limit 1
) f on true
left join lateral (
  select b.committed_at from arxdb.import_batches b where b.import_id = i.import_id order by b.byte_from desc limit 1
) l on true
where i.first_at is not null and i.inserted + i.updated > 0
order by i.import_id desc
