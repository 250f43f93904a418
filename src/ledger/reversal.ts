import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';
import type { JournalLineDraft } from './journal.ts';
import type { Allocation } from './posting.ts';

/** What takes back an earlier decision: its allocations, its ledger lines, and its postings against the entry's own line, all with the opposite sign. */
export interface Reversal {
  allocations: Allocation[];
  ledger_lines: { account: string; amount: string }[] | null;
  lines: JournalLineDraft[];
}

/**
 * For a returned payment: everything that its decision settled beside it is taken back too. What `entry`, the return, is more than that is
 * the bank's fee for it.
 */
export async function loadReversal(tx: Tx, decision_id: bigint, entry: { amount: bigint; currency: string }): Promise<Reversal> {
  const { rows: allocations } = await sql<Allocation>`
    select a.invoice_id, i.kind, i.party_id, i.currency, -a.amount as amount, -a.settled as settled, -a.discount as discount, -a.charges as charges,
           -a.withholding as withholding, -a.write_off as write_off
      from allocation a join invoice i using (invoice_id) where a.decision_id = ${decision_id} order by a.n`.execute(tx.kysely);
  // The first line is the entry's own: of the bank account, or of where it stood until a person decided.
  const { rows: lines } = await sql<JournalLineDraft>`
    select l.account, l.party_id, l.invoice_id, -l.amount as amount, l.currency, -l.base_amount as base_amount
      from journal_line l join journal_entry e using (journal_entry_id)
     where e.decision_id = ${decision_id} and e.reverses is null and l.n > 1 order by l.n`.execute(tx.kysely);
  const { ledger_lines } = await tx.kysely.selectFrom('decision').select('ledger_lines').where('decision_id', '=', decision_id).executeTakeFirstOrThrow();
  const own = (ledger_lines as Reversal['ledger_lines'] ?? []).map(({ account, amount }) => ({ account, amount: String(-BigInt(amount)) }));
  const fee = [...allocations, ...own].reduce((rest, part) => rest - BigInt(part.amount), entry.amount);
  if (fee !== 0n) {
    lines.push({ account: 'bank_fees', amount: -fee, currency: entry.currency });
    own.push({ account: 'bank_fees', amount: String(fee) });
  }
  return { allocations, lines, ledger_lines: own.length > 0 ? own : null };
}
