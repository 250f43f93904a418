import type { Invoice, Need, Party } from './model.ts';
import { keysOf, mistype } from './numbering.ts';
import { before, decided, forPerson, inFull, listing, naming, partOf, paymentBetween, paymentOf, referring, sum, type Scenario, type Scene } from './scene.ts';
import { textNaming, textNamingNothing, textNamingOrder } from './texts.ts';

/** Money that comes in: each automatic case with twins that differ from it in one fact. */

/** SEPA: what a payer may write. 32 invoices take more than that in every numbering. */
const LONGEST_TEXT = 140;

const NAMED: readonly Need[] = ['named', 'payer'];

export const RECEIPTS: readonly Scenario[] = [
  {
    name: 'our structured reference', weight: 10, play(scene) {
      const { party, invoice } = owed(scene, { payment_reference: scene.world.reference(scene.account.company) });
      return paymentOf(scene, party, { amount: invoice.amount, ...referring(scene, invoice.payment_reference), truth: decided(NAMED, inFull(invoice), writtenIn(invoice.payment_reference)) });
    },
  },
  {
    name: 'our structured reference', differs: 'the amount is short', weight: 2, play(scene) {
      const { party, invoice } = owed(scene, { payment_reference: scene.world.reference(scene.account.company) });
      const amount = invoice.amount - BigInt(scene.world.random.pick([1, 50, 500]));
      return paymentOf(scene, party, { amount, ...referring(scene, invoice.payment_reference), truth: forPerson([{ invoice, amount }], writtenIn(invoice.payment_reference)) });
    },
  },
  {
    name: 'our structured reference', differs: 'another customer pays', weight: 2, play(scene) {
      const { invoice } = owed(scene, { payment_reference: scene.world.reference(scene.account.company) });
      const other = otherCustomer(scene, invoice.party);
      return paymentOf(scene, other, { amount: invoice.amount, ...referring(scene, invoice.payment_reference), truth: forPerson(inFull(invoice), writtenIn(invoice.payment_reference)) });
    },
  },
  {
    name: 'our structured reference', differs: 'it was never issued, for all its check digits', weight: 2, play(scene) {
      const { party } = owed(scene);
      const reference = scene.world.reference(scene.account.company);
      return paymentOf(scene, party, { amount: scene.world.amount(scene.account.currency), ...referring(scene, reference), truth: forPerson(null) });
    },
  },
  {
    name: 'our structured reference', differs: 'it was issued twice', weight: 1, play(scene) {
      const reference = scene.world.reference(scene.account.company);
      const { party, invoice } = owed(scene, { payment_reference: reference });
      owed(scene, { payment_reference: reference });
      return paymentOf(scene, party, { amount: invoice.amount, ...referring(scene, reference), truth: forPerson(inFull(invoice), writtenIn(reference)) });
    },
  },
  {
    name: 'an invoice number in the text', weight: 14, play(scene) {
      const { party, invoice } = owed(scene);
      return paymentOf(scene, party, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => decided(NAMED, inFull(invoice), parts)) });
    },
  },
  {
    name: 'an invoice number in the text', differs: 'the amount is short', weight: 3, play(scene) {
      const { party, invoice } = owed(scene);
      const amount = invoice.amount - BigInt(scene.world.random.pick([1, 99, 700]));
      return paymentOf(scene, party, { amount, ...withTruth(naming(scene, invoice), (parts) => forPerson([{ invoice, amount }], parts)) });
    },
  },
  {
    name: 'an invoice number in the text', differs: 'the amount is too high', weight: 3, play(scene) {
      const { party, invoice } = owed(scene);
      const amount = invoice.amount + BigInt(scene.world.random.pick([1, 1_000, 70_000]));
      return paymentOf(scene, party, { amount, ...withTruth(naming(scene, invoice), (parts) => forPerson(inFull(invoice), parts)) });
    },
  },
  {
    name: 'an invoice number in the text', differs: 'it is another customer\'s', weight: 3, play(scene) {
      const { invoice } = owed(scene);
      const other = otherCustomer(scene, invoice.party);
      return paymentOf(scene, other, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => forPerson(inFull(invoice), parts)) });
    },
  },
  {
    name: 'an invoice number in the text', differs: 'a stranger pays', weight: 3, play(scene) {
      const { invoice } = owed(scene);
      const { name, account } = scene.world.stranger();
      return paymentBetween(scene, { name, counterparty_account: account, amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => forPerson(inFull(invoice), parts)) });
    },
  },
  {
    name: 'an invoice number in the text', differs: 'a stranger pays whose name begins like the customer\'s', weight: 2, play(scene) {
      const { party, invoice } = owed(scene);
      const words = party.name.split(' ');
      const name = [...words.slice(0, scene.world.random.int(1, Math.max(1, words.length - 2))), scene.world.random.pick(['Import', 'Consulting', 'Immobilien', 'Catering']), words.at(-1)].join(' ');
      return paymentBetween(scene, {
        name, counterparty_account: scene.world.account(party.country), amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => forPerson(inFull(invoice), { ...parts, needs: ['name_whole'] })),
      });
    },
  },
  {
    name: 'an invoice number in the text', differs: 'the invoice is paid or cancelled already', weight: 3, play(scene) {
      const { party, invoice } = owed(scene, { status: scene.world.random.pick(['paid', 'cancelled']) });
      return paymentOf(scene, party, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => forPerson('none of ours', parts)) });
    },
  },
  {
    name: 'an alias of the payer', weight: 3, play(scene) {
      const { world, account: { company } } = scene;
      const party = world.newCustomer(company, { aliases: [world.stranger().name] });
      const invoice = world.receivable(company, party, scene.account.currency);
      return paymentOf(scene, party, { name: party.aliases[0]!, amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => decided(NAMED, inFull(invoice), parts)) });
    },
  },
  {
    name: 'several invoices named', weight: 6, play(scene) {
      const { party, invoices } = owedSeveral(scene, scene.world.random.int(2, 5));
      return paymentOf(scene, party, { amount: sum(inFull(...invoices)), ...withTruth(listing(scene, invoices), (parts) => decided(NAMED, inFull(...invoices), parts)) });
    },
  },
  {
    name: 'several invoices named', differs: 'one of them is not in the sum', weight: 2, play(scene) {
      const { party, invoices } = owedSeveral(scene, 3);
      return paymentOf(scene, party, { amount: sum(inFull(...invoices.slice(1))), ...withTruth(listing(scene, invoices), (parts) => forPerson(inFull(...invoices.slice(1)), parts)) });
    },
  },
  {
    name: 'several invoices named', differs: 'the sum is a little short', weight: 2, play(scene) {
      const { party, invoices } = owedSeveral(scene, 3);
      return paymentOf(scene, party, { amount: sum(inFull(...invoices)) - 211n, ...withTruth(listing(scene, invoices), (parts) => forPerson(null, parts)) });
    },
  },
  {
    name: 'several invoices named', differs: 'the text is cut and more were to come', weight: 2, play(scene) {
      const { party, invoices } = owedSeveral(scene, 32);
      const { text, written } = listing(scene, invoices);
      return paymentOf(scene, party, { amount: sum(inFull(...invoices)), text: text.slice(0, LONGEST_TEXT), truth: forPerson(inFull(...invoices), { written }) });
    },
  },
  {
    name: 'no reference, the only invoice of the payer with that amount', weight: 5, play(scene) {
      const { party, invoices } = alone(scene, scene.world.random.int(1, 4));
      const invoice = scene.world.random.pick(invoices);
      return paymentOf(scene, party, { amount: invoice.amount, text: textNamingNothing(scene.world, scene.account), truth: decided(['payer_account'], inFull(invoice), { otherwise: 'person' }) });
    },
  },
  {
    name: 'no reference, the only invoice of the payer with that amount', differs: 'there are two with that amount', weight: 2, play(scene) {
      const { party, invoices: [first] } = alone(scene, 2);
      scene.world.receivable(scene.account.company, party, scene.account.currency, { amount: first!.amount });
      return paymentOf(scene, party, { amount: first!.amount, text: textNamingNothing(scene.world, scene.account), truth: forPerson(null) });
    },
  },
  {
    name: 'no reference, the only invoice of the payer with that amount', differs: 'the payer is known by name only', weight: 2, play(scene) {
      const { party, invoices: [first] } = alone(scene, 2);
      return paymentOf(scene, party, {
        counterparty_account: scene.world.account('DE'), amount: first!.amount, text: textNamingNothing(scene.world, scene.account), truth: forPerson(inFull(first!)),
      });
    },
  },
  {
    name: 'no reference, the only invoice of the payer with that amount', differs: 'the account stands at two parties', weight: 1, play(scene) {
      const { party, invoices: [first] } = alone(scene, 2);
      scene.world.newCustomer(scene.account.company, { accounts: party.accounts });
      return paymentOf(scene, party, { amount: first!.amount, text: textNamingNothing(scene.world, scene.account), truth: forPerson(null) });
    },
  },
  {
    name: 'no reference, the only sum over all that the payer may pay', weight: 4, play(scene) {
      const { party, invoices } = alone(scene, scene.world.random.int(3, 7));
      const chosen = invoices.slice(0, scene.world.random.int(2, invoices.length - 1));
      const amount = sum(inFull(...chosen));
      const truth = waysTo(amount, invoices) === 1 ? decided(['payer_account'], inFull(...chosen), { otherwise: 'person' }) : forPerson(null);
      return paymentOf(scene, party, { amount, text: textNamingNothing(scene.world, scene.account), truth });
    },
  },
  {
    name: 'no reference, the only sum over all that the payer may pay', differs: 'another sum comes to the same', weight: 2, play(scene) {
      const { party, invoices: [first, second, third] } = alone(scene, 3);
      scene.world.receivable(scene.account.company, party, scene.account.currency, { amount: first!.amount + second!.amount - (third!.amount < first!.amount + second!.amount ? third!.amount : 1n) });
      if (third!.amount >= first!.amount + second!.amount) scene.world.receivable(scene.account.company, party, scene.account.currency, { amount: 1n });
      return paymentOf(scene, party, { amount: first!.amount + second!.amount, text: textNamingNothing(scene.world, scene.account), truth: forPerson(null) });
    },
  },
  {
    name: 'a typo in the number', weight: 4, play(scene) {
      const { party, invoices } = alone(scene, scene.world.random.int(1, 4));
      const invoice = invoices[0]!;
      const wrong = mistyped(scene, invoices, invoice);
      return paymentOf(scene, party, { amount: invoice.amount, text: textNaming(scene.world, scene.account, wrong), truth: decided(['payer_account'], inFull(invoice), { otherwise: 'person' }) });
    },
  },
  {
    name: 'a typo in the number', differs: 'the payer is known by name only', weight: 2, play(scene) {
      const { party, invoices } = alone(scene, 2);
      const wrong = mistyped(scene, invoices, invoices[0]!);
      return paymentOf(scene, party, {
        counterparty_account: null, amount: invoices[0]!.amount, text: textNaming(scene.world, scene.account, wrong), truth: forPerson(inFull(invoices[0]!)),
      });
    },
  },
  {
    name: 'a typo in the number', differs: 'the wrong number is another customer\'s', weight: 2, play(scene) {
      const { party, invoices: [first] } = alone(scene, 2);
      const { invoice: other } = owed(scene);
      // Where every customer has a series of its own, the number may be the payer's, too.
      const decision = scene.account.company.numbering.per_customer ? 'open' : 'person';
      return paymentOf(scene, party, { amount: first!.amount, text: textNaming(scene.world, scene.account, other.invoice_number), truth: { ...forPerson(null, { allocations: inFull(first!) }), decision } });
    },
  },
  {
    name: 'an agreed instalment', weight: 3, play(scene) {
      const { party, invoice, first } = owedInInstalments(scene);
      return paymentOf(scene, party, { amount: first, ...withTruth(naming(scene, invoice), (parts) => decided(NAMED, [{ invoice, amount: first }], parts)) });
    },
  },
  {
    name: 'an agreed instalment', differs: 'another part than agreed', weight: 2, play(scene) {
      const { party, invoice, first } = owedInInstalments(scene);
      const amount = first - 1_00n;
      return paymentOf(scene, party, { amount, ...withTruth(naming(scene, invoice), (parts) => forPerson([{ invoice, amount }], parts)) });
    },
  },
  {
    name: 'a part payment that was never agreed', weight: 2, play(scene) {
      const { party, invoice } = owed(scene);
      const amount = partOf(scene.world, invoice.amount);
      return paymentOf(scene, party, { amount, ...withTruth(naming(scene, invoice), (parts) => forPerson([{ invoice, amount }], parts)) });
    },
  },
  {
    name: 'a discount within its terms', weight: 5, play: (scene) => discounted(scene, scene.world.random.int(0, 6)),
  },
  {
    name: 'a discount within its terms', differs: 'a day after them', weight: 3, play: (scene) => discounted(scene, -1),
  },
  {
    name: 'several invoices named, each less its discount', weight: 2, play: (scene) => severalDiscounted(scene, 3),
  },
  {
    name: 'several invoices named, each less its discount', differs: 'the discount of one has ended', weight: 1, play: (scene) => severalDiscounted(scene, -1),
  },
  {
    name: 'several invoices named, of all but the first only the last digits', weight: 1, play(scene) {
      const { party, invoices } = owedSeveral(scene, 3);
      const written = invoices.map(({ invoice_number }, i) => (i === 0 ? invoice_number : invoice_number.slice(-2)));
      return paymentOf(scene, party, { amount: sum(inFull(...invoices)), text: written.join(', '), truth: { ...forPerson(inFull(...invoices)), decision: 'open', suggestion: null } });
    },
  },
  {
    name: 'charges shown by the bank', weight: 3, play: (scene) => charged(scene, 0n),
  },
  {
    name: 'charges shown by the bank', differs: 'they do not explain the difference', weight: 2, play: (scene) => charged(scene, 100n),
  },
  {
    name: 'foreign currency with the instructed amount', weight: 3, play: (scene) => foreign(scene, 0n),
  },
  {
    name: 'foreign currency with the instructed amount', differs: 'another amount was instructed', weight: 2, play: (scene) => foreign(scene, 500n),
  },
  {
    name: 'withholding at the registered rate', weight: 3, play: (scene) => withheld(scene, 0n),
  },
  {
    name: 'withholding at the registered rate', differs: 'more is withheld', weight: 2, play: (scene) => withheld(scene, 5n),
  },
  {
    name: 'a credit note named and netted', weight: 3, play(scene) {
      const { party, invoices, credit } = owedWithCredit(scene);
      const all = inFull(...invoices, credit);
      return paymentOf(scene, party, { amount: sum(all), ...withTruth(listing(scene, [...invoices, credit]), (parts) => decided(NAMED, all, parts)) });
    },
  },
  {
    name: 'a credit note named and netted', differs: 'the credit note is not named', weight: 2, play(scene) {
      const { party, invoices, credit } = owedWithCredit(scene);
      const all = inFull(...invoices, credit);
      const named = invoices.length === 1 ? naming(scene, invoices[0]!) : listing(scene, invoices);
      return paymentOf(scene, party, { amount: sum(all), ...withTruth(named, (parts) => forPerson(all, parts)) });
    },
  },
  {
    name: 'paid twice', differs: 'the second payment of one invoice', weight: 3, days: [0, 1], play(scene) {
      const { party, invoice } = owed(scene);
      const { text, written } = naming(scene, invoice);
      const content = { amount: invoice.amount, text };
      return [
        paymentOf(scene, party, { ...content, truth: decided(NAMED, inFull(invoice), { written }) }),
        paymentOf(scene, party, { ...content, date: scene.world.days[scene.day + 1]!, truth: forPerson('none of ours', { needs: NAMED, written }) }),
      ];
    },
  },
  {
    name: 'paid by a registered third party', weight: 3, play(scene) {
      const { party, invoice } = owed(scene);
      const payer = scene.world.newCustomer(scene.account.company, { pays_for: [party.party_id] });
      return paymentOf(scene, payer, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => decided(NAMED, inFull(invoice), parts)) });
    },
  },
  {
    name: 'paid by a registered third party', differs: 'the relation is not registered', weight: 2, play(scene) {
      const { invoice } = owed(scene);
      const payer = scene.world.newCustomer(scene.account.company);
      return paymentOf(scene, payer, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => forPerson(inFull(invoice), parts)) });
    },
  },
  {
    name: 'a factored invoice paid by the factor', weight: 2, play(scene) {
      const { factor, invoice } = factored(scene);
      return paymentOf(scene, factor, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => decided(NAMED, inFull(invoice), parts)) });
    },
  },
  {
    name: 'a factored invoice paid by the factor', differs: 'the customer pays', weight: 1, play(scene) {
      const { invoice } = factored(scene);
      return paymentOf(scene, invoice.party, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => forPerson(inFull(invoice), parts)) });
    },
  },
  {
    name: 'a new account of a known customer', weight: 4, play(scene) {
      const { party, invoice } = owed(scene);
      return paymentOf(scene, party, {
        counterparty_account: scene.world.account(party.country), amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => decided(['named', 'payer_name'], inFull(invoice), parts)),
      });
    },
  },
  {
    name: 'a new account of a known customer', differs: 'the name is nobody\'s we know', weight: 2, play(scene) {
      const { party, invoice } = owed(scene);
      return paymentOf(scene, party, {
        name: scene.world.stranger().name, counterparty_account: scene.world.account(party.country), amount: invoice.amount,
        ...withTruth(naming(scene, invoice), (parts) => forPerson(inFull(invoice), parts)),
      });
    },
  },
  {
    name: 'a new account of a known customer', differs: 'the name is that of another with nearly the same', weight: 2, play(scene) {
      const { party, invoice } = owed(scene);
      const [first, ...rest] = party.name.split(' ');
      const sister = scene.world.newCustomer(scene.account.company, { name: [first, scene.world.random.pick(['Nord', 'Export', 'II', 'Service']), ...rest].join(' ') });
      return paymentOf(scene, sister, {
        counterparty_account: scene.world.account(party.country), amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => forPerson(inFull(invoice), parts)),
      });
    },
  },
  {
    name: 'a name without its legal form', weight: 1, play(scene) {
      const { party, invoice } = owed(scene);
      const name = party.name.split(' ').slice(0, 2).join(' ');
      return paymentOf(scene, party, {
        name, counterparty_account: null, amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => ({ ...forPerson(inFull(invoice), parts), decision: 'open' })),
      });
    },
  },
  {
    name: 'an invoice of another of our companies', weight: 1, play(scene) {
      const { world, account } = scene;
      const other = world.random.pick(world.companies.filter((company) => company !== account.company));
      const party = world.newCustomer(account.company);
      const invoice = world.receivable(other, party, account.currency);
      return paymentOf(scene, party, { amount: invoice.amount, text: naming(scene, invoice).text, truth: forPerson(null) });
    },
  },
  {
    name: 'the payer comes after its payment', weight: 1, days: [0], play(scene) {
      const { world, account: { company, currency } } = scene;
      const party = world.newCustomer(company, { late: true });
      const invoice = world.receivable(company, party, currency, { late: true });
      return paymentOf(scene, party, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => decided(NAMED, inFull(invoice), parts)) });
    },
  },
  {
    name: 'a collective receipt booked as one line', weight: 1, formats: ({ batches }) => batches, play(scene) {
      const batch = scene.world.id('B');
      return Array.from({ length: scene.world.random.int(2, 5) }, () => {
        const { party, invoice } = owed(scene, { payment_reference: scene.world.reference(scene.account.company) });
        return paymentOf(scene, party, {
          batch, amount: invoice.amount, reference: invoice.payment_reference, truth: decided(NAMED, inFull(invoice), writtenIn(invoice.payment_reference)),
        });
      });
    },
  },
  {
    name: 'a prepayment', weight: 2, play(scene) {
      const { world, account } = scene;
      const party = world.customer(account.company);
      return paymentOf(scene, party, { amount: world.amount(account.currency), text: textNamingOrder(account, `PO-${world.decoy(account.company, 6)}`), truth: forPerson(null) });
    },
  },
  {
    name: 'a purchase order named', weight: 2, play(scene) {
      const { world, account } = scene;
      const order = `PO-${world.decoy(account.company, 6)}`;
      const { party, invoice } = owed(scene, { purchase_order: order });
      return paymentOf(scene, party, { counterparty_account: null, amount: invoice.amount, text: `PO ${order}`, truth: forPerson(inFull(invoice), { written: [order] }) });
    },
  },
  {
    name: 'nobody we know', weight: 5, play(scene) {
      const { name, account } = scene.world.stranger();
      return paymentBetween(scene, {
        name, counterparty_account: account, amount: scene.world.amount(scene.account.currency), text: textNamingNothing(scene.world, scene.account),
        truth: { ...forPerson('none of ours'), decision: 'suspense', needs: ['counterparty'] },
      });
    },
  },
  {
    name: 'a processor\'s payout', weight: 2, play(scene) {
      const { name, account } = scene.world.stranger();
      return paymentBetween(scene, {
        name: `${name.split(' ')[1]} Payments`, counterparty_account: account, amount: scene.world.amount(scene.account.currency), text: `PAYOUT ${scene.world.decoy(scene.account.company, 9)}`,
        truth: { ...forPerson(null), decision: 'open', ledger: 'clearing' },
      });
    },
  },
  {
    name: 'the invoice comes after its payment', weight: 2, days: [0], play(scene) {
      const { world, account: { company, currency } } = scene;
      const party = world.newCustomer(company);
      const invoice = world.receivable(company, party, currency, { late: true });
      return paymentOf(scene, party, { amount: invoice.amount, ...withTruth(naming(scene, invoice), (parts) => decided(NAMED, inFull(invoice), parts)) });
    },
  },
];

function withTruth<Named extends { written: string[] }, T>({ written, ...rest }: Named, truth: (parts: { written: string[] }) => T): Omit<Named, 'written'> & { truth: T } {
  return { ...rest, truth: truth({ written }) };
}

function writtenIn(reference: string): { written: string[] } {
  return { written: [reference] };
}

/** An invoice of somebody with whom there is other business. */
function owed({ world, account: { company, currency } }: Scene, terms: Parameters<Scene['world']['receivable']>[3] = {}): { party: Party; invoice: Invoice } {
  const party = world.customer(company);
  return { party, invoice: world.receivable(company, party, currency, terms) };
}

function owedSeveral({ world, account: { company, currency } }: Scene, count: number): { party: Party; invoices: Invoice[] } {
  const party = world.customer(company);
  return { party, invoices: Array.from({ length: count }, () => world.receivable(company, party, currency)) };
}

/** All that somebody has to pay, each amount once. */
function alone({ world, account: { company, currency } }: Scene, count: number): { party: Party; invoices: Invoice[] } {
  const party = world.newCustomer(company);
  const invoices: Invoice[] = [];
  while (invoices.length < count) {
    const amount = world.amount(currency);
    if (invoices.every((invoice) => invoice.amount !== amount)) invoices.push(world.receivable(company, party, currency, { amount }));
  }
  return { party, invoices };
}

function otherCustomer({ world, account: { company } }: Scene, not: Party): Party {
  for (;;) {
    const party = world.customer(company);
    if (party !== not) return party;
  }
}

/** How many sets of invoices come to that amount. */
function waysTo(amount: bigint, invoices: readonly Invoice[]): number {
  let ways = 0;
  for (let set = 1; set < 2 ** invoices.length; set++) {
    const total = invoices.reduce((all, invoice, i) => (set & 2 ** i ? all + invoice.amount : all), 0n);
    if (total === amount) ways++;
  }
  return ways;
}

/** A number that nobody has, one mistake away from this one and further from the payer's others. */
function mistyped({ world, account: { company } }: Scene, all: readonly Invoice[], invoice: Invoice): string {
  for (;;) {
    const wrong = mistype(invoice.invoice_number, world.random);
    const near = all.some((other) => other !== invoice && differences(keysOf(other.invoice_number)[0]!, keysOf(wrong)[0]!) <= 1);
    // A zero more in front of a group is how the number may be written, and no mistake.
    const zeros = withoutZeros(wrong) === withoutZeros(invoice.invoice_number);
    if (!near && !zeros && world.reserve(company, wrong)) return wrong;
  }
}

function withoutZeros(number: string): string {
  return number.replace(/(?<!\d)0+/g, '');
}

/** In how many places two words of one length differ; many where the lengths do. */
function differences(a: string, b: string): number {
  if (a.length !== b.length) return Math.abs(a.length - b.length) + 1;
  return [...a].filter((letter, i) => letter !== b[i]).length;
}

function owedInInstalments(scene: Scene): { party: Party; invoice: Invoice; first: bigint } {
  const { world, date } = scene;
  const amount = world.amount(scene.account.currency) + 1_000n;
  const first = amount / 3n;
  const instalments = [{ date, amount: first }, { date: before(date, -30), amount: amount - first }];
  return { ...owed(scene, { amount, instalments }), first };
}

/** Paid some days before its end, or after it, less the discount. */
function discounted(scene: Scene, days_left: number): ReturnType<typeof paymentOf> {
  const { world, date } = scene;
  const amount = world.amount(scene.account.currency);
  const discount = amount * BigInt(world.random.int(1, 3)) / 100n;
  const { party, invoice } = owed(scene, { amount, discount_amount: discount, discount_until: before(date, -days_left) });
  const paid = amount - discount;
  return paymentOf(scene, party, {
    amount: paid,
    ...withTruth(naming(scene, invoice), (parts) => (days_left < 0 ? forPerson([{ invoice, amount: paid }], parts) : decided(NAMED, [{ invoice, amount: paid, discount }], parts))),
  });
}

/** Three invoices less their discounts, of which the last ends so many days from now. */
function severalDiscounted(scene: Scene, days_left: number): ReturnType<typeof paymentOf> {
  const { world, account: { company, currency }, date } = scene;
  const party = world.customer(company);
  const paid = [5, 2, days_left].map((days) => {
    const amount = world.amount(currency);
    const discount = amount / 50n;
    const invoice = world.receivable(company, party, currency, { amount, discount_amount: discount, discount_until: before(date, -days) });
    return { invoice, amount: amount - discount, discount };
  });
  return paymentOf(scene, party, {
    amount: sum(paid), ...withTruth(listing(scene, paid.map(({ invoice }) => invoice)), (parts) => (days_left < 0 ? forPerson(null, parts) : decided(NAMED, paid, parts))),
  });
}

/** What a bank on the way has kept stands on the statement; `more` is missing besides. */
function charged(scene: Scene, more: bigint): ReturnType<typeof paymentOf> {
  const { party, invoice } = owed(scene);
  const charges = BigInt(scene.world.random.int(3, 19) * 100);
  const paid = invoice.amount - charges - more;
  return paymentOf(scene, party, {
    amount: paid, charges,
    ...withTruth(naming(scene, invoice), (parts) => (more === 0n
      ? decided([...NAMED, 'charges'], [{ invoice, amount: paid, charges }], { ...parts, otherwise: 'person' }) : forPerson([{ invoice, amount: paid }], parts))),
  });
}

/** An invoice in another currency than the account's; the instructed amount is the invoice's, or not quite. */
function foreign(scene: Scene, less: bigint): ReturnType<typeof paymentOf> {
  const { world, account: { company, currency: own } } = scene;
  const currency = own === 'USD' ? 'EUR' : 'USD';
  const party = world.customer(company);
  const invoice = world.receivable(company, party, currency);
  const amount = invoice.amount * BigInt(world.random.int(880, 960)) / 1_000n;
  return paymentOf(scene, party, {
    amount, instructed: { amount: invoice.amount - less, currency },
    ...withTruth(naming(scene, invoice), (parts) => (less === 0n
      ? decided([...NAMED, 'instructed'], [{ invoice, amount }], { ...parts, otherwise: 'person' }) : forPerson([{ invoice, amount }], parts))),
  });
}

function withheld(scene: Scene, more_percent: bigint): ReturnType<typeof paymentOf> {
  const { world, account: { company, currency } } = scene;
  const rate = BigInt(world.random.pick([5, 10, 15]));
  const party = world.newCustomer(company, { withholding_rate: String(rate) });
  const invoice = world.receivable(company, party, currency, { amount: world.amount(currency) / 100n * 100n });
  const withholding = invoice.amount * (rate + more_percent) / 100n;
  const amount = invoice.amount - withholding;
  return paymentOf(scene, party, {
    amount, ...withTruth(naming(scene, invoice), (parts) => (more_percent === 0n ? decided(NAMED, [{ invoice, amount, withholding }], parts) : forPerson([{ invoice, amount }], parts))),
  });
}

function owedWithCredit(scene: Scene): { party: Party; invoices: Invoice[]; credit: Invoice } {
  const { world, account: { company, currency } } = scene;
  const { party, invoices } = owedSeveral(scene, world.random.int(1, 2));
  return { party, invoices, credit: world.creditNote(company, party, currency, { amount: partOf(world, invoices[0]!.amount) }) };
}

function factored({ world, account: { company, currency } }: Scene): { factor: Party; invoice: Invoice } {
  const factor = world.newCustomer(company);
  const party = world.newCustomer(company, { assigned_to_factor: factor.party_id });
  return { factor, invoice: world.receivable(company, party, currency) };
}

