import type { Check } from '../../core/statement.ts';
import type { JournalEntryDraft, JournalLineDraft } from '../../ledger/journal.ts';
import { postJournalEntries } from '../../ledger/journal.ts';
import type { LogChain, LogDraft } from '../../ledger/log.ts';
import type { Tx } from '../../platform/database.ts';
import { acceptStatement, compareStatements, openingOf, pairWithBooks, placeOf } from './accept.ts';
import type { BookedStatement, EntryIdentity, ReceivedStatement, StatementVerdict } from './contract.ts';
import * as store from './store.ts';

/** What the batch's statements have become. */
export interface AcceptedBatch {
  /** By statement; quarantined ones are not in it, their entries are decided already. */
  states: Map<bigint, 'accepted' | 'duplicate' | 'preview'>;
  /** By statement and line: the entry on the books that is the same. */
  duplicates: Map<bigint, Map<number, bigint>>;
}

interface Weighed {
  statement: ReceivedStatement;
  verdict: StatementVerdict;
  /** The balance before and after it as the books then stand. */
  opening: bigint | null;
  closing: bigint | null;
  duplicates: Map<number, bigint>;
}

/**
 * Takes the batch's statements onto the books: weighs each against its account's chain, quarantines whole documents, posts opening
 * balances and gaps. The result depends on the batch and the books alone, not on the order in which documents came.
 */
export async function acceptBatch(tx: Tx, chain: LogChain, run_id: bigint, company: string): Promise<AcceptedBatch> {
  const received = (await store.loadReceived(tx, run_id, company)).sort(compareStatements);
  const refused = new Map<bigint, Check>();
  for (const { document_id, failed_check } of received) {
    if (failed_check !== null) refused.set(document_id, { name: failed_check, ok: false, detail: `its check ${failed_check} failed` });
  }
  const by_account = Map.groupBy(received, (statement) => statement.account_id);
  const booked = await store.loadBooked(tx, [...by_account.keys()]);
  const load = createIdentityLoader(tx);

  let weighed: Weighed[] = [];
  for (let known = -1; known !== refused.size;) {
    // A document that one account refuses is off the books of the others too, which may change what follows there.
    known = refused.size;
    weighed = [];
    for (const [account_id, statements] of by_account) {
      weighed.push(...await weighAccount(account_id, statements.filter((one) => !refused.has(one.document_id)), booked.get(account_id) ?? [], load));
    }
    for (const { statement, verdict } of weighed) if (verdict.state === 'quarantined' && !refused.has(statement.document_id)) refused.set(statement.document_id, verdict.check);
  }

  await quarantine(tx, chain, run_id, company, received.filter((one) => refused.has(one.document_id)), refused);
  await post(tx, chain, run_id, company, weighed);
  return {
    states: new Map(weighed.map(({ statement, verdict }) => [statement.statement_id, verdict.state as 'accepted' | 'duplicate' | 'preview'])),
    duplicates: new Map(weighed.map(({ statement, duplicates }) => [statement.statement_id, duplicates])),
  };
}

async function weighAccount(account_id: number, statements: readonly ReceivedStatement[], before: readonly BookedStatement[], load: IdentityLoader): Promise<Weighed[]> {
  const books = [...before];
  const fresh: (EntryIdentity & { statement_id: bigint })[] = [];
  const out: Weighed[] = [];
  for (const statement of statements) {
    const place = placeOf(statement, books);
    let sum_of_new = statement.sum;
    let new_count = statement.entry_count;
    const duplicates = new Map<number, bigint>();
    const own = place.kind === 'overlaps' ? await load.ofStatement(statement.statement_id) : [];
    if (place.kind === 'overlaps') {
      const on_books = [...await load.onBooks(account_id, statement.from!, statement.to!), ...fresh.filter((one) => one.booking_date >= statement.from! && one.booking_date <= statement.to!)];
      const pairs = pairWithBooks(own, on_books);
      sum_of_new = 0n;
      new_count = 0;
      for (const entry of own) {
        const same = pairs.get(entry.entry_id) ?? null;
        if (same !== null) {
          duplicates.set(entry.line, same);
        } else {
          new_count++;
          sum_of_new += entry.amount;
        }
      }
    }
    const verdict = acceptStatement(statement, place, books, new_count, sum_of_new);
    const last = books.at(-1) ?? null;
    const opening = openingOf(statement) ?? (place.kind === 'first' ? null : last?.closing ?? null);
    const base = place.kind === 'overlaps' ? last!.closing : opening;
    const closing = statement.closing ?? (base === null ? null : base + sum_of_new);
    out.push({ statement, verdict, opening, closing, duplicates });
    if (verdict.state !== 'accepted') continue;
    // Identities of what this batch brings are only needed when a later statement of it overlaps.
    if (statements.length > 1) {
      const lines = own.length > 0 ? own : await load.ofStatement(statement.statement_id);
      for (const entry of lines) if (!duplicates.has(entry.line)) fresh.push({ ...entry, statement_id: statement.statement_id });
    }
    if (statement.from !== null && statement.to !== null) {
      books.push({ statement_id: statement.statement_id, sequence: statement.sequence, from: statement.from, to: statement.to, opening, closing, gap_before: verdict.gap_before });
      books.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : a.to < b.to ? -1 : a.to > b.to ? 1 : 0));
    }
    if (verdict.gap_of_next) {
      const at = books.findIndex((other) => other.statement_id === verdict.gap_of_next!.statement_id);
      books[at] = { ...books[at]!, gap_before: verdict.gap_of_next.gap };
    }
  }
  return out;
}

interface IdentityLoader {
  ofStatement(statement_id: bigint): Promise<(EntryIdentity & { line: number })[]>;
  onBooks(account_id: number, from: string, to: string): Promise<(EntryIdentity & { statement_id: bigint })[]>;
}

/** Weighing may be repeated; what was loaded once is kept for the batch. */
function createIdentityLoader(tx: Tx): IdentityLoader {
  const statements = new Map<bigint, Promise<(EntryIdentity & { line: number })[]>>();
  const windows = new Map<string, Promise<(EntryIdentity & { statement_id: bigint })[]>>();
  return {
    ofStatement: (statement_id) => statements.getOrInsertComputed(statement_id, () => store.loadIdentities(tx, statement_id)),
    onBooks: (account_id, from, to) => windows.getOrInsertComputed(`${account_id} ${from} ${to}`, () => store.loadBookedIdentities(tx, account_id, from, to)),
  };
}

async function quarantine(tx: Tx, chain: LogChain, run_id: bigint, company: string, statements: readonly ReceivedStatement[], refused: ReadonlyMap<bigint, Check>): Promise<void> {
  const seqs = await chain.append(statements.map((statement): LogDraft => ({
    company, run_id, actor: 'tieout', action: 'quarantine_statement', entry_id: null, decision_id: null,
    payload: { ...describe(statement), check: { ...refused.get(statement.document_id)! } },
  })));
  for (const [i, statement] of statements.entries()) {
    const check = refused.get(statement.document_id)!;
    await store.saveVerdict(tx, statement, 'quarantined', statement.failed_check === null ? { check } : {});
    await store.quarantineDocument(tx, statement.document_id, check.name);
    await store.decideQuarantined(tx, statement, run_id, company, check, seqs[i]!);
  }
}

async function post(tx: Tx, chain: LogChain, run_id: bigint, company: string, weighed: readonly Weighed[]): Promise<void> {
  const seqs = await chain.append(weighed.map(({ statement, verdict }): LogDraft => ({
    company, run_id, actor: 'tieout', action: `${verdict.state}_statement`, entry_id: null, decision_id: null,
    payload: { ...describe(statement), ...(verdict.state === 'accepted' && {
      gap_before: text(verdict.gap_before), opening_posting: text(verdict.opening_posting), overlaps: verdict.overlaps, unproven: statement.ties_out !== true,
    }) },
  })));
  const ledger_accounts = await store.loadLedgerAccounts(tx, company);
  for (const [i, { statement, verdict, opening, closing }] of weighed.entries()) {
    if (verdict.state !== 'accepted') {
      await store.saveVerdict(tx, statement, verdict.state);
      continue;
    }
    await store.saveVerdict(tx, statement, 'accepted', { opening, closing, gap_before: verdict.gap_before });
    const ledger_account = ledger_accounts.get(statement.account_id)!;
    const against = (kind: string, account: string, amount: bigint | null, statement_id: bigint): JournalEntryDraft[] => {
      if (amount === null || amount === 0n || statement.from === null) return [];
      const lines: JournalLineDraft[] = [
        { account: ledger_account, account_id: statement.account_id, amount, currency: statement.currency },
        { account, amount: -amount, currency: statement.currency },
      ];
      return [{ company, kind, booking_date: statement.from, statement_id, run_id, lines }];
    };
    const drafts = [
      ...against('opening', 'opening_balance', verdict.opening_posting, statement.statement_id),
      ...against('statement_gap', 'statement_gap', verdict.gap_before, statement.statement_id),
    ];
    if (verdict.gap_of_next) {
      // The missing statement is here: what stood in for it is reversed, and what is still missing is posted anew.
      const { statement_id, gap } = verdict.gap_of_next;
      drafts.push(...(await store.loadGapPostings(tx, statement_id)).map((posted): JournalEntryDraft => ({
        company, kind: 'reversal', booking_date: posted.booking_date, statement_id, run_id, reverses: posted.journal_entry_id,
        lines: posted.lines.map((line) => ({ ...line, amount: -line.amount, base_amount: line.base_amount == null ? line.base_amount ?? null : -line.base_amount })),
      })), ...against('statement_gap', 'statement_gap', gap, statement_id));
      await store.saveGapBefore(tx, statement_id, gap);
    }
    await postJournalEntries(tx, seqs[i]!, drafts);
  }
}

function describe(statement: ReceivedStatement): Record<string, string | number | null> {
  return {
    statement_id: String(statement.statement_id), document_id: String(statement.document_id), sha256: statement.sha256, account_id: statement.account_id,
    currency: statement.currency, format: statement.format, sequence: statement.sequence, from: statement.from, to: statement.to,
    opening: text(statement.opening), closing: text(statement.closing), sum: String(statement.sum), entry_count: statement.entry_count,
  };
}

function text(amount: bigint | null): string | null {
  return amount === null ? null : String(amount);
}
