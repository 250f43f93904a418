import type { Json } from '../../core/canonical-json.ts';
import { listEquals, pairWithBooks, type EntryIdentity } from '../../core/entry-identity.ts';
import type { Check } from '../../core/statement.ts';
import { loadBookedIdentities, loadIdentities, loadTexts } from '../../ledger/bank-entries.ts';
import type { JournalEntryDraft, JournalLineDraft } from '../../ledger/journal.ts';
import { postJournalEntries } from '../../ledger/journal.ts';
import type { LogChain, LogDraft } from '../../ledger/log.ts';
import type { Tx } from '../../platform/database.ts';
import { acceptStatement, compareStatements, openingOf, placeOf, repeatedBy } from './accept.ts';
import type { BookedStatement, Difference, ReceivedStatement, StatementVerdict } from './contract.ts';
import * as store from './store.ts';

/** What the batch's statements have become. */
export interface AcceptedBatch {
  /** How many of them are the company's, quarantined ones included. */
  statements: number;
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
  /** For a statement that is issued again: which one, and where it differs. */
  reissue: Reissue | null;
}

interface Reissue { of: bigint; added: readonly EntryIdentity[]; dropped: readonly EntryIdentity[] }

/**
 * Takes the batch's statements onto the books: weighs each against its account's chain, quarantines whole documents, posts opening
 * balances and gaps. The result depends on the batch and the books alone, not on the order in which documents came. `companies` are those
 * that share documents with this one, itself included: their statements are weighed too, for a document is taken whole or not at all.
 */
export async function acceptBatch(tx: Tx, chain: LogChain, run_id: bigint, company: string, companies: readonly string[]): Promise<AcceptedBatch> {
  const received = (await store.loadReceived(tx, run_id, companies)).sort(compareStatements);
  const refused = new Map<bigint, Check>();
  for (const { document_id, failed_check } of received) {
    if (failed_check !== null) refused.set(document_id, { name: failed_check, ok: false, detail: `its check ${failed_check} failed` });
  }
  const by_account = Map.groupBy(received, (statement) => statement.account_id);
  const booked = await store.loadBooked(tx, [...by_account.keys()]);
  const balances = await store.loadBankBalances(tx, [...by_account.keys()]);
  const load = createIdentityLoader(tx);

  const reissues = new Map<bigint, Reissue>();
  let weighed: Weighed[] = [];
  for (let known = -1; known !== refused.size;) {
    // A document that one account refuses is off the books of the others too, which may change what follows there.
    known = refused.size;
    weighed = [];
    for (const [account_id, statements] of by_account) {
      weighed.push(...await weighAccount(account_id, statements.filter((one) => !refused.has(one.document_id)), booked.get(account_id) ?? [], balances.get(account_id) ?? 0n, load));
    }
    for (const { statement, verdict, reissue } of weighed) if (verdict.state === 'quarantined' && reissue) reissues.set(statement.statement_id, reissue);
    for (const { statement, verdict } of weighed) if (verdict.state === 'quarantined' && !refused.has(statement.document_id)) refused.set(statement.document_id, verdict.check);
  }

  const own = weighed.filter(({ statement }) => statement.company === company);
  await quarantine(tx, chain, run_id, company, received.filter((one) => one.company === company && refused.has(one.document_id)), refused, reissues);
  await post(tx, chain, run_id, company, own);
  return {
    statements: received.filter((one) => one.company === company).length,
    states: new Map(own.map(({ statement, verdict }) => [statement.statement_id, verdict.state as 'accepted' | 'duplicate' | 'preview'])),
    duplicates: new Map(own.map(({ statement, duplicates }) => [statement.statement_id, duplicates])),
  };
}

/** Weighs an account's statements one after the other, each against the books as those before it leave them. `balance` is the ledger's. */
async function weighAccount(account_id: number, statements: readonly ReceivedStatement[], before: readonly BookedStatement[], balance: bigint, load: IdentityLoader): Promise<Weighed[]> {
  const books = [...before];
  const waiting = [...statements];
  const fresh: BookedIdentity[] = [];
  const out: Weighed[] = [];
  while (waiting.length > 0) {
    const statement = takeNext(waiting, books.at(-1)?.closing ?? null);
    const place = placeOf(statement, books);
    const duplicates = new Map<number, bigint>();
    let reissue: Reissue | null = null;
    let found: Difference = { added: statement.entry_count, sum: statement.sum, dropped: 0 };
    const own = place.kind === 'overlaps' ? await load.ofStatement(statement.statement_id) : [];
    if (place.kind === 'overlaps') {
      const { from, to } = { from: statement.from!, to: statement.to! };
      const on_books = [...await load.onBooks(account_id, from, to), ...fresh.filter((one) => one.booking_date >= from && one.booking_date <= to)];
      const pairs = pairWithBooks(own, on_books, await load.texts(listEquals(own, on_books)));
      const added = own.filter((entry) => pairs.get(entry.entry_id) === null);
      for (const entry of own) if (pairs.get(entry.entry_id) !== null) duplicates.set(entry.line, pairs.get(entry.entry_id)!);
      const paired = new Set(duplicates.values());
      const repeated = repeatedBy(statement, books)?.statement_id;
      const dropped = on_books.filter((entry) => entry.statement_id === repeated && !paired.has(entry.entry_id));
      found = { added: added.length, sum: added.reduce((sum, entry) => sum + entry.amount, 0n), dropped: dropped.length };
      if (repeated !== undefined) reissue = { of: repeated, added, dropped };
    }
    const verdict = acceptStatement(statement, place, books, found, balance);
    const last = books.at(-1) ?? null;
    const opening = openingOf(statement) ?? (place.kind === 'first' ? null : last?.closing ?? null);
    const base = place.kind === 'overlaps' ? last!.closing : opening;
    const closing = statement.closing ?? (base === null ? null : base + found.sum);
    out.push({ statement, verdict, opening, closing, duplicates, reissue });
    if (verdict.state !== 'accepted') continue;
    balance += found.sum + (verdict.opening_posting ?? 0n) + (verdict.gap_before ?? 0n);
    // Identities of what this batch brings are only needed when a later statement of it overlaps.
    if (statements.length > 1) {
      const lines = own.length > 0 ? own : await load.ofStatement(statement.statement_id);
      for (const entry of lines) if (!duplicates.has(entry.line)) fresh.push({ ...entry, statement_id: statement.statement_id });
    }
    if (statement.from !== null && statement.to !== null) {
      const { statement_id, format, sequence, from, to } = statement;
      books.push({ statement_id, format, sequence, from, to, opening, closing, proven: statement.ties_out !== null, gap_before: verdict.gap_before });
      books.sort((a, b) => (a.to < b.to ? -1 : a.to > b.to ? 1 : a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
    }
    if (verdict.gap_of_next) {
      const at = books.findIndex((other) => other.statement_id === verdict.gap_of_next!.statement_id);
      balance += (verdict.gap_of_next.gap ?? 0n) - (books[at]!.gap_before ?? 0n);
      books[at] = { ...books[at]!, gap_before: verdict.gap_of_next.gap };
    }
  }
  return out;
}

/** The first of those that wait; of several for the same days without numbers, the one that opens with the books' closing balance. */
function takeNext(waiting: ReceivedStatement[], closing: bigint | null): ReceivedStatement {
  const { from, to, sequence } = waiting[0]!;
  const at = sequence !== null || closing === null ? -1 : waiting.findIndex((other) => other.from === from && other.to === to && openingOf(other) === closing);
  return waiting.splice(Math.max(at, 0), 1)[0]!;
}

type BookedIdentity = EntryIdentity & { statement_id: bigint };

interface IdentityLoader {
  ofStatement(statement_id: bigint): Promise<(EntryIdentity & { line: number })[]>;
  onBooks(account_id: number, from: string, to: string): Promise<BookedIdentity[]>;
  texts(entry_ids: readonly bigint[]): Promise<Map<bigint, string>>;
}

/** Weighing may be repeated; what was loaded once is kept for the batch. */
function createIdentityLoader(tx: Tx): IdentityLoader {
  const statements = new Map<bigint, Promise<(EntryIdentity & { line: number })[]>>();
  const windows = new Map<string, Promise<BookedIdentity[]>>();
  return {
    ofStatement: (statement_id) => statements.getOrInsertComputed(statement_id, () => loadIdentities(tx, statement_id)),
    onBooks: (account_id, from, to) => windows.getOrInsertComputed(`${account_id} ${from} ${to}`, () => loadBookedIdentities(tx, account_id, from, to)),
    texts: (entry_ids) => loadTexts(tx, entry_ids),
  };
}

async function quarantine(tx: Tx, chain: LogChain, run_id: bigint, company: string, statements: readonly ReceivedStatement[], refused: ReadonlyMap<bigint, Check>, reissues: ReadonlyMap<bigint, Reissue>): Promise<void> {
  const seqs = await chain.append(statements.map((statement): LogDraft => ({
    company, run_id, actor: 'tieout', action: 'quarantine_statement', entry_id: null, decision_id: null,
    payload: { ...describe(statement), check: { ...refused.get(statement.document_id)! }, ...differenceTo(reissues.get(statement.statement_id)) },
  })));
  for (const [i, statement] of statements.entries()) {
    const check = refused.get(statement.document_id)!;
    await store.saveVerdict(tx, statement, 'quarantined', { ...(statement.failed_check === null && { check }), reissue_of: reissues.get(statement.statement_id)?.of });
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
    await store.saveVerdict(tx, statement, 'accepted', { opening, closing, gap_before: verdict.gap_before, log_seq: seqs[i]! });
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

/** Keeps a record of the log readable where a statement of a million entries comes again with other dates. */
const MAX_DIFFERENCES = 100;

function differenceTo(reissue: Reissue | undefined): Record<string, Json> {
  if (!reissue) return {};
  const listed = (entries: readonly EntryIdentity[]): Json => entries.slice(0, MAX_DIFFERENCES)
    .map(({ entry_id, booking_date, amount, bank_reference }) => ({ entry_id: String(entry_id), booking_date, amount: String(amount), bank_reference }));
  return { reissue_of: String(reissue.of), added: listed(reissue.added), dropped: listed(reissue.dropped) };
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
