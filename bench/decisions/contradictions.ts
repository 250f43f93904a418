import { addDays } from '../../src/core/date.ts';
import type { World } from './world.ts';
import { forPerson, inFull, naming, paymentOf, type Scenario, type Scene } from './scene.ts';

/** Master data that contradicts itself is never the ground of an automatic decision: twins of an invoice named by its number. */
export const MASTER_DATA: readonly Scenario[] = [
  {
    name: 'an invoice number in the text', differs: 'its due date lies before its issue date', weight: 1,
    play: (scene) => named(scene, { issue_date: addDays(scene.date, -10), due_date: addDays(scene.date, -20) }),
  },
  {
    name: 'an invoice number in the text', differs: 'its discount is larger than its amount', weight: 1,
    play: (scene) => named(scene, { amount: 5_000n, discount_amount: 6_000n, discount_until: addDays(scene.date, 5) }),
  },
  {
    name: 'an invoice number in the text', differs: 'the payer\'s account on file has wrong check digits', weight: 1, play(scene) {
      const { world, account: { company, currency } } = scene;
      const right = world.account('DE');
      const wrong = `DE${String((Number(right.slice(2, 4)) + 1) % 97).padStart(2, '0')}${right.slice(4)}`;
      const party = world.newCustomer(company, { accounts: [wrong] });
      const invoice = world.receivable(company, party, currency);
      const { text, written } = naming(scene, invoice);
      // Where the account is not shown, nothing rests on it.
      return paymentOf(scene, party, { amount: invoice.amount, text, truth: forPerson(inFull(invoice), { written, needs: ['account'] }) });
    },
  },
];

function named(scene: Scene, terms: Parameters<World['receivable']>[3]): ReturnType<typeof paymentOf> {
  const { world, account: { company, currency } } = scene;
  const party = world.customer(company);
  const invoice = world.receivable(company, party, currency, terms);
  const { text, written } = naming(scene, invoice);
  return paymentOf(scene, party, { amount: invoice.amount, text, truth: forPerson(inFull(invoice), { written }) });
}
