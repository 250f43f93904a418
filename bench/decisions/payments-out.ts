import { addDays } from '../../src/core/date.ts';
import type { Format } from './format.ts';
import type { Invoice, Need, Party, Payment } from './model.ts';
import { writeNumber } from './numbering.ts';
import { decided, forPerson, inFull, paymentBetween, paymentOf, sum, type Scenario, type Scene } from './scene.ts';
import { textListing, textNaming, textNamingNothing } from './texts.ts';

/** Money that goes out: our own payment runs, what suppliers collect, what comes back. */

const BY_NUMBER: readonly Need[] = ['named', 'payer'];

export const PAYMENTS_OUT: readonly Scenario[] = [
  {
    name: 'our payment order by its end-to-end id', weight: 8, play(scene) {
      const { party, invoice } = due(scene, { payment_reference: scene.world.id('E') });
      return paymentOf(scene, party, { amount: -invoice.amount, end_to_end_id: invoice.payment_reference, ...ordered(scene, invoice), truth: decided(['end_to_end_id', 'payer'], inFull(invoice)) });
    },
  },
  {
    name: 'our payment order by its end-to-end id', differs: 'the account is not the supplier\'s', weight: 3, play(scene) {
      const { party, invoice } = due(scene, { payment_reference: scene.world.id('E') });
      // Where the document shows no account, nobody can see it.
      return paymentOf(scene, party, {
        counterparty_account: scene.world.account(party.country), amount: -invoice.amount, end_to_end_id: invoice.payment_reference, ...ordered(scene, invoice),
        truth: forPerson(inFull(invoice), { needs: ['account'] }),
      });
    },
  },
  {
    name: 'our payment order by its end-to-end id', differs: 'the amount is not the one we ordered', weight: 2, play(scene) {
      const { party, invoice } = due(scene, { payment_reference: scene.world.id('E') });
      const amount = -invoice.amount - 100n;
      return paymentOf(scene, party, { amount, end_to_end_id: invoice.payment_reference, ...ordered(scene, invoice), truth: forPerson(null) });
    },
  },
  {
    name: 'a payment that names the supplier\'s number', weight: 6, play(scene) {
      const { party, invoice } = due(scene);
      const written = writeNumber(invoice.invoice_number, scene.world.random);
      return paymentOf(scene, party, { amount: -invoice.amount, text: textNaming(scene.world, scene.account, written), truth: decided(BY_NUMBER, inFull(invoice), { written: [written] }) });
    },
  },
  {
    name: 'a payment that names the supplier\'s number', differs: 'it is another supplier\'s', weight: 2, play(scene) {
      const { invoice } = due(scene);
      const other = scene.world.newSupplier(scene.account.company);
      return paymentOf(scene, other, {
        amount: -invoice.amount, text: textNaming(scene.world, scene.account, invoice.invoice_number), truth: forPerson(inFull(invoice), { written: [invoice.invoice_number] }),
      });
    },
  },
  {
    name: 'a discount of ours within its terms', weight: 2, play: (scene) => discounted(scene, 2),
  },
  {
    name: 'a discount of ours within its terms', differs: 'a day after them', weight: 1, play: (scene) => discounted(scene, -1),
  },
  {
    name: 'a debit note netted', weight: 2, play(scene) {
      const { world, account } = scene;
      const { party, invoice } = due(scene);
      const note = world.debitNote(account.company, party, account.currency, { amount: invoice.amount / 3n });
      const all = inFull(invoice, note);
      const written = [invoice.invoice_number, note.invoice_number];
      return paymentOf(scene, party, { amount: sum(all), text: textListing(world, account, written), truth: decided(BY_NUMBER, all, { written }) });
    },
  },
  {
    name: 'a batch of payment orders booked as one line', weight: 2, formats: ({ batches }) => batches, play(scene) {
      const batch = scene.world.id('B');
      return Array.from({ length: scene.world.random.int(2, 6) }, () => {
        const { party, invoice } = due(scene, { payment_reference: scene.world.id('E') });
        return paymentOf(scene, party, { batch, amount: -invoice.amount, end_to_end_id: invoice.payment_reference, truth: decided(['end_to_end_id', 'payer'], inFull(invoice)) });
      });
    },
  },
  {
    name: 'a direct debit with the supplier\'s number', weight: 4, play(scene) {
      const { party, invoice } = due(scene);
      return paymentOf(scene, party, {
        kind: 'direct_debit', amount: -invoice.amount, mandate_id: scene.world.id('M'), text: textNaming(scene.world, scene.account, invoice.invoice_number),
        truth: decided(BY_NUMBER, inFull(invoice), { written: [invoice.invoice_number] }),
      });
    },
  },
  {
    name: 'a direct debit with the supplier\'s number', differs: 'a stranger collects', weight: 2, play(scene) {
      const { invoice } = due(scene);
      const { name, account } = scene.world.stranger();
      return paymentBetween(scene, {
        name, counterparty_account: account, kind: 'direct_debit', amount: -invoice.amount, mandate_id: scene.world.id('M'), text: textNaming(scene.world, scene.account, invoice.invoice_number),
        truth: forPerson(inFull(invoice), { written: [invoice.invoice_number] }),
      });
    },
  },
  {
    name: 'a direct debit, the only item of the payee with that amount', weight: 3, play(scene) {
      const { party, invoices: [invoice] } = alone(scene);
      return paymentOf(scene, party, {
        kind: 'direct_debit', amount: -invoice!.amount, mandate_id: scene.world.id('M'), text: textNamingNothing(scene.world, scene.account),
        truth: decided(['payer_account'], inFull(invoice!), { otherwise: 'person' }),
      });
    },
  },
  {
    name: 'a direct debit, the only item of the payee with that amount', differs: 'there are two with that amount', weight: 2, play(scene) {
      const { party, invoices: [invoice] } = alone(scene);
      scene.world.payable(scene.account.company, party, scene.account.currency, { amount: invoice!.amount });
      return paymentOf(scene, party, {
        kind: 'direct_debit', amount: -invoice!.amount, mandate_id: scene.world.id('M'), text: textNamingNothing(scene.world, scene.account), truth: forPerson(null),
      });
    },
  },
  {
    name: 'paid out twice', differs: 'the second payment of one order', weight: 2, days: [0, 1], play(scene) {
      const { party, invoice } = due(scene, { payment_reference: scene.world.id('E') });
      const content = { amount: -invoice.amount, end_to_end_id: invoice.payment_reference, ...ordered(scene, invoice) };
      return [
        paymentOf(scene, party, { ...content, truth: decided(['end_to_end_id', 'payer'], inFull(invoice)) }),
        paymentOf(scene, party, { ...content, date: scene.world.days[scene.day + 1]!, truth: forPerson('none of ours', { needs: ['end_to_end_id', 'payer'] }) }),
      ];
    },
  },
  {
    name: 'a payable assigned to a factor', weight: 1, play(scene) {
      const { world, account } = scene;
      const factor = world.newSupplier(account.company);
      const party = world.newSupplier(account.company, { assigned_to_factor: factor.party_id });
      const invoice = world.payable(account.company, party, account.currency);
      const written = [invoice.invoice_number];
      return paymentOf(scene, factor, { amount: -invoice.amount, text: textNaming(world, account, invoice.invoice_number), truth: decided(BY_NUMBER, inFull(invoice), { written }) });
    },
  },
  {
    name: 'our payment comes back', weight: 3, days: [0, 1], formats: showsReturns, play: (scene) => comesBack(scene, true),
  },
  {
    name: 'our payment comes back', differs: 'with an id that we never gave', weight: 2, days: [0, 1], formats: showsReturns, play: (scene) => comesBack(scene, false),
  },
];

/** Formats with a booking type for returns and an end-to-end id. */
function showsReturns({ id }: Format): boolean {
  return id.startsWith('camt') || id.startsWith('mt940') || id === 'csv german';
}

/** An invoice of a supplier with whom there is other business. */
function due({ world, account: { company, currency } }: Scene, terms: Parameters<Scene['world']['payable']>[3] = {}): { party: Party; invoice: Invoice } {
  const party = world.supplier(company);
  return { party, invoice: world.payable(company, party, currency, terms) };
}

/** All that is due to somebody, each amount once. */
function alone({ world, account: { company, currency } }: Scene): { party: Party; invoices: Invoice[] } {
  const party = world.newSupplier(company);
  const first = world.payable(company, party, currency);
  return { party, invoices: [first, world.payable(company, party, currency, { amount: first.amount * 2n + 137n })] };
}

/** What our payment run writes into the text: the number, or nothing. */
function ordered({ world }: Scene, invoice: Invoice): { text: string } {
  return { text: world.random.pick(['', invoice.invoice_number]) };
}

function discounted(scene: Scene, days_left: number): Payment {
  const { world, date } = scene;
  const amount = world.amount(scene.account.currency);
  const discount = amount * 2n / 100n;
  const { party, invoice } = due(scene, { amount, discount_amount: discount, discount_until: addDays(date, days_left) });
  const paid = discount - amount;
  const written = [invoice.invoice_number];
  return paymentOf(scene, party, {
    amount: paid, text: textNaming(world, scene.account, invoice.invoice_number),
    truth: days_left < 0 ? forPerson([{ invoice, amount: paid }], { written }) : decided(BY_NUMBER, [{ invoice, amount: paid, discount }], { written }),
  });
}

/** The order of one day, returned on the next. */
function comesBack(scene: Scene, ours: boolean): Payment[] {
  const { party, invoice } = due(scene, { payment_reference: scene.world.id('E') });
  const end_to_end_id = invoice.payment_reference;
  return [
    paymentOf(scene, party, { amount: -invoice.amount, end_to_end_id, truth: decided(['end_to_end_id', 'payer'], inFull(invoice)) }),
    paymentOf(scene, party, {
      date: scene.world.days[scene.day + 1]!, kind: 'return', amount: invoice.amount, end_to_end_id: ours ? end_to_end_id : scene.world.id('X'),
      truth: ours ? decided(['end_to_end_id', 'booking_type'], [{ invoice, amount: invoice.amount }]) : forPerson(null),
    }),
  ];
}
