import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import type { RawEntry, RawStatement } from '../../../src/core/statement.ts';
import { emptyTransaction } from '../../../src/core/statement.ts';
import { rawEntriesSchema, rawStatementSchema } from '../../../src/stages/normalize/contract.ts';
import { createNormalizer, resolveAccount } from '../../../src/stages/normalize/normalize.ts';

const EUR = { account: 'DE89370400440532013000', currency: 'EUR' };

function head(fields: Partial<RawStatement> = {}): RawStatement {
  return {
    format: 'camt.053', extractor: 'camt@1', account: null, bank: null, currency: null, statement_id: null, sequence: null, from: null, to: null,
    opening_balance: null, closing_balance: null, printed_totals: [], newest_first: false, reader_checks: [], ...fields,
  };
}

function entry(amount: string, fields: Partial<RawEntry> = {}): RawEntry {
  return {
    ...emptyTransaction(amount, null), line: 1, booking_date: '2026-03-02', value_date: null, status: 'booked', reversal: false,
    source: { page: null, line: 17 }, details: [], balance_after: null, ...fields,
  };
}

function normalize(entries: RawEntry[], fields: Partial<RawStatement> = {}, resolution = EUR) {
  const normalizer = createNormalizer(head(fields), resolution);
  return { entries: normalizer.entries(entries), statement: normalizer.finish() };
}
const codes = (of: { findings: { code: string }[] }) => of.findings.map((f) => f.code);
const failureOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, location: error.location };
    throw error;
  }
  return undefined;
};

describe('amounts and dates', () => {
  test.each([['EUR', '1234.5', 123450n], ['EUR', '-0.1000', -10n], ['JPY', '1234.00', 1234n], ['KWD', '1.234', 1234n]])('%s %s is %s minor units', (currency, amount, minor) => {
    expect(normalize([entry(amount)], {}, { account: '1', currency }).entries[0]).toMatchObject({ amount: minor, currency });
  });

  test.each([
    ['more decimals than the currency has', entry('0.123'), 'amount'],
    ['an unknown currency', entry('1', { currency: 'ZZZ' }), 'amount'],
    ['a day that does not exist', entry('1', { booking_date: '2026-02-30' }), 'booking_date'],
  ])('%s is malformed, with its place', (_, raw, field) => {
    expect(failureOf(() => normalize([raw]))).toEqual({ code: 'malformed', location: { line: 17, field } });
  });

  test('side amounts that do not fit their currency are left out and told', () => {
    const { entries } = normalize([entry('1.00', {
      instructed: { amount: '100.5', currency: 'JPY' }, charges: [{ amount: '-0.25', currency: null, bearer: 'SHAR' }, { amount: 'x', currency: 'EUR', bearer: null }],
    })]);
    expect(entries[0]).toMatchObject({ instructed: null, charges: [{ amount: -25n, currency: 'EUR', bearer: 'SHAR' }] });
    expect(codes(entries[0]!)).toEqual(['side_amount_dropped', 'side_amount_dropped']);
  });
});

describe('text and identifiers', () => {
  test('are cleaned, and words for "none" are none', () => {
    const { entries: [one] } = normalize([entry('1', {
      remittance: ' Rechnung\u0000  4711 ', end_to_end_id: 'NOTPROVIDED', customer_reference: 'nonref', bank_reference: ' B1 ',
      counterparty: { name: ' ', account: null, bank: null }, transaction_code: { domain: null, family: null, subfamily: null, proprietary: 'NTRF\u0000' },
    })]);
    expect(one).toMatchObject({
      remittance: 'Rechnung 4711', end_to_end_id: null, customer_reference: null, bank_reference: 'B1', counterparty: null, transaction_code: { proprietary: 'NTRF' },
    });
  });

  test('an IBAN with wrong check digits is kept and told, a good one is written one way, another number is left alone', () => {
    const { entries } = normalize(['DE88 3704 0044 0532 0130 00', 'de89 3704 0044 0532 0130 00', '0532013000'].map((account, i) =>
      entry('1', { line: i + 1, counterparty: { name: 'A', account, bank: null } })));
    expect(entries.map((e) => [e.counterparty!.account, codes(e)])).toEqual([
      ['DE88 3704 0044 0532 0130 00', ['iban_invalid']], ['DE89370400440532013000', []], ['0532013000', []],
    ]);
  });

  test('a structured reference comes from its field, else from the text when just one stands there unmistakably', () => {
    const { entries } = normalize([
      entry('1', { structured_reference: '123 4561', remittance: 'RF18 5390 0754 7034' }),
      ...['Re RF18 5390 0754 7034 Kunde 1234561', 'RF18539007547034 und RF712348231', 'Kunde 1234561'].map((remittance) => entry('1', { remittance })),
    ]);
    expect(entries.map((e) => e.structured_reference)).toEqual(['123 4561', 'RF18539007547034', null, null]);
  });
});

const batch = (details: string[], fields: Partial<RawEntry> = {}) =>
  normalize([entry('-100.00', { details: details.map((amount) => emptyTransaction(amount, null)), ...fields })]).entries[0]!;

describe('batch bookings', () => {
  test('whose details add up stay as they are', () => {
    const one = batch(['-60.00', '-40.00']);
    expect([one.details.map((d) => d.amount), codes(one)]).toEqual([[-6000n, -4000n], []]);
  });

  test('get the rest as a line for a person, or as charges where the bank says that it took just that', () => {
    const rest = batch(['-60.00', '-39.00']).details.at(-1)!;
    expect([rest.amount, codes(rest)]).toEqual([-100n, ['batch_remainder']]);
    const charged = batch(['-60.00', '-39.00'], { charges: [{ amount: '1.00', currency: 'EUR', bearer: null }] }).details.at(-1)!;
    expect([charged.amount, codes(charged), charged.charges.length]).toEqual([-100n, ['batch_charges'], 1]);
    expect(codes(batch(['-60.00', '-41.00'], { charges: [{ amount: '1.00', currency: 'EUR', bearer: null }] }).details.at(-1)!)).toEqual(['batch_remainder']);
  });

  test('with details in another currency stay one entry, with all their text', () => {
    const one = batch([], { details: [{ ...emptyTransaction('-60.00', 'USD'), remittance: 'INV 1' }, { ...emptyTransaction('-40.00', null), remittance: 'INV 2' }] });
    expect([one.details, one.remittance, codes(one)]).toEqual([[], 'INV 1 INV 2', ['batch_in_other_currency']]);
  });
});

describe('the statement', () => {
  const balances = { opening_balance: { amount: '10', date: null }, closing_balance: { amount: '12.50', date: '2026-03-03' } };

  test('ties out over chunks, with balances in minor units and the days it covers', () => {
    const normalizer = createNormalizer(head(balances), EUR);
    normalizer.entries([entry('1.25', { booking_date: '2026-03-03' })]);
    normalizer.entries([entry('1.25', { line: 2 })]);
    expect(normalizer.finish()).toMatchObject({
      ...EUR, ties_out: true, entry_count: 2, findings: [], from: '2026-03-02', to: '2026-03-03', opening_balance: { amount: 1000n }, closing_balance: { amount: 1250n },
    });
  });

  test('that does not tie out says which check failed; one without balances says that it is unproven', () => {
    const { statement } = normalize([entry('1.00')], balances);
    expect([statement.ties_out, statement.findings[0]!.code, statement.findings[0]!.detail]).toEqual([false, 'does_not_tie_out', expect.stringContaining('opening_to_closing')]);
    expect(codes(normalize([entry('1.00')]).statement)).toEqual(['unproven']);
  });

  test('takes no balance from a day after its end: it closes nothing, and no opening follows from it', () => {
    const later = { to: '2026-03-03', closing_balance: { amount: '12.50', date: '2026-03-09' } };
    const { statement } = normalize([entry('1.00')], later);
    expect([statement.opening_balance, statement.closing_balance, codes(statement)]).toEqual([null, null, expect.arrayContaining(['balance_of_another_day'])]);
    expect(normalize([entry('2.50')], { ...later, opening_balance: balances.opening_balance }).statement).toMatchObject({ ties_out: true, closing_balance: { amount: 1250n } });
  });

  test('has one finding for any number of entries outside its period or in another currency', () => {
    const odd = Array.from({ length: 3 }, (_, i) => entry('1.00', { line: i + 1, booking_date: '2026-04-01', currency: 'USD' }));
    expect(normalize(odd, { from: '2026-03-01', to: '2026-03-31' }).statement.findings.slice(0, 2)).toEqual([
      { code: 'booked_outside_period', detail: 'entry 1 and 2 more' }, { code: 'entry_in_other_currency', detail: 'entry 1 and 2 more' },
    ]);
  });
});

describe('resolveAccount', () => {
  const accounts = [EUR, { account: 'DE02120300000000202051', currency: 'EUR' }, { account: 'GB29NWBK60161331926819', currency: 'GBP' }];
  const resolve = (account: string | null, currency: string | null) => resolveAccount({ account, currency }, accounts).account;

  test.each([
    ['DE89 3704 0044 0532 0130 00', null, 'DE89370400440532013000'],
    ['532013000', 'EUR', 'DE89370400440532013000'],
    ['**** 6819', null, 'GB29NWBK60161331926819'],
    [null, 'GBP', 'GB29NWBK60161331926819'],
    ['DE****', 'GBP', 'unknown_account'],
    ['DE**0', 'EUR', 'DE89370400440532013000'],
    [null, 'EUR', 'ambiguous'],
    [null, null, 'ambiguous'],
    [null, 'USD', 'ambiguous'],
    ['DE89370400440532013000', 'USD', 'unknown_account'],
    ['FR7630006000011234567890189', 'EUR', 'unknown_account'],
  ])('%s in %s: %s', (account, currency, expected) => {
    const outcome = failureOf(() => resolve(account, currency))?.code ?? resolve(account, currency);
    expect(outcome).toBe(expected);
  });

  test('a masked number that fits two accounts is ambiguous', () => {
    const two = [EUR, { account: 'DE02120300000000203000', currency: 'EUR' }];
    expect(failureOf(() => resolveAccount({ account: '***3000', currency: 'EUR' }, two))?.code).toBe('ambiguous');
  });
});

test('what comes back from storage is checked before it is used', () => {
  const stored = JSON.parse(JSON.stringify({ head: head(), entries: [entry('1.00')] }));
  expect(rawStatementSchema.parse(stored.head)).toEqual(head());
  expect(rawEntriesSchema.parse(stored.entries)).toEqual([entry('1.00')]);
  expect(rawEntriesSchema.safeParse([{ ...stored.entries[0], amount: 1 }]).success).toBe(false);
  expect(rawStatementSchema.safeParse({ ...stored.head, format: 'xml' }).success).toBe(false);
});
