import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../../../src/core/canonical-json.ts';
import { evidenceText, type Evidence } from '../../../src/core/evidence.ts';
import type { Item, Leaf } from '../../../src/stages/validate/contract.ts';
import { booksOf, C1, C2, gather as best, identify, item, party } from '../../helpers/evidence.ts';

const invoicesOf = (candidates: Evidence['candidates']) => candidates.find(({ facts }) => facts.kind === 'invoices');

describe('what the text names', () => {
  it.each(['Rechnung RE-2026-00042 vielen Dank', 're 2026 00042', 'INVOICE RE-2026-\n00042', 'RE2026 42', 'Ihre RE.2026.00042/Okt'])('finds the number in "%s"', (remittance) => {
    const { candidates, facts } = best({ remittance }, [item('RE-2026-00042', 11_900n), item('RE-2026-00043', 11_900n)]);
    expect(candidates[0]!.facts).toMatchObject({ kind: 'invoices', named_by: 'number', all_named: true, payer: 'account', amount: 'exact', unique: true });
    expect(candidates[0]!.allocations.map((part) => part.invoice_number)).toEqual(['RE-2026-00042']);
    expect(facts.named_count).toBe(1);
  });

  it.each(['Invoice 7F3A9C2B-0001 of October', '7f3a9c2b0001', 'Paid: 7F3A9C2B/0001'])('finds a number whose letters and digits alternate in "%s"', (remittance) => {
    expect(best({ remittance }, [item('7F3A9C2B-0001', 11_900n)]).candidates[0]!.facts).toMatchObject({ named_by: 'number', all_named: true });
  });

  it.each(['99 23660 00000 00155 82916 76982', '99 23660 00000 00155 82916 7698 2', '992366000000001 558291676982'])('finds our reference as it is printed and cut: "%s"', (remittance) => {
    expect(best({ remittance }, [item('4500013166', 11_900n)], [C1], { 4500013166: '992366000000001558291676982' }).candidates[0]!.facts).toMatchObject({ named_by: 'reference', all_named: true });
  });

  it('keeps two series apart that differ in Greek or Cyrillic letters alone', () => {
    const series = [item('ΤΔΑ-1042', 11_900n), item('ΤΠΥ-1042', 11_900n, { party_id: 'C2' }), item('Б-20042', 11_900n)];
    const named = (remittance: string) => best({ remittance }, series).candidates.filter(({ facts }) => facts.named_by === 'number').map(({ allocations, facts }) => [allocations[0]?.invoice_number, facts.payer]);
    expect(named('ΕΞΟΦΛΗΣΗ ΤΔΑ-1042')).toEqual([['ΤΔΑ-1042', 'account']]);
    expect(named('τιμ. ΤΠΥ 1042')).toEqual([['ΤΠΥ-1042', 'contradicts']]);
    expect(named('TDA1042')).toEqual([['ΤΔΑ-1042', 'account']]);
    expect(named('фактура Б 20042')).toEqual([['Б-20042', 'account']]);
  });

  it('counts another open invoice of the payer among what is named, though it stands without its letters', () => {
    const own = [item('INV-2026-001910', 11_900n), item('INV-2026-001913', 136_740n)];
    const told = (remittance: string, items: Item[] = own) => best({ remittance }, items).candidates.map(({ facts, allocations }) => [facts.amount, facts.all_named, allocations.map((part) => part.invoice_number).join('+')]);
    expect(told('INV2026001910 and 2026-001913')[0]).not.toEqual(['exact', true, 'INV-2026-001910']);
    // What is paid, another's, or a customer's number is no second invoice.
    expect(told('INV2026001910 and 2026-001913', [own[0]!, item('INV-2026-001913', 136_740n, { open: 0n, status: 'paid' })])[0]).toEqual(['exact', true, 'INV-2026-001910']);
    expect(told('INV2026001910 and 2026-001913', [own[0]!, item('INV-2026-001913', 136_740n, { party_id: 'C2' })])[0]).toEqual(['exact', true, 'INV-2026-001910']);
    expect(told('INV2026001910 customer 2026-001913')[0]).toEqual(['exact', true, 'INV-2026-001910']);
  });

  it('infers nothing that was issued only after the entry was booked, unless it is named', () => {
    const told = (issue_date: string, remittance: string) => best({ remittance, booking_date: '2026-10-20' }, [item('RE-1001', 11_900n, { issue_date })]).candidates[0]!.facts.undisputed;
    expect([told('2026-10-20', 'thanks'), told('2026-10-21', 'thanks'), told('2026-10-21', 'RE-1001')]).toEqual([true, false, true]);
  });

  it('takes a comma at the end for one more only where what is named does not explain the amount', () => {
    const cut = (amount: bigint) => best({ remittance: 'RE-2026-00042,', amount }, [item('RE-2026-00042', 11_900n)]).facts.text_cut;
    expect([cut(11_900n), cut(12_000n)]).toEqual([false, true]);
  });

  it('takes a contract that has the number of a reference of ours for no reference', () => {
    const told = (remittance: string) => best({ remittance }, [item('A-1', 11_900n), item('A-2', 11_900n)], [C1], { 'A-1': '2026000043' }).candidates[0]!.facts;
    expect(told('VS 2026000043')).toMatchObject({ named_by: 'reference', unique: true });
    expect(told('Smlouva 2026000043').unique).toBe(false);
  });

  it.each(['Szerződés 202600001273', 'ugovor br. 202600001273', 'Договор 202600001273', 'πελάτης 202600001273', 'NIF 202600001273'])('hears no contract, customer or tax number: "%s"', (remittance) => {
    const { candidates } = best({ remittance }, [item('202600001273', 11_900n), item('202600001274', 11_900n)]);
    expect(candidates.every(({ facts }) => !facts.unique)).toBe(true);
  });

  it('reads no stranger\'s number out of the end of a longer one by leaving out its zeros or joining a list', () => {
    const slip = best({ remittance: 'facture FA26-026229' }, [item('FA26-02629', 11_900n), item('FA26-02633', 12_000n), item('FA26-00229', 87_710n, { party_id: 'C2' })]);
    expect(slip.candidates[0]).toMatchObject({ facts: { named_by: 'typo', payer: 'account', amount: 'exact', unique: true }, allocations: [{ invoice_number: 'FA26-02629' }] });
    const items = [item('FA26-01025', 1_000n), item('FA26-01026', 2_000n), item('FA26-01027', 3_000n), item('FA26-01028', 5_901n), item('FA26-02728', 87_710n, { party_id: 'C2' })];
    const list = best({ remittance: 'facture FA26-01025/26/27/28' }, items);
    expect(list.candidates[0]!.allocations.map((part) => part.invoice_number)).toEqual(['FA26-01025', 'FA26-01026', 'FA26-01027', 'FA26-01028']);
    expect(list.candidates.every(({ facts }) => facts.payer !== 'contradicts')).toBe(true);
    // Of nobody known it is still the only thing that the text may say, and written as it stands it names whose it is.
    expect(best({ remittance: 'facture FA26-026229', counterparty_account: null, counterparty_name: null }, [item('FA26-00229', 11_900n, { party_id: 'C2' })]).candidates[0]!.facts.named_by).toBe('digits');
    expect(best({ remittance: 'facture FA26-26229' }, [item('FA26-26230', 11_900n), item('XY-26229', 11_900n, { party_id: 'C2' })]).candidates.some(({ facts }) => facts.payer === 'contradicts')).toBe(true);
  });

  it('takes the structured reference that we issued as the strongest', () => {
    const { candidates } = best({ structured_reference: 'RF18 5390 0754 7034' }, [item('17', 11_900n)], [C1], { 17: 'RF18539007547034' });
    expect(candidates[0]!.facts).toMatchObject({ named_by: 'reference', amount: 'exact' });
  });

  it('names an invoice by the stronger of its reference and its number in the text, whichever comes first', () => {
    const { candidates } = best({ structured_reference: 'RF18 5390 0754 7034', remittance: 'Rechnung RE-1001' }, [item('RE-1001', 11_900n)], [C1], { 'RE-1001': 'RF18539007547034' });
    expect(candidates[0]!.facts).toMatchObject({ named_by: 'reference', all_named: true, invoice_count: 1 });
    const { candidates: both } = best({ structured_reference: 'RF18 5390 0754 7034', remittance: 'und RE-1002', amount: 12_000n },
      [item('RE-1001', 11_900n), item('RE-1002', 100n)], [C1], { 'RE-1001': 'RF18539007547034' });
    expect(both[0]!.facts).toMatchObject({ named_by: 'number', all_named: true, invoice_count: 2 });
  });

  it('says of a return that it is one, also when what it gives back is not on the books', () => {
    const { candidates } = best({ amount: -11_900n, reversal: true, end_to_end_id: 'LS-1', remittance: 'RE-1001' }, [item('RE-1001', 11_900n, { open: 0n, status: 'paid' })]);
    expect(candidates.map((one) => one.facts.kind)).toEqual(['return']);
    expect(candidates[0]).toMatchObject({ facts: { unique: false }, reverses_decision_id: null });
  });

  it('says which invoice was paid or cancelled before, though there is nothing to settle', () => {
    const closed = [item('RE-1001', 11_900n, { open: 0n }), item('RE-1002', 11_900n, { open: 0n, status: 'cancelled' })];
    const { candidates, refused } = best({ remittance: 'RE-1001 RE-1002' }, closed);
    expect(invoicesOf(candidates)).toMatchObject({ facts: { status: 'cancelled' }, allocations: [] });
    expect(refused.map(({ invoice_number, reason }) => `${invoice_number} ${reason}`)).toEqual(['RE-1001 paid', 'RE-1002 cancelled']);
  });

  it('gives an equal number of two customers to the one that pays, and says whose the other is', () => {
    const { candidates, refused } = best({ remittance: '2026-0815' }, [item('2026-0815', 11_900n), item('2026-0815', 11_900n, { party_id: 'C2' })]);
    expect(candidates[0]!.allocations.map((part) => part.party_id)).toEqual(['C1']);
    expect(refused).toEqual([{ invoice_number: '2026-0815', party_id: 'C2', reason: 'number_of_another_party' }]);
  });

  it('refuses what amount, currency and sign gate out, with the reason', () => {
    const { candidates, refused } = best({ remittance: 'RE-1001 RE-1002' }, [item('RE-1001', 11_900n, { currency: 'USD' }), item('RE-1002', 11_900n, { kind: 'payable' })]);
    expect(refused.map((one) => one.reason).sort()).toEqual(['other_currency', 'other_direction']);
    // For a person: the whole entry may be for the one in another currency.
    expect(candidates.filter((one) => one.facts.kind === 'invoices').map((one) => [one.facts.status, one.facts.amount])).toEqual([['other_currency', 'none']]);
  });

  it('takes several all-or-nothing, credit notes with the other sign', () => {
    const items = [item('RE-1001', 10_000n), item('RE-1002', 5_000n), item('GU-0007', 3_100n, { kind: 'credit_note' })];
    const { candidates } = best({ remittance: 'RE-1001, RE-1002 abzgl. GU-0007' }, items);
    expect(candidates[0]!.facts).toMatchObject({ all_named: true, invoice_count: 3, amount: 'exact' });
    expect(candidates[0]!.allocations.map((part) => part.amount)).toEqual(['-3100', '10000', '5000']);
    // Without the credit note they are too much, and a person sees first what makes up the amount.
    const without = best({ remittance: 'RE-1001, RE-1002' }, items).candidates;
    expect(without[0]!.facts).toMatchObject({ amount: 'exact', all_named: false, named_by: 'none' });
    expect(without[1]!.facts).toMatchObject({ amount: 'short', all_named: true });
  });
});

describe('an invoice that is named and closed', () => {
  it('is no longer to be settled, and stands among the refused with the reason', () => {
    const { candidates, refused } = best({ remittance: 'RE-1001' }, [item('RE-1001', 11_900n, { open: 0n, status: 'paid' })]);
    expect(invoicesOf(candidates)).toMatchObject({ allocations: [], facts: { status: 'paid', amount: 'none' } });
    // What it settles is settled: the money stands on the payer's account, if a person says so.
    expect(candidates[0]).toMatchObject({ ledger_account: 'on_account', party_id: 'C1', reasons: ['settled_already'] });
    expect(refused).toEqual([{ invoice_number: 'RE-1001', party_id: 'C1', reason: 'paid' }]);
  });

  it('of somebody else stands behind the payer\'s own that fits', () => {
    const { candidates } = best({ remittance: 'Rechnung RG 46610-C' }, [item('RG 46601-C', 11_900n), item('RG 46605-A', 9_910n), item('RG 46610-C', 31_000n, { open: 0n, status: 'paid', party_id: 'C2' })]);
    expect(candidates[0]!.allocations.map((part) => part.invoice_number)).toEqual(['RG 46601-C']);
    expect(candidates.find(({ ledger_account }) => ledger_account === 'on_account')!.score).toBeLessThan(candidates[0]!.score);
  });
});

describe('how the amount is explained', () => {
  const discounted = item('RE-1001', 12_000n, { discount_amount: 240n, discount_until: '2026-10-30' });

  it('is a discount up to its last day by the value date, and late a day after', () => {
    expect(best({ amount: 11_760n, remittance: 'RE-1001' }, [discounted]).candidates[0]!.facts.amount).toBe('discount');
    expect(best({ amount: 11_760n, remittance: 'RE-1001', value_date: '2026-10-31' }, [discounted]).candidates[0]!.facts.amount).toBe('discount_late');
  });

  it('is charges that the bank shows, tax at the registered rate, or the next instalment', () => {
    expect(best({ amount: 11_900n, remittance: 'RE-1001', charges: [{ amount: -100n, currency: 'EUR', bearer: 'SHAR' }] }, [item('RE-1001', 12_000n)]).candidates[0]!.facts.amount).toBe('charges');
    expect(best({ amount: 9_000n, remittance: 'RE-1001' }, [item('RE-1001', 10_000n)], [party('C1', { ...C1, withholding_rate: '10' })]).candidates[0]!.facts.amount).toBe('withholding');
    const agreed = item('RE-1001', 9_000n, { open: 6_000n, instalments: ['2026-10-01', '2026-11-01', '2026-12-01'].map((date) => ({ date, amount: 3_000n })) });
    expect(best({ amount: 3_000n, remittance: 'RE-1001' }, [agreed]).candidates[0]!.facts.amount).toBe('instalment');
  });

  it('is no instalment of a plan that does not add up to the invoice, but for what rounding leaves', () => {
    const planned = (amount: bigint) => item('RE-1001', amount, { instalments: ['2026-10-01', '2026-11-01', '2026-12-01'].map((date) => ({ date, amount: 3_333n })) });
    const amounts = [9_999n, 10_000n, 10_002n, 9_996n, 13_332n].map((amount) => best({ amount: 3_333n, remittance: 'RE-1001' }, [planned(amount)]).candidates[0]!.facts.amount);
    expect(amounts).toEqual(['instalment', 'instalment', 'short', 'short', 'short']);
  });

  it('is not certain where two named differences explain it', () => {
    const withholding = [party('C1', { ...C1, withholding_rate: '2' })];
    expect(best({ amount: 11_760n, remittance: 'RE-1001' }, [discounted], withholding).candidates[0]!.facts).toMatchObject({ named_by: 'number', amount: 'discount', unique: false });
    expect(best({ amount: 11_760n }, [discounted], withholding).candidates[0]!.facts).toMatchObject({ named_by: 'none', amount: 'discount', unique: false });
    expect(best({ amount: 11_760n, remittance: 'RE-1001' }, [discounted]).candidates[0]!.facts.unique).toBe(true);
  });

  it('is short or over where no name explains the difference', () => {
    expect(best({ amount: 5_000n, remittance: 'RE-1001' }, [item('RE-1001', 12_000n)]).candidates[0]!.facts.amount).toBe('short');
    expect(best({ amount: 12_001n, remittance: 'RE-1001' }, [item('RE-1001', 12_000n)]).candidates[0]!.facts.amount).toBe('over');
  });
});

describe('without a name for it', () => {
  it('is the only item or sum of the payer with that amount', () => {
    const only = best({}, [item('RE-1001', 11_900n), item('RE-1002', 700n)]).candidates[0]!;
    expect(only.facts).toMatchObject({ named_by: 'none', unique: true, invoice_count: 1, payer: 'account' });
    const sum = best({ amount: 12_600n }, [item('RE-1001', 11_900n), item('RE-1002', 700n), item('RE-1003', 999_999n)]).candidates[0]!;
    expect(sum.facts).toMatchObject({ unique: true, invoice_count: 2, amount: 'exact' });
  });

  it('is never unique beside another item or sum of the same amount', () => {
    expect(best({}, [item('RE-1001', 11_900n), item('RE-1002', 11_900n)]).candidates.some((one) => one.facts.unique)).toBe(false);
    expect(best({}, [item('RE-1001', 11_900n), item('RE-1002', 10_000n), item('RE-1003', 1_900n)]).candidates.some((one) => one.facts.kind === 'invoices' && one.facts.unique)).toBe(false);
  });

  it.each([
    ['4711', '8888'], ['10471', 'Zahlung 88888 danke'], ['00123/2026', '00999/2026'], ['RE-2026-00042', '202600057'], ['1047110', '8888888 119,00 EUR'], ['7', '9'], ['№ 5501', 'Rechnung № 5599'],
  ])('is disputed where the text has another number like %s: %s', (number, remittance) => {
    const { candidates } = best({ remittance }, [item(number, 11_900n), item('00999/2026', 11_900n, { party_id: 'C2' })]);
    expect(invoicesOf(candidates)!.facts).toMatchObject({ named_by: 'none', unique: true, undisputed: false });
  });

  it.each(['Zahlung Oktober 2026', 'Kundennr. 88888', 'our ref 88888', 'uns. Zeichen 88888, 12.10.2026', 'thanks'])('is not disputed by what is something else: %s', (remittance) => {
    expect(invoicesOf(best({ remittance }, [item('10471', 11_900n)]).candidates)!.facts).toMatchObject({ named_by: 'none', undisputed: true });
  });

  it.each([{ structured_reference: 'VIITE 1234561' }, { remittance: 'KID 2345676' }, { remittance: 'RF18 5390 0754 7034' }])('is disputed by a reference that we never issued: %j', (of) => {
    expect(invoicesOf(best(of, [item('17', 11_900n)]).candidates)!.facts).toMatchObject({ named_by: 'none', undisputed: false });
  });

  it('is the digits behind a word for an invoice, all of them, where each is the end of one number of the payer', () => {
    const items = [item('RE-1001', 10_000n), item('RE-1002', 5_000n), item('GS-1003', 700n, { kind: 'credit_note' }), item('X-77', 1n), item('Y-77', 1n)];
    const facts = (remittance: string, amount = 15_000n, of: Partial<Leaf> = {}) => best({ remittance, amount, ...of }, items).candidates.find((one) => one.facts.named_by === 'digits')?.facts;
    expect(facts('Rechnungen 1001 und 1002')).toMatchObject({ amount: 'exact', all_named: true, unique: true, invoice_count: 2 });
    expect(facts('Rechnungen 1001 und 1003', 9_300n)).toMatchObject({ amount: 'exact', invoice_count: 2 });
    expect(facts('Rechnungen 1001, 1002 und 1004')).toBeUndefined();
    expect(facts('1001 1002')).toBeUndefined();
    expect(facts('Rechnung 077', 1n)).toBeUndefined();
    expect(facts('Rechnungen 1001 und 1002', 15_000n, { counterparty_account: null })).toBeUndefined();
  });

  it('is suspense only when account, name and text lead to nobody', () => {
    const stranger = { counterparty_name: 'Unbekannt AG', counterparty_account: 'CH9300762011623852957', remittance: 'Miete' };
    expect(best(stranger, [item('RE-1001', 11_900n)]).candidates.map((one) => one.facts.kind)).toEqual(['suspense']);
    expect(best({ ...stranger, remittance: 'RE-1001' }, [item('RE-1001', 11_900n)]).candidates.map((one) => one.facts.kind)).toEqual(['invoices']);
  });
});

describe('a number that may be read in two ways', () => {
  const items = (long: bigint, short: bigint) => [item('RE-100', short), item('RE-1001', long)];
  it('is read as the amount says, and is for a person where it says nothing', () => {
    const read = (long: bigint, short: bigint) => best({ remittance: 'Rechnung RE-100 1 Stk' }, items(long, short)).candidates.map(({ facts, allocations }) => [allocations[0]?.invoice_number, facts.unique, facts.amount])[0];
    expect(read(500n, 11_900n)).toEqual(['RE-100', true, 'exact']);
    expect(read(11_900n, 500n)).toEqual(['RE-1001', true, 'exact']);
    expect(read(11_900n, 11_900n)).toEqual(['RE-1001', false, 'exact']);
    // Of two customers' numbers the payer means its own.
    const { candidates } = best({ remittance: 'Rechnung Nr. INV-2026-00005 1. Rate' }, [item('INV-2026-00005', 11_900n), item('INV-2026-00051', 11_900n, { party_id: 'C2' })]);
    expect(candidates[0]).toMatchObject({ facts: { payer: 'account', unique: true, all_named: true }, allocations: [{ invoice_number: 'INV-2026-00005' }] });
  });

  it('is cut where the text ends in the beginning of one like it', () => {
    const cut = (remittance: string) => best({ remittance }, [item('RE-1001', 11_900n), item('RE-1002', 1n), item('RE-100', 1n)]).facts.text_cut;
    expect(['RE-1001, RE-10', 'RE-1001 RE-1', 'RE-1001, 10', 'RE-1001', 'RE-1001 RE', 'RE-1001 RE-100'].map(cut)).toEqual([true, true, false, false, false, false]);
  });
});

describe('a charge of the bank', () => {
  it('is disputed by a number whose invoice it would pay to the cent', () => {
    const fee = (amount: bigint) => best({ amount, counterparty_account: null, counterparty_name: null, remittance: 'SI-77', transaction_code: { domain: null, family: null, subfamily: null, proprietary: 'NCHG' } },
      [item('SI-77', 500n, { kind: 'payable' })]).candidates.find((one) => one.facts.kind === 'bank_charge')!.facts.undisputed;
    expect([fee(-500n), fee(-501n)]).toEqual([false, true]);
  });
});

describe('a list of numbers', () => {
  it('goes on with the whole ends of numbers, also after nothing but a space', () => {
    const items = [item('RE-1001', 10_000n), item('RE-1002', 5_000n), item('RE-2026', 1n)];
    expect(best({ remittance: 'RE 1001 1002', amount: 15_000n }, items).candidates[0]!.facts).toMatchObject({ named_by: 'number', invoice_count: 2, amount: 'exact' });
    expect(best({ remittance: 'RE 1001 10.02', amount: 10_000n }, items).candidates[0]!.facts).toMatchObject({ named_by: 'number', invoice_count: 1, amount: 'exact' });
  });

  it('is heard whole, though the end of one and the next look like a telephone number', () => {
    const { facts } = best({ remittance: '2026-0046 2026-0048 2026-0051', amount: 100n }, ['2026-0046', '2026-0048', '2026-0051'].map((number) => item(number, 10_000n)));
    expect(facts.named_count).toBe(3);
  });
});

describe('who pays', () => {
  it('sees another customer behind the number', () => {
    expect(best({ remittance: 'RE-1001' }, [item('RE-1001', 11_900n, { party_id: 'C2' })]).candidates[0]!.facts.payer).toBe('contradicts');
  });

  it('knows registered relations and factors', () => {
    expect(best({ remittance: 'RE-1001' }, [item('RE-1001', 11_900n, { party_id: 'C2' })], [party('C1', { ...C1, pays_for: ['C2'] }), C2]).candidates[0]!.facts.payer).toBe('pays_for');
    expect(best({ remittance: 'RE-1001' }, [item('RE-1001', 11_900n, { party_id: 'C2' })], [C1, party('C2', { ...C2, assigned_to_factor: 'C1' })]).candidates[0]!.facts.payer).toBe('factor');
  });

  it('reads the name at the beginning of a text that runs on, where no field has it', () => {
    const evidence = best({ counterparty_name: null, counterparty_account: null, remittance: 'NORDWIND HANDEL RE-1001 OKT' }, [item('RE-1001', 11_900n)]);
    expect(evidence.candidates[0]!.facts).toMatchObject({ payer: 'name', named_by: 'number' });
  });

  it.each([
    ['cut within a legal form of several words', ['Jasnolas Meble Krzywystaw Sp. z o.o.'], 'Jasnolas Meble Krzywystaw Sp. z ', 'RE-1001', 'name'],
    ['cut where another with the same words goes on', ['Zuiderdam Transport Nord B.V.', 'Zuiderdam Transport N.V.'], 'Zuiderdam Transport', 'RE-1001', 'unknown'],
    ['one of two that differ in their legal form alone', ['Järvi Sähkö Oy Ab', 'Järvi Sähkö Oy'], 'JAERVI SAEHKOE OY AB', 'RE-1001', 'name'],
    ['a person before a number with letters', ['Oswin Oberland'], null, 'OSWIN OBERLAND AB 1001', 'name'],
    ['a firm, of which a word that goes on is cut, before a number', ['Duinsluisers N.V.'], null, 'DUINSLUISERS INT 1001', 'unknown'],
    ['a stranger\'s that shares its first words, as many as fill a field', ['Heathforder Ashminster Foods plc'], null, 'HEATHFORDER ASHMINSTER IMPORT PLC INV 2026-1001', 'unknown'],
    ['a stranger\'s that shares more of them', ['Heathforder Ashminster Freight plc'], null, 'HEATHFORDER ASHMINSTER FREIGHT IMPORT PLC INV 2026-1001', 'unknown'],
  ])('knows a name that is %s', (_, names, counterparty_name, remittance, payer) => {
    const known = names.map((name, i) => party(`C${i + 1}`, { names: [name] }));
    const number = /\S+ ?\d+$/.exec(remittance)![0];
    const { candidates } = best({ counterparty_name, counterparty_account: null, remittance }, [item(number, 11_900n)], known);
    expect(invoicesOf(candidates)!.facts.payer).toBe(payer);
  });
});

describe('names as banks and people write them', () => {
  const shown = (counterparty_name: string | null, names: string[], remittance = 'RE-1001', of: Partial<Leaf> = {}) =>
    best({ counterparty_name, counterparty_account: null, remittance, ...of }, [item('RE-1001', 11_900n)], names.map((name, i) => party(`C${i + 1}`, { names: [name] })));
  const relation = (...args: Parameters<typeof shown>) => invoicesOf(shown(...args).candidates)!.facts.payer;

  it.each<[string | null, string, string?]>([
    ['MUELLER MASCHINENBAU', 'Müller Maschinenbau GmbH'], ['MULLER MASCHINENBAU GMBH', 'Müller Maschinenbau GmbH'], ['Müller, Hans', 'Hans Müller'],
    ['Nordwind Handelsgesellschaf', 'Nordwind Handelsgesellschaft mbH'], ['Moorleben Stahlhandel UG (haftungsbeschr', 'Moorleben Stahlhandel UG (haftungsbeschränkt)'],
    ['Montcourt Uhlenbrock Plomberie e', 'Montcourt Uhlenbrock Plomberie et Fils SARL'], ['NORDWIND HANDEL GMBH RE-1001', 'Nordwind Handel GmbH', ''],
    [null, 'Nordwind Handel GmbH', 'NORDWIND HANDEL RECHNUNG RE-1001'], [null, 'Natisés Ingénierie et Fils', 'NATISES INGENIERIE ET FILS RE-NR RE-1001'], [null, 'Nordwind Handel GmbH', 'Nordwind Handel GmbH Zzyx RE-1001'],
    [null, 'Hauteverter Vieuxvert Transports SARL', 'HAUTEVERTER VIEUXVERT TRANSPORTS SA FACT. RE-1001'],
  ])('%s is %s', (shown_name, name, text) => expect(relation(shown_name, [name], text)).toBe('name'));

  it.each([
    ['Nordwind Handel AG', 'Nordwind Handel GmbH'], ['Nordwind Handel Service GmbH', 'Nordwind Handel GmbH'], ['Nordwind Handelsgesellschaf', 'Nordwind Handelshaus GmbH'],
  ])('%s is not %s', (shown_name, name) => expect(relation(shown_name, [name])).toBe('unknown'));

  it('takes a cut name for nobody\'s when two go on like it, and a name of two forms for that which is shown', () => {
    expect(relation('Nordwind Handelsgesellschaf', ['Nordwind Handelsgesellschaft Süd mbH', 'Nordwind Handelsgesellschaft Nord mbH'])).toBe('unknown');
    expect(relation('Keller AG', ['Keller AG', 'Keller GmbH'])).toBe('name');
    expect(relation('Keller', ['Keller AG', 'Keller GmbH'])).toBe('unknown');
    expect(relation('Ιωάννου Έπιπλα Ο. Ε.', ['Ιωάννου Έπιπλα Α.Ε.', 'Ιωάννου Έπιπλα Ο.Ε.'])).not.toBe('name');
    expect(relation('IVANOV ROSSI S. P. A.', ['Ivanov Rossi SpA', 'Ivanov Rossi S.r.l.'])).toBe('name');
    // At its beginning such letters are somebody's initials.
    expect(relation('E. V. Petrov', ['Petrov e.V.'])).not.toBe('name');
  });

  it('takes the beginning of a longer name in a text for none', () => {
    expect(shown(null, ['Nordwind Handel GmbH'], 'NORDWIND HANDEL SERVICE RE-1001').facts.counterparty_name).toBe('similar');
  });

  it('doubts an account on file under another party\'s exact name', () => {
    expect(best({ counterparty_name: 'Maison Rivage SARL', remittance: 'RE-1001' }, [item('RE-1001', 11_900n)]).candidates[0]!.facts.payer).toBe('contradicts');
  });

  it('knows an account by the national numbers of bank and account, and one that is masked by the name beside it', () => {
    const known = (of: Partial<Leaf>) => best({ remittance: 'RE-1001', ...of }, [item('RE-1001', 11_900n)]).facts.counterparty_account;
    expect(known({ counterparty_name: null, counterparty_account: '532013000', counterparty_bank: '37040044' })).toBe('known');
    expect(known({ counterparty_account: 'DE89 **** 3000' })).toBe('known');
    expect(known({ counterparty_account: 'DE89 **** 3001' })).toBe('unknown');
  });

  it('keeps apart a customer and a supplier of one name, and the customer of a factor from the factor', () => {
    const both = [party('C1', { names: ['Hans Müller'] }), party('S1', { kind: 'supplier', names: ['Hans Müller'] })];
    expect(best({ counterparty_name: 'Hans Müller', counterparty_account: null, remittance: 'RE-1001' }, [item('RE-1001', 11_900n)], both).candidates[0]!.facts.payer).toBe('name');
    expect(best({ remittance: 'RE-1001' }, [item('RE-1001', 11_900n)], [party('C1', { ...C1, assigned_to_factor: 'F1' })]).candidates[0]!.facts.payer).toBe('assigned');
  });
});

describe('decoys, lists and slips', () => {
  it('hears the numbers of dates, phones and accounts only where the amount says so', () => {
    const strangers = item('12102026', 5n, { party_id: 'C2' });
    expect(best({ remittance: 'RE-1001 vom 12.10.2026' }, [item('RE-1001', 11_900n), strangers]).candidates[0]!.facts).toMatchObject({ amount: 'exact', all_named: true });
    expect(best({ remittance: '12.10.2026' }, [item('12102026', 11_900n)]).candidates[0]!.facts).toMatchObject({ named_by: 'number', amount: 'exact' });
  });

  it.each(['Zahlung 19.10', 'Vertrag 77-84001-3', 'Bestellung 84001'])('does not hear them where the amount says the same of another item: %s', (remittance) => {
    const number = remittance.includes('84001') ? '84001' : '1910';
    const heard = best({ remittance }, [item(number, 11_900n), item('84777', 500n)]).candidates[0]!;
    expect(heard.facts).toMatchObject({ named_by: 'number', all_named: true, unique: true });
    const doubtful = best({ remittance }, [item(number, 11_900n), item('84777', 11_900n)]).candidates[0]!;
    expect(doubtful.facts).toMatchObject({ named_by: 'number', all_named: true, unique: false });
  });

  it('passes over bare digits that are a stranger\'s number where something else is named, and nowhere else', () => {
    const strangers = item('20266', 5n, { party_id: 'C2' });
    const beside = best({ remittance: 'RE-1001 20266' }, [item('RE-1001', 11_900n), strangers]);
    expect(beside.candidates[0]!.facts).toMatchObject({ amount: 'exact', all_named: true });
    expect(beside.refused).toEqual([{ invoice_number: '20266', party_id: 'C2', reason: 'number_of_another_party' }]);
    expect(best({ remittance: '20266' }, [item('RE-1001', 11_900n), strangers]).facts.named_count).toBe(1);
  });

  it.each(['RE-2026-00042/43', 'RE-2026-00042 + 43', 'RE-2026-00042 und 00043', 'RE-2026-00042, 00043', 'RE-2026-00042 u. 43', 'RE-2026-00042 oraz 43', 'RE-2026-00042 και 43'])('goes on with the end of a number: %s', (remittance) => {
    const { candidates } = best({ amount: 16_900n, remittance }, [item('RE-2026-00042', 11_900n), item('RE-2026-00043', 5_000n)]);
    expect(candidates[0]!.facts).toMatchObject({ invoice_count: 2, amount: 'exact', all_named: true });
  });

  it.each([', 2026/09-1', ' und 2026/09-999', ', 09-171', '/09-171'])('goes on with no piece of another number: 2026/09-163%s', (rest) => {
    const { facts } = best({ remittance: `2026/09-163${rest}` }, [item('2026/09-163', 11_900n), item('2026/09-109', 500n, { party_id: 'C2' }), item('2026/09-171', 700n)]);
    expect(facts.named_count).toBe(1);
  });

  it('repairs a slip only where one open item can be meant', () => {
    const typo = (items: Item[], of: Partial<Leaf> = {}) => best({ remittance: 'RE-2026-00142', ...of }, items).candidates.find(({ facts }) => facts.named_by === 'typo')?.facts;
    expect(typo([item('RE-2026-00042', 11_900n), item('RE-2026-07777', 11_900n)])).toMatchObject({ amount: 'exact', unique: true, undisputed: true });
    expect(typo([item('RE-2026-00042', 11_900n), item('RE-2026-00143', 700n)])).toMatchObject({ unique: false });
    expect(typo([item('A-26-R-00066-X', 11_900n), item('A-26-R-00077-X', 11_900n)], { remittance: 'Facture A-26-R-00056-X' })).toMatchObject({ unique: true, undisputed: true });
    expect(typo([item('2026-MAD-0109', 11_900n)], { remittance: 'Factura 2026-MAD-019' })).toMatchObject({ unique: true, undisputed: true });
    // A number that any invoice has, whoever's, is no slip.
    expect(typo([item('RE-2026-00042', 11_900n), item('RE-2026-00142', 5n, { party_id: 'C2' })])).toBeUndefined();
  });

  it('repairs a slip in a number of four digits, which many another number is near to, only where it is called an invoice\'s', () => {
    const typos = (remittance: string): Evidence['candidates'] => best({ remittance }, [item('4340', 11_900n), item('7777', 11_900n)]).candidates.filter(({ facts }) => facts.named_by === 'typo');
    expect(typos('Rechnung 4040').map(({ facts }) => facts)).toMatchObject([{ amount: 'exact', unique: true, undisputed: true }]);
    expect(typos('4040')).toEqual([]);
    // The digits of a number with letters may be another's, and are too few to be looked up.
    expect(best({ remittance: 'invoice 1138' }, [item('TPY-1137', 11_900n), item('TDA-1138', 5n, { party_id: 'C2' })]).candidates.filter(({ facts }) => facts.named_by === 'typo')).toEqual([]);
    expect(typos('Rechnung 434')).toEqual([]);
  });

  it.each([['N-3', 'N-4'], ['Rechnung 3', '4'], ['Rechnung Nr. 12', '13']])('"%s" speaks for another number than %s, though both are too short to be looked up', (remittance, number) => {
    expect(best({ remittance }, [item(number, 11_900n)]).candidates[0]!.facts).toMatchObject({ named_by: 'none', unique: true, undisputed: false });
    expect(best({ remittance: remittance.replace(/\d+/, /\d+/.exec(number)![0]) }, [item(number, 11_900n)]).candidates[0]!.facts).toMatchObject({ named_by: 'none', unique: true, undisputed: true });
  });

  it.each([['RE-2026-99999'], ['21 00000 00003 13947 14300 09017'], ['Rechnung 88123'], ['Auftrag 4500012'], ['Anzahlung']])('"%s" speaks for something else than the only item', (remittance) => {
    expect(best({ remittance }, [item('RE-2026-00042', 11_900n)]).candidates.find(({ facts }) => facts.kind === 'invoices')!.facts).toMatchObject({ named_by: 'none', unique: true, undisputed: false });
  });

  it.each([
    ['Fra. 7851', '70312'], ['lasku 407/2026', '95/2026'], ['INV 415-1-2', '71-1-2'], ['faktura FS 421/11/2026/WAW', 'FS 78/11/2026/WAW'], ['Rechnung 792', '7141'], ['FV 880363', 'R053/26'],
    ['Fattura n. 12/2026', '95/2026'],
  ])('"%s", which is no number of ours, speaks for something else than %s', (remittance, number) => {
    expect(best({ remittance }, [item(number, 11_900n)]).candidates.find(({ facts }) => facts.kind === 'invoices')!.facts).toMatchObject({ named_by: 'none', unique: true, undisputed: false });
  });

  it.each([['Rechnung 0042', '2026/0042'], ['invoice 042', 'RE-2026-00042'], ['Rechnung 10/2026', 'RE-2026-00042'], ['Miete 12/2026', '95/2026'], ['Rechnung Oktober', '95/2026']])('"%s" speaks for nothing else than %s', (remittance, number) => {
    expect(best({ remittance }, [item(number, 11_900n)]).candidates[0]!.facts).toMatchObject({ unique: true, undisputed: true });
  });

  it.each([['thank you'], ['Kd 99881 Vertrag 20043'], ['Oktober 2026']])('"%s" does not', (remittance) => {
    expect(best({ remittance }, [item('RE-2026-00042', 11_900n)]).candidates[0]!.facts).toMatchObject({ named_by: 'none', unique: true, undisputed: true });
  });

  it('leaves an amount that another item explains less the tax withheld, the charges shown or a late discount to a person', () => {
    const unique = (other: Item, of: Partial<Leaf> = {}, parties = [C1, C2]) => best(of, [item('RE-1001', 11_900n), other], parties).candidates.find(({ allocations }) => allocations[0]?.invoice_number === 'RE-1001')!.facts.unique;
    const withholding = [party('C1', { ...C1, withholding_rate: '15' })];
    expect(unique(item('RE-1002', 14_000n), {}, withholding)).toBe(false);
    expect(unique(item('RE-1002', 14_000n))).toBe(true);
    expect(unique(item('RE-1002', 12_000n), { charges: [{ amount: -100n, currency: 'EUR', bearer: 'SHAR' }] })).toBe(false);
    expect(unique(item('RE-1002', 12_000n, { discount_amount: 100n, discount_until: '2026-10-29' }))).toBe(false);
  });

  it('leaves the reference of somebody else, for all its check digits, to a person', () => {
    expect(best({ structured_reference: 'RF18539007547034' }, [item('RE-1001', 11_900n)], [C1], { 'RE-1001': 'RF712348231' }).candidates[0]!.facts.undisputed).toBe(false);
  });

  it('names all invoices of one payment order, and some discounts of several', () => {
    const order = best({ amount: -30_000n, end_to_end_id: 'PAY-1' }, [item('R1', 10_000n, { kind: 'payable' }), item('R2', 20_000n, { kind: 'payable' })], [C1], { R1: 'PAY-1', R2: 'PAY-1' });
    expect(order.candidates[0]!.facts).toMatchObject({ named_by: 'end_to_end', all_named: true, invoice_count: 2, amount: 'exact' });
    const terms = { discount_amount: 200n, discount_until: '2026-10-30' };
    const some = best({ amount: 16_800n, remittance: 'RE-1001 RE-1002' }, [item('RE-1001', 10_000n, terms), item('RE-1002', 7_000n, { ...terms, discount_amount: 140n })]);
    expect(some.candidates[0]).toMatchObject({ facts: { amount: 'discount' }, allocations: [{ discount: '200' }, { discount: '0' }] });
  });
});

describe('what a person sees first', () => {
  const suggested = (of: Partial<Leaf>, items: Item[]) => best(of, items).candidates.map(({ allocations, ledger_account }) => allocations.map((part) => part.invoice_number).join('+') || ledger_account);

  it('is what makes up the amount', () => {
    expect(suggested({ amount: 8_000n, remittance: 'RE-1001' }, [item('RE-1001', 11_900n), item('GU-7', 3_900n, { kind: 'credit_note' })])[0]).toBe('RE-1001+GU-7');
    expect(suggested({ remittance: 'RE-1001 RE-1002' }, [item('RE-1001', 11_900n), item('RE-1002', 5_000n)])[0]).toBe('RE-1001');
    expect(suggested({ remittance: 'RE-1001 u.a.' }, [item('RE-1001', 10_000n), item('RE-1002', 1_900n), item('RE-1003', 77n)])[0]).toBe('RE-1001+RE-1002');
  });

  it('is the payer\'s account where what is named is settled already or comes before any invoice', () => {
    expect(suggested({ remittance: 'RE-1001' }, [item('RE-1001', 11_900n, { open: 0n }), item('RE-1002', 11_900n)])[0]).toBe('on_account');
    expect(suggested({ remittance: 'Anzahlung' }, [item('RE-1001', 500n)])[0]).toBe('on_account');
  });

  it('is what is named with the one more that makes up the amount, and what is named alone where several could be', () => {
    const named = [item('RE-1001', 10_000n), item('RE-1002', 1_900n)];
    expect(suggested({ amount: 12_677n, remittance: 'RE-1001, RE-1002' }, [...named, item('RE-1003', 777n), item('RE-1004', 55n)])[0]).toBe('RE-1001+RE-1002+RE-1003');
    expect(suggested({ amount: 12_677n, remittance: 'RE-1001, RE-1002' }, [...named, item('RE-1003', 777n), item('RE-1004', 777n)])[0]).toBe('RE-1001+RE-1002');
  });

  it('is the item of which a little too much was paid, before the payer\'s account', () => {
    expect(suggested({ amount: 10_001n }, [item('RE-1001', 50_000n, { issue_date: '2026-01-01' }), item('RE-1002', 10_000n)])[0]).toBe('RE-1002');
    expect(suggested({ amount: 10_900n }, [item('RE-1002', 10_000n)])[0]).toBe('on_account');
  });

  it('is the item that lacks a little, before older ones', () => {
    expect(suggested({ amount: 9_900n }, [item('RE-1001', 50_000n, { issue_date: '2026-01-01' }), item('RE-1002', 10_000n)])[0]).toBe('RE-1002');
  });
});

describe('what stays the same', () => {
  it('loads no open items where a name explains the amount, so that unrelated invoices cannot change an explicit match', () => {
    const { books, shapes } = booksOf([item('RE-1001', 11_900n), item('RE-1002', 11_900n)], [C1]);
    const wanted = (of: Partial<Leaf>) => identify(of, shapes, books).wanted;
    expect(wanted({ remittance: 'RE-1001' })).toEqual([]);
    expect(wanted({})).toEqual(['C1']);
  });

  it('is the order of candidates, whatever the order of the invoices', () => {
    const items = [item('RE-1001', 11_900n), item('RE-1002', 11_900n), item('RE-1003', 11_900n)];
    const order = (list: Item[]) => best({}, list).candidates.map((one) => one.allocations.map((part) => part.invoice_number));
    expect(order(items.toReversed())).toEqual(order(items));
  });
});

describe('what normalize found about a line', () => {
  it('keeps an unexplained rest of a batch from being automatic, and takes charges for a fee', () => {
    const rest = { counterparty_name: null, counterparty_account: null, amount: -150n };
    expect(best({ ...rest, findings: [{ code: 'batch_remainder', detail: '' }] }, []).facts.needs_person).toBe(true);
    const charges = best({ ...rest, findings: [{ code: 'batch_charges', detail: '' }] }, []);
    expect(charges.facts).toMatchObject({ needs_person: false, bank_type: 'fee' });
    expect(charges.candidates[0]).toMatchObject({ ledger_account: 'bank_fees' });
  });
});

describe('the text of evidence', () => {
  it('is canonical JSON with every member', () => {
    const discounted = item('RE-1001', 12_000n, { discount_amount: 240n, discount_until: '2026-10-30' });
    for (const evidence of [
      best({ remittance: 'RE-1001 RE-1002', amount: 11_760n }, [discounted, item('RE-1002', 5n, { currency: 'USD' })]),
      best({ counterparty_name: null, counterparty_account: null, transaction_code: { domain: null, family: null, subfamily: null, proprietary: '805' } }, []),
    ]) expect(evidenceText(evidence)).toBe(canonicalJson(evidence as unknown as Json));
  });
});
