import { addDays } from '../../src/core/date.ts';
import type { Invoice, Party, TrueAllocation } from './model.ts';
import { decided, forPerson, inFull, paymentOf, sum, type Scenario, type Scene } from './scene.ts';
import { textNamingNothing } from './texts.ts';

/** Receipts without any number: what counts is all that the verified payer may pay, and that only one explanation comes to the amount. */

export const SUMS: readonly Scenario[] = [
  {
    name: 'no reference, the only item of those for whom the payer may pay', weight: 2, play: (scene) => paidForAnother(scene, false),
  },
  {
    name: 'no reference, the only item of those for whom the payer may pay', differs: 'the payer owes the same amount itself', weight: 1, play: (scene) => paidForAnother(scene, true),
  },
  {
    name: 'no reference, the only item at its discount', weight: 2, play: (scene) => atDiscount(scene, 3),
  },
  {
    name: 'no reference, the only item at its discount', differs: 'a day after its terms', weight: 1, play: (scene) => atDiscount(scene, -1),
  },
  {
    name: 'no reference, the next instalment', weight: 1, play(scene) {
      const { world, account: { company, currency }, date } = scene;
      const party = world.newCustomer(company);
      const amount = world.amount(currency) + 3_000n;
      const first = amount / 3n;
      const invoice = world.receivable(company, party, currency, { amount, instalments: [{ date, amount: first }, { date: addDays(date, 30), amount: amount - first }] });
      return unnamed(scene, party, [{ invoice, amount: first }], true);
    },
  },
  {
    name: 'no reference, the only sum with a credit note', weight: 2, play: (scene) => withCredit(scene, 1),
  },
  {
    name: 'no reference, the only sum with a credit note', differs: 'two credit notes have that amount', weight: 1, play: (scene) => withCredit(scene, 2),
  },
  {
    name: 'no reference, one item and two payments', differs: 'the second payment', weight: 1, days: [0, 1], play(scene) {
      const { world, account: { company, currency } } = scene;
      const party = world.newCustomer(company);
      const invoice = world.receivable(company, party, currency);
      const first = unnamed(scene, party, inFull(invoice), true);
      return [first, { ...first, date: world.days[scene.day + 1]!, value_date: world.days[scene.day + 1]!, truth: { ...forPerson('none of ours', { needs: ['payer_account'] }), party } }];
    },
  },
];

function unnamed(scene: Scene, party: Party, allocations: readonly TrueAllocation[], unique: boolean): ReturnType<typeof paymentOf> {
  return paymentOf(scene, party, {
    amount: sum(allocations), text: textNamingNothing(scene.world, scene.account),
    truth: unique ? decided(['payer_account'], allocations, { otherwise: 'person' }) : forPerson(null),
  });
}

function paidForAnother(scene: Scene, own_too: boolean): ReturnType<typeof paymentOf> {
  const { world, account: { company, currency } } = scene;
  const owing = world.newCustomer(company);
  const payer = world.newCustomer(company, { pays_for: [owing.party_id] });
  const invoice = world.receivable(company, owing, currency);
  world.receivable(company, payer, currency, { amount: own_too ? invoice.amount : invoice.amount * 2n + 31n });
  return unnamed(scene, payer, inFull(invoice), !own_too);
}

/** The only invoice of somebody, paid less its discount so many days before its end. */
function atDiscount(scene: Scene, days_left: number): ReturnType<typeof paymentOf> {
  const { world, account: { company, currency }, date } = scene;
  const party = world.newCustomer(company);
  const amount = world.amount(currency);
  const discount = amount * 3n / 100n;
  const invoice = world.receivable(company, party, currency, { amount, discount_amount: discount, discount_until: addDays(date, days_left) });
  const paid = amount - discount;
  if (days_left >= 0) return unnamed(scene, party, [{ invoice, amount: paid, discount }], true);
  return paymentOf(scene, party, { amount: paid, text: textNamingNothing(world, scene.account), truth: forPerson([{ invoice, amount: paid }]) });
}

/** Two invoices less a credit note, and another invoice that is not paid. */
function withCredit(scene: Scene, credits: 1 | 2): ReturnType<typeof paymentOf> {
  const { world, account: { company, currency } } = scene;
  const party = world.newCustomer(company);
  const invoices = Array.from({ length: 3 }, () => world.receivable(company, party, currency));
  const credit = world.creditNote(company, party, currency, { amount: invoices[0]!.amount / 4n + 17n });
  if (credits === 2) world.creditNote(company, party, currency, { amount: credit.amount });
  const paid = inFull(invoices[0]!, invoices[1]!, credit);
  return unnamed(scene, party, paid, credits === 1 && waysTo(sum(paid), [...invoices, credit]) === 1);
}

/** How many sets of invoices and credit notes come to that amount. */
function waysTo(amount: bigint, items: readonly Invoice[]): number {
  const all = inFull(...items);
  let ways = 0;
  for (let set = 1; set < 2 ** all.length; set++) if (sum(all.filter((_, i) => set & 2 ** i)) === amount) ways++;
  return ways;
}
