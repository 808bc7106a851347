-- Wall clocks: the instant that a zone's clock shows a time.
--
-- Where the clocks are put back over midnight it comes twice, and the day begins at the first; `at time zone` takes the
-- second. A time that the clocks skip is the moment when they had moved on.

create function arxdb.clock(local timestamp, tz text) returns timestamptz
language sql stable strict parallel safe
return case when ((local at time zone tz) - interval '1 hour') at time zone tz = local
            then (local at time zone tz) - interval '1 hour' else local at time zone tz end;

-- The start of the day, week (Monday), month or year in which an instant lies.
create function arxdb.calendar_start(unit text, at timestamptz, tz text) returns timestamptz
language sql stable strict parallel safe
return arxdb.clock(date_trunc(unit, at at time zone tz), tz);

-- arxdb: verify
select 1 / (arxdb.clock('2025-10-26', 'Atlantic/Azores') = '2025-10-26 00:00:00+00')::int;
select 1 / (arxdb.calendar_start('month', '2025-03-20 10:00:00+00', 'America/New_York') = '2025-03-01 05:00:00+00')::int;

-- arxdb: down
drop function arxdb.calendar_start(text, timestamptz, text);
drop function arxdb.clock(timestamp, text);
