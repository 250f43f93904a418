import { expect, it } from 'vitest';
import { gather, item } from '../../helpers/evidence.ts';

type Shown = Parameters<typeof gather>[0];

const usd = (amount: bigint, currency = 'USD') => ({ instructed: { amount, currency } });
const exchangeOf = (of: Shown): string => {
  const { instructed } = of;
  return gather({ remittance: 'RE-1001', ...of }, [item('RE-1001', instructed!.amount, { currency: instructed!.currency })]).candidates[0]!.facts.exchange;
};

it.each<[string, Shown]>([
  ['units of the entry\'s currency for one', { amount: 92_000n, ...usd(100_000n), exchange_rate: '0.92' }],
  ['units of the other for one', { amount: 92_000n, ...usd(100_000n), exchange_rate: '1.086957' }],
  ['a rate printed with few digits', { amount: 92_345n, ...usd(100_000n), exchange_rate: '0.92' }],
  ['a rate of 1, which says nothing', { amount: 45_000n, ...usd(100_000n), exchange_rate: '1.0000' }],
  ['no rate', { amount: 45_000n, ...usd(100_000n) }],
  ['a hundred units', { amount: 8_790n, ...usd(100_000n, 'SEK'), exchange_rate: '8.79' }],
  ['yen, which have no decimals', { amount: 61_200n, ...usd(100_000n, 'JPY'), exchange_rate: '0.00612' }],
  ['yen the other way round', { amount: 61_200n, ...usd(100_000n, 'JPY'), exchange_rate: '163.3987' }],
  ['dinars, which have three', { amount: 30_000n, ...usd(100_000n, 'KWD'), exchange_rate: '3.0' }],
  ['charges in the entry\'s currency', { amount: 90_500n, ...usd(100_000n), exchange_rate: '0.920000', charges: [{ amount: 1_500n, currency: 'EUR', bearer: null }] }],
  ['charges in the other', { amount: 90_620n, ...usd(100_000n), exchange_rate: '0.920000', charges: [{ amount: 1_500n, currency: 'USD', bearer: null }] }],
  ['charges in a third', { amount: 90_500n, ...usd(100_000n), exchange_rate: '0.920000', charges: [{ amount: 1_500n, currency: 'CHF', bearer: null }] }],
])('the amount follows from %s', (_, of) => expect(exchangeOf(of)).toBe('instructed'));

it.each<[string, Shown]>([
  ['half of what the rate gives', { amount: 45_000n, ...usd(100_000n), exchange_rate: '0.900000' }],
  ['a few less, of which nothing is shown', { amount: 90_500n, ...usd(100_000n), exchange_rate: '0.920000' }],
  ['less than the charges explain', { amount: 88_000n, ...usd(100_000n), exchange_rate: '0.920000', charges: [{ amount: 1_500n, currency: 'EUR', bearer: null }] }],
  ['a tenth, in yen', { amount: 6_120n, ...usd(100_000n, 'JPY'), exchange_rate: '0.006120' }],
  ['ten times as much, in dinars', { amount: 300_000n, ...usd(100_000n, 'KWD'), exchange_rate: '3.0000' }],
])('%s contradicts the exchange', (_, of) => expect(exchangeOf(of)).toBe('contradicts'));
