-- The whole bars of a window, and where those before them begin that a figure starts from.
-- A bar that the window cuts is none of them. Without any, `until` is not after `since`.
-- @params  from timestamptz, to timestamptz, every interval, calendar text null, tz text, before int
-- @returns read_from timestamptz, since timestamptz, until timestamptz, expected bigint
-- @locks   AccessShareLock
with widths as (
  select case when :calendar::text is null then :every::interval end as fixed
),
edges as (
  select case when fixed is not null
                then date_bin(fixed, :from::timestamptz + fixed - interval '1 microsecond', origin)
              when arxdb.calendar_start(:calendar::text, :from::timestamptz, :tz::text) = :from::timestamptz then :from::timestamptz
              else arxdb.clock(date_trunc(:calendar::text, :from::timestamptz at time zone :tz::text) + :every::interval, :tz::text) end as since,
         case when fixed is not null then date_bin(fixed, :to::timestamptz, origin)
              else arxdb.calendar_start(:calendar::text, :to::timestamptz, :tz::text) end as until,
         fixed
    from widths cross join (select timestamptz '2000-01-03 00:00:00+00' as origin) o
)
select case when fixed is not null then since - :before::int * fixed
            else arxdb.clock(date_trunc(:calendar::text, since at time zone :tz::text) - :before::int * :every::interval, :tz::text) end as read_from,
       since, until,
       case when fixed is not null then (extract(epoch from until - since) / extract(epoch from fixed))::bigint
            else (select count(*) from generate_series(date_trunc(:calendar::text, since at time zone :tz::text),
                    date_trunc(:calendar::text, until at time zone :tz::text) - interval '1 microsecond', :every::interval))
       end as expected
  from edges
