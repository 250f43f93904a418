import { sql } from 'kysely';
import { postJournalEntries, type JournalLineDraft } from '../../src/ledger/journal.ts';
import { openChain } from '../../src/ledger/log.ts';
import { settleOpenItems } from '../../src/ledger/open-items.ts';
import { transaction, type Database } from '../../src/platform/database.ts';

/** What became of one entry, as the reconcile stage leaves it. Amounts are minor units. */
export interface DecidedEntry {
  amount: bigint;
  outcome: 'auto' | 'review' | 'suspense' | 'duplicate' | 'quarantined' | 'pending' | 'manual';
  /** Invoice numbers and what is settled of each, with its discount. */
  settles?: readonly { invoice_number: string; settled: bigint; discount?: bigint }[];
  ledger_lines?: readonly { account: string; amount: string }[];
  suggestions?: unknown;
  explanation?: string;
}

/** Puts a statement on the books of an account, with an opening of 1,000.00, and decides its entries. Returns its run, document and entries. */
export async function decideStatement(db: Database, account: string, entries: readonly DecidedEntry[]): Promise<{ run_id: bigint; document_id: bigint; entry_ids: bigint[] }> {
  return transaction(db, async (tx) => {
    const one = async <Row>(query: ReturnType<typeof sql>): Promise<Row> => (await query.execute(tx.kysely)).rows[0] as Row;
    const { account_id, company, currency } = await one<{ account_id: number; company: string; currency: string }>(sql`select account_id, company, currency from account where account = ${account}`);
    const { run_id } = await one<{ run_id: bigint }>(sql`insert into run (kind) values ('run') returning run_id`);
    const { document_id } = await one<{ document_id: bigint }>(sql`
      insert into document (sha256, size, path, run_id, state) values (sha256(${`${account} ${run_id}`}::bytea), 1, ${`in/${account}.xml`}, ${run_id}, 'reconciled') returning document_id`);
    await sql`insert into delivery (run_id, n, document_id, path, is_duplicate) values (${run_id}, 1, ${document_id}, ${`in/${account}.xml`}, false)`.execute(tx.kysely);
    const { statement_id } = await one<{ statement_id: bigint }>(sql`
      insert into statement (document_id, statement_no, account_id, company, format, extractor, bank_statement_id, currency, ties_out, checks, findings, entry_count, state)
      values (${document_id}, 0, ${account_id}, ${company}, 'camt.053', 'camt@1', 'S-1', ${currency}, true, '[]', '[]', ${entries.length}, 'accepted') returning statement_id`);
    const chain = await openChain(tx);
    const [opening_seq] = await chain.append([{ company, run_id, actor: 'tieout', action: 'accept', entry_id: null, decision_id: null, payload: {} }]);
    const bank = (amount: bigint): JournalLineDraft => ({ account: 'bank', account_id, amount, currency });
    await postJournalEntries(tx, opening_seq!, [{ company, kind: 'opening', booking_date: '2026-10-05', statement_id, run_id, lines: [bank(100_000n), { account: 'opening_balance', amount: -100_000n, currency }] }]);
    const entry_ids: bigint[] = [];
    for (const [i, entry] of entries.entries()) {
      const { entry_id } = await one<{ entry_id: bigint }>(sql`
        insert into entry (document_id, statement_id, account_id, line, is_leaf, status, booking_date, amount, currency, reversal, more)
        values (${document_id}, ${statement_id}, ${account_id}, ${i + 1}, true, 'booked', '2026-10-05', ${entry.amount}, ${currency}, false, '{}') returning entry_id`);
      entry_ids.push(entry_id);
      const { decision_id } = await one<{ decision_id: bigint }>(sql`select nextval('decision_decision_id_seq') as decision_id`);
      const [seq] = await chain.append([{ company, run_id, actor: 'tieout', action: 'decide', entry_id, decision_id, payload: { outcome: entry.outcome, text: 'ä\u2028"' } }]);
      await sql`
        insert into decision (decision_id, entry_id, run_id, company, outcome, decided_by, reason, explanation, ledger_lines, suggestions, log_seq)
        values (${decision_id}, ${entry_id}, ${run_id}, ${company}, ${entry.outcome}, ${entry.outcome === 'manual' ? 'bob' : 'rule'}, 'a_reason', ${entry.explanation ?? 'A reason.'},
          ${entry.ledger_lines ? JSON.stringify(entry.ledger_lines) : null}, ${entry.suggestions ? JSON.stringify(entry.suggestions) : null}, ${seq})`.execute(tx.kysely);
      const lines: JournalLineDraft[] = [];
      const closed = new Map<bigint, bigint>();
      for (const [n, { invoice_number, settled, discount = 0n }] of (entry.settles ?? []).entries()) {
        const { invoice_id, party_id } = await one<{ invoice_id: bigint; party_id: string }>(sql`select invoice_id, party_id from invoice where invoice_number = ${invoice_number}`);
        await sql`insert into allocation (decision_id, n, invoice_id, amount, settled, settled_currency, discount)
          values (${decision_id}, ${n + 1}, ${invoice_id}, ${settled}, ${settled}, ${currency}, ${discount})`.execute(tx.kysely);
        lines.push({ account: 'receivables', party_id, invoice_id, amount: -settled - discount, currency }, { account: 'discount_given', amount: discount, currency });
        closed.set(invoice_id, settled + discount);
      }
      await settleOpenItems(tx, closed);
      if (entry.outcome === 'duplicate' || entry.outcome === 'pending' || entry.outcome === 'quarantined') continue;
      const rest = -entry.amount - lines.reduce((sum, line) => sum + line.amount, 0n);
      lines.push({ account: entry.ledger_lines?.[0]?.account ?? 'unallocated', amount: rest, currency });
      await postJournalEntries(tx, seq!, [{ company, kind: 'bank_entry', booking_date: '2026-10-05', entry_id, decision_id, run_id, lines: [bank(entry.amount), ...lines] }]);
    }
    await chain.close();
    return { run_id, document_id, entry_ids };
  });
}
