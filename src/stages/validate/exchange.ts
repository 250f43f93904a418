import { exponentOf, parseDecimal, decimalsOf } from '../../core/money.ts';
import type { CandidateFacts } from '../../core/evidence.ts';
import { directionOf, explainAmount, type Fit, type ItemShare } from './amount-fit.ts';
import type { Item, Leaf, Party } from './contract.ts';

/**
 * An entry that pays an invoice in another currency: what the bank shows of the exchange says what was paid in the invoice's own. The
 * instructed (or counter) amount is taken as it stands; where only the rate is shown, it must lead from the invoices' sum to the entry's
 * amount, to the minor unit, in the one direction or the other. Where both are shown, the entry's amount must follow from them.
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

/** The entry in another currency, and how that is known. */
export interface View { leaf: Leaf; exchange: Exclude<CandidateFacts['exchange'], 'none'> }

/** The entry as it was instructed in the currency; null where the bank does not show that. */
export function exchangedLeaf(leaf: Leaf, currency: string): View | null {
  const { instructed } = leaf;
  if (instructed === null || instructed.currency !== currency || currency === leaf.currency || instructed.amount === 0n) return null;
  const amount = instructed.amount < 0n === leaf.amount < 0n ? instructed.amount : -instructed.amount;
  return { leaf: { ...leaf, amount, currency, charges: leaf.charges.filter((charge) => charge.currency === currency) }, exchange: contradictsItself(leaf, currency, amount) ? 'contradicts' : 'instructed' };
}

/** Some currencies are quoted for a hundred or a thousand units. */
const QUOTED_UNITS = [1n, 100n, 1_000n];

/**
 * Whether the entry's amount cannot follow from the amount in the other currency and the rate that is printed beside it, in either direction:
 * within one unit of the rate's last digit, the charges shown, and a minor unit of rounding in each currency.
 */
function contradictsItself(leaf: Leaf, currency: string, instructed: bigint): boolean {
  const rate = rateOf(leaf);
  const [own, other] = [exponentOf(leaf.currency), exponentOf(currency)];
  // What charges in a third currency are worth is not shown.
  if (rate === null || own === undefined || other === undefined || leaf.charges.some((charge) => charge.currency !== null && charge.currency !== leaf.currency && charge.currency !== currency)) return false;
  // Both amounts in units of the smaller minor unit there is, so that they compare.
  const decimals = own > other ? own : other;
  const range = (amount: bigint, exponent: number, counts: (charged: string) => boolean): [bigint, bigint] => {
    const scale = 10n ** BigInt(decimals - exponent);
    const off = leaf.charges.reduce((sum, charge) => sum + (counts(charge.currency ?? leaf.currency) ? magnitude(charge.amount) : 0n), 1n);
    return [(magnitude(amount) - off) * scale, (magnitude(amount) + off) * scale];
  };
  const paid = range(leaf.amount, own, (charged) => charged === leaf.currency);
  const shown = range(instructed, other, (charged) => charged === currency);
  const leads = ([from_least, from_most]: [bigint, bigint], [to_least, to_most]: [bigint, bigint], units: bigint): boolean =>
    from_most * (rate.units + 1n) >= to_least * rate.one * units && from_least * (rate.units - 1n) <= to_most * rate.one * units;
  return !QUOTED_UNITS.some((units) => leads(shown, paid, units) || leads(paid, shown, units));
}

/** The rate in units of its last printed digit, of which `one` make 1; null where there is none or it says nothing. */
function rateOf({ exchange_rate }: Leaf): { units: bigint; one: bigint } | null {
  if (exchange_rate === null) return null;
  const decimals = decimalsOf(exchange_rate);
  const units = parseDecimal(exchange_rate, decimals);
  const one = 10n ** BigInt(decimals);
  // Banks print a rate of 1 where they have exchanged nothing.
  return units === undefined || units <= 0n || units === one ? null : { units, one };
}

function leafByRate(leaf: Leaf, items: readonly Item[]): View | null {
  const { currency } = items[0]!;
  const sum = items.reduce((total, item) => total + item.open * directionOf(item), 0n);
  // Instructed in the entry's own currency, it was not this bank that has exchanged it.
  if (leaf.instructed?.currency === leaf.currency || sum === 0n || sum > 0n !== leaf.amount > 0n || !rateLeadsTo(leaf, sum, currency)) return null;
  return { leaf: { ...leaf, amount: sum, currency, charges: [] }, exchange: 'rate' };
}

/** Banks quote units of either currency for one of the other; rounded half up, one of the two gives the entry's amount. */
function rateLeadsTo(leaf: Leaf, sum: bigint, currency: string): boolean {
  const rate = rateOf(leaf);
  const [own, other] = [exponentOf(leaf.currency), exponentOf(currency)];
  if (rate === null || own === undefined || other === undefined) return false;
  const of = magnitude(sum) * 10n ** BigInt(own);
  const unit = 10n ** BigInt(other);
  return [roundedRatio(of * rate.units, unit * rate.one), roundedRatio(of * rate.one, unit * rate.units)].includes(magnitude(leaf.amount));
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
