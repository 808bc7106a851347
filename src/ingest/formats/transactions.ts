// Files of a chain's transactions. They have no table yet: recognised, so that the answer is better than "unknown".
import type { Format } from './format.ts'

const instead = 'leave the file out: prices, candles and analytics can be loaded'

const refused = (name: string, title: string, why: string, needs: readonly string[]): Format => ({
  name,
  title,
  table: 'transactions',
  needs,
  columns: Object.fromEntries(needs.map((need) => [need, [need]])),
  refuse: { why, try: instead },
})

/** With the fee: the account export. Without: token transfers, several of which share a hash. */
export const etherscanExport = refused(
  'etherscan-export',
  'Etherscan account export',
  'it is an Etherscan account export',
  [...['transaction_hash', 'status', 'blockno', 'amount', 'txn_fee']],
)

export const etherscanTokens = refused(
  'etherscan-tokens',
  'Etherscan token transfers',
  'it is an Etherscan export of token transfers, which are no transactions: several may share a hash',
  ['transaction_hash', 'status', 'blockno', 'amount'],
)

export const etlTransactions = refused(
  'ethereum-etl-transactions',
  'ethereum-etl transactions',
  'it holds transactions of ethereum-etl',
  ['hash', 'nonce', 'block_number', 'from_address', 'to_address', 'value', 'gas_price'],
)

export const etlReceipts = refused(
  'ethereum-etl-receipts',
  'ethereum-etl receipts',
  'it holds receipts of ethereum-etl',
  [...['transaction_hash', 'block_number', 'cumulative_gas_used', 'gas_used']],
)

export const etlBlocks = refused('ethereum-etl-blocks', 'ethereum-etl blocks', 'it holds blocks of ethereum-etl', [
  ...['number', 'parent_hash', 'miner', 'gas_limit', 'transaction_count'],
])

export const etlTokens = refused(
  'ethereum-etl-token-transfers',
  'ethereum-etl token transfers',
  'it holds token transfers of ethereum-etl, which are no transactions: several may share a hash',
  ['token_address', 'from_address', 'to_address', 'value', 'transaction_hash', 'log_index'],
)
