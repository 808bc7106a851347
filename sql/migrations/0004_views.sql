-- The names people know: crypto_prices, crypto_ohlcv and crypto_market_analytics, to read and to write by hand.
--
-- arxdb's own statements resolve market ids first and never join through these.

create view public.crypto_prices as
  select m.coin_id, c.symbol, m.exchange_id, p.price as usd_price, p.btc_price, p.eth_price, p.market_cap, p.volume_24h,
         p.change_24h, p.change_7d, p.timestamp as last_updated, i.source, i.attribution
    from arxdb.prices p
    join arxdb.markets m using (market_id)
    join arxdb.coins c using (coin_id)
    left join arxdb.imports i using (import_id)
    -- The column is named usd_price: a price in euro must not pass for one in dollars.
    where m.quote = 'USD' and m.timeframe = 'tick';

create view public.crypto_ohlcv as
  select m.coin_id, c.symbol, m.exchange_id, k.timestamp, k.open as open_price, k.high as high_price,
         k.low as low_price, k.close as close_price, k.volume, m.timeframe, i.source, i.attribution,
         -- Behind the known columns: without the quote, BTC/USD and BTC/USDC of one exchange are one market.
         m.quote, k.quote_volume, k.trades
    from arxdb.candles k
    join arxdb.markets m using (market_id)
    join arxdb.coins c using (coin_id)
    left join arxdb.imports i using (import_id);

create view public.crypto_market_analytics as
  select a.timestamp, a.exchange_id, a.total_market_cap, a.total_volume, a.btc_dominance, a.eth_dominance,
         a.active_cryptocurrencies, a.markets, a.market_cap_change_24h, i.source, i.attribution
    from arxdb.analytics a
    left join arxdb.imports i using (import_id);

create function arxdb.insert_crypto_prices() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform arxdb.make_room('prices', new.last_updated);
  insert into arxdb.prices (market_id, import_id, timestamp, price, btc_price, eth_price, market_cap, volume_24h,
                            change_24h, change_7d)
    values (arxdb.market(new.coin_id, new.symbol, new.exchange_id, 'USD', 'tick'),
            arxdb.manual_import(new.source, new.attribution), new.last_updated, new.usd_price, new.btc_price,
            new.eth_price, new.market_cap, new.volume_24h, new.change_24h, new.change_7d);
  return new;
end
$$;

create function arxdb.insert_crypto_ohlcv() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform arxdb.make_room('candles', new.timestamp);
  insert into arxdb.candles (market_id, import_id, timestamp, open, high, low, close, volume, quote_volume, trades)
    values (arxdb.market(new.coin_id, new.symbol, new.exchange_id, coalesce(new.quote, 'USD'), new.timeframe),
            arxdb.manual_import(new.source, new.attribution), new.timestamp, new.open_price, new.high_price,
            new.low_price, new.close_price, new.volume, new.quote_volume, new.trades);
  return new;
end
$$;

create function arxdb.insert_crypto_market_analytics() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform arxdb.make_room('analytics', new.timestamp);
  insert into arxdb.exchanges (exchange_id) values (lower(coalesce(new.exchange_id, 'global'))) on conflict do nothing;
  insert into arxdb.analytics (exchange_id, import_id, timestamp, total_market_cap, total_volume, btc_dominance,
                               eth_dominance, active_cryptocurrencies, markets, market_cap_change_24h)
    values (lower(coalesce(new.exchange_id, 'global')), arxdb.manual_import(new.source, new.attribution),
            new.timestamp, new.total_market_cap, new.total_volume, new.btc_dominance, new.eth_dominance,
            new.active_cryptocurrencies, new.markets, new.market_cap_change_24h);
  return new;
end
$$;

create trigger insert_by_hand instead of insert on public.crypto_prices
  for each row execute function arxdb.insert_crypto_prices();
create trigger insert_by_hand instead of insert on public.crypto_ohlcv
  for each row execute function arxdb.insert_crypto_ohlcv();
create trigger insert_by_hand instead of insert on public.crypto_market_analytics
  for each row execute function arxdb.insert_crypto_market_analytics();

-- arxdb: verify
select usd_price, last_updated from public.crypto_prices limit 0;
select close_price, timeframe from public.crypto_ohlcv limit 0;
select total_market_cap from public.crypto_market_analytics limit 0;

-- arxdb: down
drop view public.crypto_prices, public.crypto_ohlcv, public.crypto_market_analytics;
drop function arxdb.insert_crypto_prices();
drop function arxdb.insert_crypto_ohlcv();
drop function arxdb.insert_crypto_market_analytics();
