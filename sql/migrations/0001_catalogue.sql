-- Coins, exchanges, markets, and the ledger of imports.
--
-- Every table of arxdb lives in the schema arxdb; the names a user knows (crypto_prices, ...) are views in public.

create schema if not exists arxdb;

-- coin_id is the source's own slug where it has one: 25 symbols of a single CoinMarketCap dump belong to several coins.
create table arxdb.coins (
  coin_id     text collate "C" primary key check (coin_id <> ''),
  symbol      text collate "C",
  name        text,
  -- The id was made from a symbol that no list knows; `coins merge` joins it to the right one later.
  provisional boolean not null default false,
  created_at  timestamptz not null default now()
);
create index coins_symbol on arxdb.coins (symbol);

-- Well-known symbols, and what they stand for. Not a foreign key: a coin's row comes with its first market.
create table arxdb.coin_aliases (
  alias   text collate "C" primary key check (alias = upper(alias)),
  coin_id text collate "C" not null,
  symbol  text collate "C" not null,
  name    text not null
);

insert into arxdb.coin_aliases (alias, coin_id, symbol, name) values
  ('BTC', 'bitcoin', 'BTC', 'Bitcoin'),
  ('XBT', 'bitcoin', 'BTC', 'Bitcoin'),
  ('XXBT', 'bitcoin', 'BTC', 'Bitcoin'),
  ('ETH', 'ethereum', 'ETH', 'Ethereum'),
  ('XETH', 'ethereum', 'ETH', 'Ethereum'),
  ('USDT', 'tether', 'USDT', 'Tether'),
  ('USDC', 'usd-coin', 'USDC', 'USD Coin'),
  ('DAI', 'dai', 'DAI', 'Dai'),
  ('TUSD', 'true-usd', 'TUSD', 'TrueUSD'),
  ('BUSD', 'binance-usd', 'BUSD', 'Binance USD'),
  ('BNB', 'binancecoin', 'BNB', 'BNB'),
  ('XRP', 'ripple', 'XRP', 'XRP'),
  ('XXRP', 'ripple', 'XRP', 'XRP'),
  ('SOL', 'solana', 'SOL', 'Solana'),
  ('ADA', 'cardano', 'ADA', 'Cardano'),
  ('DOGE', 'dogecoin', 'DOGE', 'Dogecoin'),
  ('XDG', 'dogecoin', 'DOGE', 'Dogecoin'),
  ('TRX', 'tron', 'TRX', 'TRON'),
  ('TON', 'the-open-network', 'TON', 'Toncoin'),
  ('AVAX', 'avalanche-2', 'AVAX', 'Avalanche'),
  ('SHIB', 'shiba-inu', 'SHIB', 'Shiba Inu'),
  ('PEPE', 'pepe', 'PEPE', 'Pepe'),
  ('DOT', 'polkadot', 'DOT', 'Polkadot'),
  ('LINK', 'chainlink', 'LINK', 'Chainlink'),
  ('MATIC', 'matic-network', 'MATIC', 'Polygon'),
  ('LTC', 'litecoin', 'LTC', 'Litecoin'),
  ('XLTC', 'litecoin', 'LTC', 'Litecoin'),
  ('BCH', 'bitcoin-cash', 'BCH', 'Bitcoin Cash'),
  ('XLM', 'stellar', 'XLM', 'Stellar'),
  ('XXLM', 'stellar', 'XLM', 'Stellar'),
  ('XMR', 'monero', 'XMR', 'Monero'),
  ('XXMR', 'monero', 'XMR', 'Monero'),
  ('ETC', 'ethereum-classic', 'ETC', 'Ethereum Classic'),
  ('ZEC', 'zcash', 'ZEC', 'Zcash'),
  ('XZEC', 'zcash', 'ZEC', 'Zcash'),
  ('DASH', 'dash', 'DASH', 'Dash'),
  ('EOS', 'eos', 'EOS', 'EOS'),
  ('NEO', 'neo', 'NEO', 'NEO'),
  ('XTZ', 'tezos', 'XTZ', 'Tezos'),
  ('ATOM', 'cosmos', 'ATOM', 'Cosmos Hub'),
  ('UNI', 'uniswap', 'UNI', 'Uniswap'),
  ('AAVE', 'aave', 'AAVE', 'Aave'),
  ('MKR', 'maker', 'MKR', 'Maker'),
  ('FIL', 'filecoin', 'FIL', 'Filecoin'),
  ('ALGO', 'algorand', 'ALGO', 'Algorand'),
  ('NEAR', 'near', 'NEAR', 'NEAR Protocol'),
  ('ICP', 'internet-computer', 'ICP', 'Internet Computer'),
  ('APT', 'aptos', 'APT', 'Aptos'),
  ('ARB', 'arbitrum', 'ARB', 'Arbitrum'),
  ('OP', 'optimism', 'OP', 'Optimism'),
  ('SUI', 'sui', 'SUI', 'Sui'),
  ('WBTC', 'wrapped-bitcoin', 'WBTC', 'Wrapped Bitcoin'),
  ('WETH', 'weth', 'WETH', 'WETH');

create table arxdb.exchanges (
  exchange_id text collate "C" primary key check (exchange_id = lower(exchange_id) and exchange_id <> ''),
  -- An aggregator's figure already mixes venues: it answers `price`, and never counts in a combined figure.
  kind        text not null default 'venue' check (kind in ('venue', 'aggregator'))
);

insert into arxdb.exchanges (exchange_id, kind) values
  ('coingecko', 'aggregator'),
  ('coinmarketcap', 'aggregator'),
  ('coinpaprika', 'aggregator'),
  ('cryptocompare', 'aggregator'),
  ('etherscan', 'aggregator'),
  ('investing', 'aggregator'),
  ('messari', 'aggregator'),
  ('tradingview', 'aggregator'),
  ('yahoo', 'aggregator'),
  ('global', 'aggregator');

-- Identity only. Counts and newest bars are derived when asked (a probe costs microseconds); kept, they deadlock and drift.
-- timeframe is 'tick' for prices, else the candle's width: 1m, 1h, 1d ...
create table arxdb.markets (
  market_id   int generated always as identity primary key,
  coin_id     text collate "C" not null references arxdb.coins on update cascade,
  exchange_id text collate "C" not null references arxdb.exchanges,
  quote       text collate "C" not null check (quote = upper(quote) and quote <> ''),
  timeframe   text collate "C" not null check (timeframe ~ '^(tick|[1-9][0-9]*[smhdwM])$'),
  unique (coin_id, exchange_id, quote, timeframe)
);

-- One row per import: a file's content under one mapping, or the rows one source wrote by hand ('manual').
create table arxdb.imports (
  import_id      int generated always as identity primary key,
  state          text not null check (state in ('loading', 'done', 'failed', 'undone', 'manual')),
  target         text not null check (target in ('prices', 'candles', 'analytics', 'any')),
  source         text not null,
  attribution    text not null,
  file_name      text,
  -- Of the decompressed bytes, so that a file and its gzip are the same import.
  content_sha256 bytea,
  content_bytes  bigint,
  -- Of how columns were read: the same file under another mapping is another import.
  mapping_sha256 bytea,
  mapping        jsonb,
  rows_read      bigint not null default 0,
  inserted       bigint not null default 0,
  duplicates     bigint not null default 0,
  rejected       bigint not null default 0,
  first_at       timestamptz,
  last_at        timestamptz,
  started_at     timestamptz not null default now(),
  finished_at    timestamptz,
  arxdb_version  text
);
-- A failed or undone import may be repeated; a finished or running one may not.
create unique index imports_content on arxdb.imports (content_sha256, mapping_sha256) where state in ('loading', 'done');
create unique index imports_manual on arxdb.imports (source, attribution) where state = 'manual';

-- Byte ranges of the content that are in; written in the transaction that writes their rows.
create table arxdb.import_batches (
  import_id    int not null references arxdb.imports on delete cascade,
  byte_from    bigint not null,
  byte_to      bigint not null check (byte_to > byte_from),
  rows_read    int not null,
  inserted     int not null,
  committed_at timestamptz not null default now(),
  primary key (import_id, byte_from)
);

-- Width of a timeframe in seconds; null for 'tick'. A month counts 30 days: only used to order and to compare.
create function arxdb.timeframe_seconds(timeframe text) returns int
language sql immutable strict parallel safe
return case when timeframe <> 'tick' then
  substring(timeframe from '^[0-9]+')::int
  * case right(timeframe, 1)
      when 's' then 1 when 'm' then 60 when 'h' then 3600 when 'd' then 86400 when 'w' then 604800 when 'M' then 2592000
    end
end;

-- The coin a bare symbol stands for: the shipped list, else the one coin that carries it, else its lower case.
-- Raises when several coins carry it.
create function arxdb.coin_of_symbol(asked text) returns text
language plpgsql stable strict
set search_path = pg_catalog, pg_temp
as $$
declare
  found text[];
  known text := (select coin_id from arxdb.coin_aliases where alias = upper(asked));
begin
  if known is not null then
    return known;
  end if;
  select array_agg(coin_id order by coin_id) into found from arxdb.coins where symbol = upper(asked);
  if cardinality(found) > 1 then
    raise exception 'symbol "%" belongs to several coins: %', upper(asked), array_to_string(found, ', ')
      using errcode = 'cardinality_violation', hint = 'name the coin by its id';
  end if;
  return coalesce(found[1], lower(asked));
end
$$;

-- The id of a market, made with its coin and exchange when it is new. A null coin_id is derived from the symbol.
create function arxdb.market(coin text, coin_symbol text, exchange text, quote_currency text, width text) returns int
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  the_coin text := coalesce(nullif(coin, ''), arxdb.coin_of_symbol(nullif(coin_symbol, '')));
  the_exchange text := lower(exchange);
  the_quote text := upper(quote_currency);
  id int;
begin
  if the_coin is null or the_exchange is null then
    raise exception 'a row needs a coin_id or a symbol, and an exchange_id' using errcode = 'not_null_violation';
  end if;
  select market_id into id from arxdb.markets
    where coin_id = the_coin and exchange_id = the_exchange and quote = the_quote and timeframe = width;
  if id is not null then
    return id;
  end if;
  insert into arxdb.coins (coin_id, symbol, name, provisional)
    select the_coin, coalesce(known.symbol, upper(nullif(coin_symbol, ''))), known.name,
           known.coin_id is null and nullif(coin, '') is null
      from (select) one left join lateral (
        select * from arxdb.coin_aliases a where a.coin_id = the_coin order by a.alias = a.symbol desc limit 1
      ) known on true
    on conflict do nothing;
  insert into arxdb.exchanges (exchange_id) values (the_exchange) on conflict do nothing;
  insert into arxdb.markets (coin_id, exchange_id, quote, timeframe)
    values (the_coin, the_exchange, the_quote, width) on conflict do nothing;
  -- Read again: the row may be another session's, committed since.
  select market_id into strict id from arxdb.markets
    where coin_id = the_coin and exchange_id = the_exchange and quote = the_quote and timeframe = width;
  return id;
end
$$;

-- The import that rows written by hand belong to: one per source and attribution.
create function arxdb.manual_import(by_source text, by_attribution text) returns int
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  id int;
begin
  if by_source is null and by_attribution is null then
    return null;
  end if;
  by_source := coalesce(by_source, 'unknown');
  by_attribution := coalesce(by_attribution, '');
  select import_id into id from arxdb.imports
    where state = 'manual' and source = by_source and attribution = by_attribution;
  if id is null then
    insert into arxdb.imports (state, target, source, attribution) values ('manual', 'any', by_source, by_attribution)
      on conflict do nothing;
    select import_id into strict id from arxdb.imports
      where state = 'manual' and source = by_source and attribution = by_attribution;
  end if;
  return id;
end
$$;

-- arxdb: verify
select 1 / count(*) from arxdb.coin_aliases where alias = 'BTC' and coin_id = 'bitcoin';
select 1 / (arxdb.timeframe_seconds('4h') = 14400)::int;

-- arxdb: down
drop function arxdb.manual_import(text, text);
drop function arxdb.market(text, text, text, text, text);
drop function arxdb.coin_of_symbol(text);
drop function arxdb.timeframe_seconds(text);
drop table arxdb.import_batches, arxdb.imports, arxdb.markets, arxdb.exchanges, arxdb.coin_aliases, arxdb.coins;
