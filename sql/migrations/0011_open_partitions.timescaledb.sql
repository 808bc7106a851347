-- Chunks always have both bounds: the number belongs to the partitions of plain PostgreSQL.

-- arxdb: verify
select arxdb.ensure_partitions('candles', '2020-01-02', '2020-01-01');

-- arxdb: down
