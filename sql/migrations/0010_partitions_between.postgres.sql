-- Partitions are made ahead between those of other bounds since 0003; the number belongs to TimescaleDB's chunks.

-- arxdb: verify
select arxdb.ensure_partitions('candles', '2020-01-02', '2020-01-01');

-- arxdb: down
