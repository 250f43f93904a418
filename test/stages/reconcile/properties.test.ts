import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/core/evidence.ts';
import { decide } from '../../../src/stages/reconcile/decide.ts';
import { loadRuleset } from '../../../src/stages/reconcile/rules.ts';
import type { Item, Leaf } from '../../../src/stages/validate/contract.ts';
import { C1, C2, gather, item, party } from '../../helpers/evidence.ts';

/** What must hold of every decision, from the text to the outcome, by the rules as shipped. */

const RULESET = loadRuleset('rules');
const decided = (evidence: Evidence) => {
  const { outcome, reason, chosen, suggestions } = decide(evidence, RULESET, { company: 'auto', rules: {} });
  return { outcome, reason, chosen: chosen?.allocations ?? null, first: suggestions[0]?.allocations ?? null };
};

const REFERENCE = 'RF18539007547034';

/** A payment and what it may be for: amounts are few, so that they coincide. */
const amounts = fc.constantFrom(10_000n, 11_900n, 21_900n, 5_000n);
const worlds = fc.record({
  amounts: fc.array(amounts, { minLength: 1, maxLength: 5 }), paid: amounts, named: fc.integer({ min: -1, max: 4 }), more: fc.boolean(), issued: fc.boolean(),
  account: fc.constantFrom('DE89370400440532013000', 'CH9300762011623852957', null), name: fc.constantFrom('Nordwind Handel GmbH', 'NORDWIND HANDEL', 'Xaver Unbekannt', null),
});
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never;

function itemsOf(world: World): Item[] {
  return world.amounts.map((amount, i) => item(`RE-2026-0100${i}`, amount, { invoice_id: BigInt(i + 1) }));
}

function leafOf(world: World): Partial<Leaf> {
  const named = world.named >= 0 ? `RE-2026-0100${world.named}` : 'vielen Dank';
  return {
    amount: world.paid, counterparty_account: world.account, counterparty_name: world.name, remittance: world.more ? `${named} + RE-2026-01000` : named,
    structured_reference: world.issued ? REFERENCE : null,
  };
}

const REFERENCES = { 'RE-2026-01000': REFERENCE };
const outcomeOf = (world: World, items = itemsOf(world), parties = [C1, C2]) => decided(gather(leafOf(world), items, parties, REFERENCES));

describe('whatever is paid, named and shown', () => {
  test('the order of invoices and parties changes nothing', () => {
    fc.assert(fc.property(worlds, (world) => {
      expect(outcomeOf(world, itemsOf(world).toReversed(), [C2, C1])).toEqual(outcomeOf(world));
    }));
  });

  test('an unrelated invoice never changes an explicit match', () => {
    fc.assert(fc.property(worlds, amounts, (world, amount) => {
      const before = outcomeOf(world);
      fc.pre(before.outcome === 'auto' && before.reason !== 'only_item' && before.reason !== 'only_combination');
      for (const other of [item('ZZ-77-1', amount, { invoice_id: 99n, party_id: 'C2' }), item('RE-2026-07777', amount, { invoice_id: 99n })]) {
        expect(outcomeOf(world, [...itemsOf(world), other])).toEqual(before);
      }
    }));
  });

  test('a second candidate as good turns what was inferred into review', () => {
    const unnamed = worlds.map((world): World => ({ ...world, named: -1, more: false, issued: false, account: 'DE89370400440532013000' }));
    fc.assert(fc.property(unnamed, (world) => {
      const before = outcomeOf(world);
      fc.pre(before.outcome === 'auto' && (before.reason === 'only_item' || before.reason === 'only_combination'));
      expect(outcomeOf(world, [...itemsOf(world), item('RE-2026-07777', world.paid, { invoice_id: 99n })])).toMatchObject({ outcome: 'review', chosen: null });
    }));
  });

  test('more agreement never lowers the outcome', () => {
    const ways: ((of: Partial<Leaf>) => Partial<Leaf>)[] = [
      (of) => ({ ...of, counterparty_account: 'DE89370400440532013000' }), (of) => ({ ...of, counterparty_name: 'Nordwind Handel GmbH' }), (of) => ({ ...of, structured_reference: REFERENCE }),
      (of) => ({ ...of, remittance: 'Rechnung RE-2026-01000' }),
    ];
    fc.assert(fc.property(fc.array(amounts, { maxLength: 4 }), fc.subarray([0, 1, 2, 3]), fc.integer({ min: 0, max: 3 }), (others, agreed, one_more) => {
      const items = [11_900n, ...others].map((amount, i) => item(`RE-2026-0100${i}`, amount, { invoice_id: BigInt(i + 1) }));
      const bare: Partial<Leaf> = { amount: 11_900n, counterparty_account: null, counterparty_name: null, remittance: 'vielen Dank', structured_reference: null };
      const less = agreed.reduce((of, way) => ways[way]!(of), bare);
      const [before, after] = [less, ways[one_more]!(less)].map((of) => decided(gather(of, items, [C1, C2], REFERENCES)));
      if (before!.outcome === 'auto') expect(after!.outcome).toBe('auto');
    }));
  });

  test('another currency, with another number of decimals, keeps the decision', () => {
    fc.assert(fc.property(worlds, fc.constantFrom('JPY', 'KWD', 'USD'), (world, currency) => {
      const elsewhere = decided(gather({ ...leafOf(world), currency }, itemsOf(world).map((one) => ({ ...one, currency })), [C1, C2], REFERENCES));
      const here = outcomeOf(world);
      expect({ outcome: elsewhere.outcome, reason: elsewhere.reason, chosen: elsewhere.chosen?.map(({ invoice_id, amount }) => [invoice_id, amount]) ?? null })
        .toEqual({ outcome: here.outcome, reason: here.reason, chosen: here.chosen?.map(({ invoice_id, amount }) => [invoice_id, amount]) ?? null });
    }));
  });

  test('nothing is posted that does not add up, or that nobody we know has paid', () => {
    fc.assert(fc.property(worlds, (world) => {
      const { outcome, chosen } = outcomeOf(world);
      fc.pre(outcome === 'auto' && chosen!.length > 0);
      expect(chosen!.reduce((sum, part) => sum + BigInt(part.amount), 0n)).toBe(world.paid);
      expect(world.name === 'Xaver Unbekannt' && world.account !== 'DE89370400440532013000').toBe(false);
      expect(world.name === null && world.account === null).toBe(false);
    }));
  });

  test('master data that contradicts itself grounds nothing', () => {
    fc.assert(fc.property(worlds, fc.constantFrom('account', 'item', 'party', 'unknown_party'), (world, what) => {
      const parties = what === 'account' ? [C1, C2, party('C3', { accounts: [...C1.accounts!] })] : what === 'party' ? [{ ...C1, contradictory: true }, C2] : [C1, C2];
      const items = itemsOf(world).map((one) => (what === 'item' ? { ...one, contradictory: true } : what === 'unknown_party' ? { ...one, party_id: 'C8' } : one));
      const { outcome } = outcomeOf(world, items, parties);
      if (what !== 'account' || world.account === 'DE89370400440532013000') expect(outcome).not.toBe('auto');
    }));
  });
});
