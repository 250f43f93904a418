import type { AmountFit } from '../../core/evidence.ts';
import { findCombination, type Choice } from './combination.ts';
import type { Item, Leaf, Party } from './contract.ts';

/** What one item takes of an entry, and what else settles of it. Positive minor units of the item's currency, `moved` of the entry's. */
export interface ItemShare {
  item: Item;
  amount: bigint;
  moved: bigint;
  discount: bigint;
  charges: bigint;
  withholding: bigint;
}

export interface Fit {
  fit: AmountFit;
  shares: ItemShare[];
  /** More than one named difference explains the amount; the first of them is given. */
  ambiguous?: true;
}

/** +1 where settling the item moves money into the bank account, -1 where it moves money out. */
export function directionOf(item: Item): 1n | -1n {
  return item.kind === 'receivable' || item.kind === 'debit_note' ? 1n : -1n;
}

/** Whether the discount may be taken: the value date (else the booking date) is not after the last day, with no extension over weekends. */
export function discountInTime(item: Item, leaf: Leaf): boolean {
  return item.discount_amount !== null && item.discount_amount > 0n && item.discount_until !== null
    && item.open === item.amount && (leaf.value_date ?? leaf.booking_date) <= item.discount_until;
}

/**
 * The next instalment as agreed, when everything before it is settled exactly; null when the items are not there yet, none is agreed, or those
 * agreed do not add up to the invoice but for what rounding each has left.
 */
export function nextInstalment(item: Item): bigint | null {
  const lacking = item.instalments.reduce((left, { amount }) => left - amount, item.amount);
  if ((lacking < 0n ? -lacking : lacking) >= BigInt(item.instalments.length)) return null;
  let due = 0n;
  const settled = item.amount - item.open;
  for (const instalment of item.instalments) {
    if (due === settled) return instalment.amount <= item.open ? instalment.amount : null;
    due += instalment.amount;
  }
  return null;
}

/**
 * How the entry's amount is explained by a set of open items: exactly, or by one typed difference, tried from the plainest on; where two
 * explain it, it is ambiguous.
 * `short` and `over` allocate what there is, in the order given; they are for a person.
 */
export function explainAmount(leaf: Leaf, items: readonly Item[], party: Party | undefined): Fit {
  const sign = leaf.amount < 0n ? -1n : 1n;
  const paid = leaf.amount * sign;
  const signed = (item: Item): bigint => item.open * directionOf(item) * sign;
  const full = items.map((item): ItemShare => share(item, item.open));
  const total = items.reduce((sum, item) => sum + signed(item), 0n);
  if (total === paid) return { fit: 'exact', shares: full };

  const explained: Fit[] = [];
  const discounted = items.map((item) => (discountInTime(item, leaf) ? share(item, item.open - item.discount_amount!, { discount: item.discount_amount! }) : share(item, item.open)));
  const some = sumOf(discounted) === paid ? discounted : discountedInPart(items, discounted);
  if (some !== null) explained.push({ fit: 'discount', shares: some });

  const charged = leaf.charges.reduce((sum, charge) => sum + (charge.currency === null || charge.currency === leaf.currency ? charge.amount : 0n), 0n);
  const magnitude = charged < 0n ? -charged : charged;
  if (magnitude > 0n && sign === 1n && paid + magnitude === total) {
    const last = items.length - 1;
    if (items[last]!.open > magnitude) {
      explained.push({ fit: 'charges', shares: items.map((item, i) => (i === last ? share(item, item.open - magnitude, { charges: magnitude }) : share(item, item.open))) });
    }
  }

  if (party?.withholding_rate && items.every((item) => item.open === item.amount)) {
    const withheld = items.map((item) => {
      const withholding = withholdingOf(item, party.withholding_rate!);
      return share(item, item.open - withholding, { withholding });
    });
    if (withheld.every((part) => part.amount > 0n) && sumOf(withheld) === paid) explained.push({ fit: 'withholding', shares: withheld });
  }

  if (items.length === 1 && nextInstalment(items[0]!) === paid) explained.push({ fit: 'instalment', shares: [share(items[0]!, paid)] });
  if (explained.length > 0) return explained.length === 1 ? explained[0]! : { ...explained[0]!, ambiguous: true };

  const late = items.map((item) => (item.discount_amount && item.open === item.amount ? share(item, item.open - item.discount_amount, { discount: item.discount_amount }) : share(item, item.open)));
  if (sumOf(late) === paid) return { fit: 'discount_late', shares: late.map((part) => share(part.item, part.amount)) };

  if (paid > total) return { fit: 'over', shares: total > 0n ? full : [] };
  let rest = paid;
  const shares: ItemShare[] = [];
  for (const item of items) {
    const part = signed(item) < 0n ? item.open : item.open < rest ? item.open : rest;
    if (part <= 0n) continue;
    shares.push(share(item, part));
    rest -= part * directionOf(item) * sign;
  }
  return { fit: 'short', shares };

  /** Some of the discounts, where only one choice of them leads to the amount. */
  function discountedInPart(all: readonly Item[], with_discount: readonly ItemShare[]): ItemShare[] | null {
    const choices = with_discount.filter((part) => part.discount > 0n).map((part): Choice<Item> => ({ item: part.item, ways: [part.discount * directionOf(part.item) * sign] }));
    if (choices.length < 2) return null;
    const { found, first } = findCombination(choices, total - paid);
    const taken = new Set(first?.map(({ item }) => item));
    return found !== 'one' ? null : all.map((item) => (taken.has(item) ? share(item, item.open - item.discount_amount!, { discount: item.discount_amount! }) : share(item, item.open)));
  }

  function sumOf(shares: readonly ItemShare[]): bigint {
    return shares.reduce((sum, part) => sum + part.amount * directionOf(part.item) * sign, 0n);
  }
}

/** The tax that a registered payer withholds of the gross amount, rounded half up to the minor unit. */
function withholdingOf(item: Item, rate: string): bigint {
  const [whole, fraction = ''] = rate.split('.');
  const scale = 10n ** BigInt(fraction.length) * 100n;
  const product = item.amount * BigInt(whole! + fraction);
  return (product * 2n + scale) / (scale * 2n);
}

function share(item: Item, amount: bigint, other: Partial<ItemShare> = {}): ItemShare {
  return { item, amount, moved: amount, discount: 0n, charges: 0n, withholding: 0n, ...other };
}
