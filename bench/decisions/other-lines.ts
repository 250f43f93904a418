import type { Format } from './format.ts';
import type { Account, Payment } from './model.ts';
import { decided, forPerson, inFull, paymentBetween, paymentOf, type Scenario, type Scene } from './scene.ts';
import { textNaming, textNamingNothing, textOfBank } from './texts.ts';

/** Lines of the bank itself, transfers between our own accounts, collections that come back, refunds. */

export const OTHER_LINES: readonly Scenario[] = [
  {
    name: 'a fee by the bank\'s own booking type', weight: 4, play: (scene) => bankLine(scene, 'fee', scene.world.random.pick([null, scene.account.bank.name])),
  },
  {
    name: 'interest by the bank\'s own booking type', weight: 3, play: (scene) => bankLine(scene, 'interest', scene.world.random.pick([null, scene.account.bank.name])),
  },
  {
    name: 'a fee by the bank\'s own booking type', differs: 'only a word in the text says so', weight: 2, play(scene) {
      const { world, account } = scene;
      const party = world.supplier(account.company);
      return paymentOf(scene, party, { amount: -BigInt(world.random.int(300, 9_000)), text: textOfBank(world, account, 'fee'), truth: forPerson(null) });
    },
  },
  {
    name: 'a fee by the bank\'s own booking type', differs: 'a supplier\'s account is shown', weight: 2, formats: showsAccounts, play(scene) {
      const { world, account } = scene;
      const party = world.supplier(account.company);
      return paymentOf(scene, party, { kind: 'fee', amount: -BigInt(world.random.int(300, 9_000)), text: textOfBank(world, account, 'fee'), truth: forPerson(null) });
    },
  },
  {
    name: 'a transfer between own accounts', weight: 3, formats: showsAccounts, play(scene) {
      const other = ownAccount(scene);
      const amount = scene.world.amount(scene.account.currency);
      return [leg(scene, scene.account, other, -amount, clears()), leg(scene, other, scene.account, amount, clears())];
    },
  },
  {
    name: 'a transfer between own accounts', differs: 'the other leg is not there', weight: 2, formats: showsAccounts, play(scene) {
      return leg(scene, scene.account, ownAccount(scene), -scene.world.amount(scene.account.currency), forPerson(null));
    },
  },
  {
    name: 'a transfer between own accounts, the other leg a run later', weight: 2, days: [0], formats: showsAccounts, play(scene) {
      const other = ownAccount(scene);
      const amount = scene.world.amount(scene.account.currency);
      return [leg(scene, scene.account, other, -amount, clears()), leg({ ...scene, date: scene.world.days[1] }, other, scene.account, amount, clears())];
    },
  },
  {
    name: 'our collection by its end-to-end id', weight: 4, play(scene) {
      const [collection] = collected(scene);
      return collection;
    },
  },
  {
    name: 'our collection comes back', weight: 3, days: [0, 1], formats: showsReturns, play: (scene) => chargedBack(scene, { by: 'end_to_end_id' }),
  },
  {
    name: 'our collection comes back', differs: 'with an id that we never gave', weight: 2, days: [0, 1], formats: showsReturns, play: (scene) => chargedBack(scene, { by: 'nothing' }),
  },
  {
    name: 'our collection comes back, with its mandate', weight: 2, days: [0, 1], formats: showsReturns, play: (scene) => chargedBack(scene, { by: 'mandate_id' }),
  },
  {
    name: 'our collection comes back, with a charge', weight: 2, days: [0, 1], formats: ({ id }) => id.startsWith('camt'), play(scene) {
      const [collection, back] = chargedBack(scene, { by: 'end_to_end_id' }) as [Payment, Payment];
      const fee = BigInt(scene.world.random.int(3, 9) * 100);
      return [collection, { ...back, amount: back.amount - fee, charges: fee, truth: { ...back.truth, needs: [...back.truth.needs, 'charges'], fee } }];
    },
  },
  {
    name: 'two transfers alike on one day', weight: 1, formats: showsAccounts, play(scene) {
      const other = ownAccount(scene);
      const amount = scene.world.amount(scene.account.currency);
      const legs = [leg(scene, scene.account, other, -amount, clears()), leg(scene, other, scene.account, amount, clears())];
      return legs.flatMap((one) => {
        const alike = scene.world.id('A');
        return [{ ...one, alike }, { ...one, alike }];
      });
    },
  },
  {
    name: 'a refund of a supplier against a debit note', weight: 1, play(scene) {
      const { world, account } = scene;
      const party = world.newSupplier(account.company);
      const note = world.debitNote(account.company, party, account.currency);
      return paymentOf(scene, party, {
        amount: note.amount, text: textNaming(world, account, note.invoice_number), truth: { ...forPerson(inFull(note), { written: [note.invoice_number] }), decision: 'open' },
      });
    },
  },
  {
    name: 'a refund against a credit note', weight: 2, play: (scene) => refunded(scene, 0n),
  },
  {
    name: 'a refund against a credit note', differs: 'more is paid than was credited', weight: 1, play: (scene) => refunded(scene, 250n),
  },
  {
    name: 'two bookings alike on one day', weight: 2, play(scene) {
      const { name, account } = scene.world.stranger();
      const one = paymentBetween(scene, {
        name, counterparty_account: account, amount: -BigInt(scene.world.random.int(250, 4_000)), text: textNamingNothing(scene.world, scene.account),
        truth: { ...forPerson('none of ours'), decision: 'suspense', needs: ['counterparty'] },
      });
      const alike = scene.world.id('A');
      return [{ ...one, alike }, { ...one, alike }];
    },
  },
];

/** Formats with a column for the other side's account. */
export function showsAccounts({ id }: Format): boolean {
  return id.startsWith('camt') || id.startsWith('mt940') || id === 'csv german' || id === 'csv dutch';
}

function showsReturns({ id }: Format): boolean {
  return id.startsWith('camt') || id.startsWith('mt940') || id === 'csv german';
}

function bankLine(scene: Scene, kind: 'fee' | 'interest', name: string | null): Payment {
  const { world, account } = scene;
  const amount = BigInt(world.random.int(100, 9_000)) * (kind === 'interest' && world.random.int(0, 1) === 1 ? 1n : -1n);
  return paymentBetween(scene, {
    kind, name, amount, text: textOfBank(world, account, kind),
    truth: { ...decided(['booking_type'], []), ledger: kind === 'fee' ? 'bank_fees' : 'bank_interest', suggestion: null },
  });
}

function ownAccount({ world, account }: Scene): Account {
  return world.random.pick(account.company.accounts.filter((other) => other !== account && other.currency === account.currency && showsAccounts(other.format)));
}

function clears(): Payment['truth'] {
  return { ...decided([], []), ledger: 'clearing', suggestion: null };
}

function leg(scene: Scene, account: Account, other: Account, amount: bigint, truth: Payment['truth']): Payment {
  return paymentBetween({ ...scene, account }, { name: scene.account.company.id, counterparty_account: other.number, amount, text: 'TRANSFER', truth });
}

/** A direct debit of ours, as the customer's bank pays it. */
function collected(scene: Scene): [Payment] {
  const { world, account: { company, currency } } = scene;
  const party = world.customer(company);
  const invoice = world.receivable(company, party, currency, { payment_reference: world.id('D') });
  return [paymentOf(scene, party, {
    kind: 'direct_debit', amount: invoice.amount, end_to_end_id: invoice.payment_reference, mandate_id: world.id('M'), text: '',
    truth: decided(['end_to_end_id', 'payer'], inFull(invoice)),
  })];
}

/** Collected on one day, taken back on the next. */
function chargedBack(scene: Scene, { by }: { by: 'end_to_end_id' | 'mandate_id' | 'nothing' }): Payment[] {
  const [collection] = collected(scene);
  const [{ invoice }] = collection.truth.allocations as [Payment['truth']['allocations'][number]];
  const back = { end_to_end_id: by === 'end_to_end_id' ? collection.end_to_end_id : by === 'nothing' ? scene.world.id('X') : null, mandate_id: by === 'mandate_id' ? collection.mandate_id : null };
  return [collection, {
    ...collection, ...back, kind: 'return', date: scene.world.days[scene.day + 1]!, value_date: scene.world.days[scene.day + 1]!, amount: -collection.amount,
    truth: by === 'nothing' ? forPerson(null) : { ...decided([by, 'booking_type'], [{ invoice, amount: -invoice.amount }]), party: collection.truth.party },
  }];
}

function refunded(scene: Scene, more: bigint): Payment {
  const { world, account } = scene;
  const party = world.newCustomer(account.company);
  const credit = world.creditNote(account.company, party, account.currency);
  const written = [credit.invoice_number];
  return paymentOf(scene, party, {
    amount: -credit.amount - more, text: textNaming(world, account, credit.invoice_number),
    truth: more === 0n ? decided(['named', 'payer'], inFull(credit), { written }) : forPerson(inFull(credit), { written }),
  });
}
