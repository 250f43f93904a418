import { exponentOf, parseDecimal, decimalsOf } from '../../core/money.ts';
import type { CandidateFacts } from '../../core/evidence.ts';
import { directionOf, explainAmount, type Fit, type ItemShare } from './amount-fit.ts';
import type { Item, Leaf, Party } from './contract.ts';

/**
 * An entry that pays an invoice in another currency: what the bank shows of the exchange says what was paid in the invoice's own. The
 * instructed (or counter) amount is taken as it stands; where only the rate is shown, it must lead from the invoices' sum to the entry's
 * amount, to the minor unit, in the one direction or the other.
 */
export interface ExchangedFit extends Fit {
  exchange: CandidateFacts['exchange'];
}

/** How the entry's amount is explained by items of one currency, its own or another that the bank shows; `none` of several currencies. */
export function explainItems(leaf: Leaf, items: readonly Item[], party: Party | undefined): ExchangedFit {
  const { currency } = items[0]!;
  if (items.some((item) => item.currency !== currency)) return { fit: 'none', shares: [], exchange: 'none' };
  if (currency === leaf.currency) return { ...explainAmount(leaf, items, party), exchange: 'none' };
  const view = exchangedLeaf(leaf, currency) ?? leafByRate(leaf, items);
  if (view === null) return { fit: 'none', shares: [], exchange: 'none' };
  return { ...moveInEntryCurrency(leaf, view.leaf, explainAmount(view.leaf, items, party)), exchange: view.exchange };
}

interface View { leaf: Leaf; exchange: 'instructed' | 'rate' }

/** The entry as it was instructed in the currency; null where the bank does not show that. */
export function exchangedLeaf(leaf: Leaf, currency: string): View | null {
  const { instructed } = leaf;
  if (instructed === null || instructed.currency !== currency || currency === leaf.currency || instructed.amount === 0n) return null;
  const amount = instructed.amount < 0n === leaf.amount < 0n ? instructed.amount : -instructed.amount;
  return { leaf: { ...leaf, amount, currency, charges: leaf.charges.filter((charge) => charge.currency === currency) }, exchange: 'instructed' };
}

function leafByRate(leaf: Leaf, items: readonly Item[]): View | null {
  const { currency } = items[0]!;
  const sum = items.reduce((total, item) => total + item.open * directionOf(item), 0n);
  // Instructed in the entry's own currency, it was not this bank that has exchanged it.
  if (leaf.exchange_rate === null || leaf.instructed?.currency === leaf.currency || sum === 0n || sum > 0n !== leaf.amount > 0n || !rateLeadsTo(leaf, sum, currency)) return null;
  return { leaf: { ...leaf, amount: sum, currency, charges: [] }, exchange: 'rate' };
}

/** Banks quote units of either currency for one of the other; rounded half up, one of the two gives the entry's amount. */
function rateLeadsTo(leaf: Leaf, sum: bigint, currency: string): boolean {
  const decimals = decimalsOf(leaf.exchange_rate!);
  const rate = parseDecimal(leaf.exchange_rate!, decimals);
  const [own, other] = [exponentOf(leaf.currency), exponentOf(currency)];
  // Banks print a rate of 1 where they have exchanged nothing.
  if (rate === undefined || rate <= 0n || rate === 10n ** BigInt(decimals) || own === undefined || other === undefined) return false;
  const one = 10n ** BigInt(decimals);
  const of = magnitude(sum) * 10n ** BigInt(own);
  const unit = 10n ** BigInt(other);
  return [roundedRatio(of * rate, unit * one), roundedRatio(of * one, unit * rate)].includes(magnitude(leaf.amount));
}

function roundedRatio(a: bigint, b: bigint): bigint {
  return (a * 2n + b) / (b * 2n);
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

/** Each share its part of the entry's amount; what rounding leaves goes to the last, so that they add up where they do in the other currency. */
export function moveInEntryCurrency(leaf: Leaf, view: Leaf, fit: Fit): Fit {
  const sign = leaf.amount < 0n ? -1n : 1n;
  const [paid, of] = [magnitude(leaf.amount), magnitude(view.amount)];
  let left = paid;
  let left_of = of;
  const shares = fit.shares.map((share, i): ItemShare => {
    const signed = directionOf(share.item) * sign;
    left_of -= share.amount * signed;
    const moved = i === fit.shares.length - 1 && left_of === 0n ? left * signed : roundedRatio(share.amount * paid, of);
    left -= moved * signed;
    return { ...share, moved };
  });
  return { ...fit, shares };
}
