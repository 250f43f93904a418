import { CanonicalText, type Json } from '../../core/canonical-json.ts';
import { evidenceText, type Candidate } from '../../core/evidence.ts';
import { allocateIds, openChain, type LogChain, type LogDraft } from '../../ledger/log.ts';
import { postJournalEntries, type JournalEntryDraft, type JournalLineDraft } from '../../ledger/journal.ts';
import { closedByInvoice, loadTaxes, settleOpenItems } from '../../ledger/open-items.ts';
import { allocationLines, type Allocation, type TaxLine } from '../../ledger/posting.ts';
import { loadReversal } from '../../ledger/reversal.ts';
import { copyRows } from '../../platform/copy.ts';
import { planByIndex, type Tx } from '../../platform/database.ts';
import type { BatchJob } from '../contract.ts';
import { acceptBatch, type AcceptedBatch } from './accept-batch.ts';
import { findLosers, type Contender } from './contend.ts';
import { pairTransfers } from './pair-transfers.ts';
import { decide, type DecisionDraft, type Modes } from './decide.ts';
import { loadRuleset, type Ruleset } from './rules.ts';
import * as store from './store.ts';
import type { KeptEvidence } from './store.ts';

/**
 * Decides a batch, all documents of a run that are of one company, and posts it: statements are accepted, evidence becomes decisions,
 * conflicts between entries are settled for the whole batch, and decision, ledger, open amounts, review items and log are committed
 * together. The company's row is locked, with those of the companies it shares documents with, so there is one writer; memory is that of a chunk.
 */
export const reconcileJob: BatchJob = async ({ run_id, company }, context) => {
  const { tx, signal } = context;
  await planByIndex(tx);
  const companies = await store.lockCompanies(tx, run_id, company);
  const { books_version, mode } = await store.loadCompany(tx, company);
  for (const document_id of await store.listStaleDocuments(tx, run_id, company, books_version)) await context.gatherEvidence(document_id, context);
  const ruleset = loadRuleset(context.rules_folder);
  await store.saveRuleset(tx, ruleset.version, ruleset.content);
  const modes: Modes = { company: mode, rules: await store.loadModes(tx, company) };

  const chain = await openChain(tx);
  const accepted = await acceptBatch(tx, chain, run_id, company, companies);
  const ledger_accounts = await store.loadLedgerAccounts(tx, company);
  const batch: Batch = { tx, run_id, company, ruleset, modes, accepted, ledger_accounts, transfer_legs: new Set(), chain };
  for (const entry_id of await findTransferLegs(batch)) batch.transfer_legs.add(entry_id);
  const losers = await settleConflicts(batch);
  for await (const chunk of store.readEvidence(tx, run_id, company)) {
    signal.throwIfAborted();
    await saveDecisions(batch, chunk.flatMap((kept) => decideLeaf(batch, kept, losers) ?? []));
  }
  await store.raiseBooksVersion(tx, company);
  await chain.close();
};

interface Batch {
  tx: Tx;
  run_id: bigint;
  company: string;
  ruleset: Ruleset;
  modes: Modes;
  accepted: AcceptedBatch;
  ledger_accounts: ReadonlyMap<number, string>;
  /** The entries whose other leg is in the batch too. */
  transfer_legs: Set<string>;
  chain: LogChain;
}

/** A decision by the rules, or one that needs none: the entry is on the books already, or not booked yet. */
type Draft = Omit<DecisionDraft, 'outcome'> & { outcome: DecisionDraft['outcome'] | 'duplicate' | 'pending' };

interface Decided extends KeptEvidence {
  draft: Draft;
  duplicate_of: bigint | null;
}

/** What becomes of one leaf, or null where its document was quarantined and it is decided already. */
function decideLeaf(batch: Batch, kept: KeptEvidence, losers: ReadonlySet<string>): Decided | null {
  const { evidence } = kept;
  const statement_id = BigInt(evidence.statement_id);
  const state = batch.accepted.states.get(statement_id);
  if (state === undefined) return null;
  const duplicate_of = batch.accepted.duplicates.get(statement_id)?.get(evidence.line) ?? null;
  if (duplicate_of !== null) return { ...kept, duplicate_of, draft: plain('duplicate', 'already_on_the_books', 'The same bank entry is already on the books.') };
  if (state === 'preview' || evidence.status !== 'booked') {
    return { ...kept, duplicate_of: null, draft: plain('pending', 'not_yet_booked', 'The bank has announced the entry and not booked it; it is decided when a booked statement brings it.') };
  }
  if (batch.transfer_legs.has(evidence.entry_id)) kept = withBothLegs(kept);
  const draft = decide(kept.evidence, batch.ruleset, batch.modes);
  if (losers.has(evidence.entry_id)) {
    return { ...kept, duplicate_of: null, draft: {
      ...draft, outcome: 'review', chosen: null, reason: 'settled_by_another_entry',
      explanation: 'Another entry of the same night, booked before this one, settles the same invoice or returns the same payment.',
    } };
  }
  return { ...kept, duplicate_of: null, draft };
}

/** Only the batch shows whether a transfer's other leg is there; its evidence is completed before it is decided and logged. */
function withBothLegs({ evidence }: KeptEvidence): KeptEvidence {
  const candidates = evidence.candidates.map((one) => (one.facts.kind === 'transfer' ? { ...one, facts: { ...one.facts, legs: 'both' as const } } : one));
  const complete = { ...evidence, candidates };
  return { evidence: complete, text: evidenceText(complete) };
}

/** The batch's transfers of which both legs are taken onto the books with it. */
async function findTransferLegs({ tx, run_id, company, accepted, ledger_accounts }: Batch): Promise<string[]> {
  if (ledger_accounts.size < 2) return [];
  const taken = (statement_id: bigint, line: number): boolean => accepted.states.get(statement_id) === 'accepted' && !accepted.duplicates.get(statement_id)?.has(line);
  const pairs = (await store.listPossibleTransfers(tx, run_id, company)).filter((pair) => taken(pair.out_statement, pair.out_line) && taken(pair.in_statement, pair.in_line));
  return [...pairTransfers(pairs)].map(String);
}

function plain(outcome: 'duplicate' | 'pending', reason: string, explanation: string): Draft {
  return { outcome, rule: null, reason, explanation, score: null, strength: 0, priority: 0, chosen: null, runner_up: null, suggestions: [] };
}

/** The entries whose certain explanation would consume what another of the batch consumes first, posted or only suggested by its mode. */
async function settleConflicts(batch: Batch): Promise<Set<string>> {
  const contested = await store.listContested(batch.tx, batch.run_id, batch.company);
  if (contested.length === 0) return new Set();
  const claimed = new Set(contested);
  const contenders: Contender[] = [];
  for await (const kept of store.readClaimants(batch.tx, batch.run_id, batch.company, contested)) {
    const decided = decideLeaf(batch, kept, NO_LOSERS);
    const claims = decided ? claimsOf(decided).filter((claim) => claimed.has(claim)) : [];
    if (claims.length === 0) continue;
    const { entry_id, account_id, booking_date, value_date, content_key, amount } = kept.evidence;
    contenders.push({ entry_id: BigInt(entry_id), account_id, booking_date, value_date, content_key, amount, claims });
  }
  return new Set([...findLosers(contenders)].map(String));
}

const NO_LOSERS: ReadonlySet<string> = new Set();

/** What the decision consumes, or would: invoices, or (negative) the decision that it returns. */
function claimsOf({ draft: { chosen } }: Decided): bigint[] {
  if (!chosen) return [];
  return chosen.reverses_decision_id === null ? chosen.allocations.map((part) => BigInt(part.invoice_id)) : [-BigInt(chosen.reverses_decision_id)];
}

const DECISION_COLUMNS = ['decision_id', 'entry_id', 'run_id', 'company', 'outcome', 'decided_by', 'rule_id', 'ruleset', 'reason', 'explanation',
  'score', 'runner_up', 'suggestions', 'ledger_lines', 'duplicate_of', 'returns', 'log_seq'] as const;
const ALLOCATION_COLUMNS = ['decision_id', 'n', 'invoice_id', 'amount', 'settled', 'settled_currency', 'discount', 'charges', 'withholding', 'write_off'] as const;
const REVIEW_COLUMNS = ['entry_id', 'company', 'decision_id', 'reason', 'priority'] as const;

/** Saves a chunk's decisions with all that follows from them, each table as a set. */
async function saveDecisions(batch: Batch, decided: readonly Decided[]): Promise<void> {
  if (decided.length === 0) return;
  const { tx, run_id, company, ruleset, chain, ledger_accounts } = batch;
  const ids = await allocateIds(tx, 'decision_decision_id_seq', decided.length);
  const seqs = await chain.reserve(decided.length);
  const effects = await effectsOf(batch, decided);

  await copyRows(tx.client, 'decision', DECISION_COLUMNS, decided.map(({ evidence, draft, duplicate_of }, i) => [
    ids[i], evidence.entry_id, run_id, company, draft.outcome, 'rule', draft.rule?.id ?? null, draft.rule ? ruleset.version : null, draft.reason,
    draft.explanation, draft.score === null ? null : draft.score / 1000, json(draft.runner_up), json(waits(draft) ? draft.suggestions : null),
    json(effects[i]!.ledger_lines), duplicate_of, draft.outcome === 'auto' ? draft.chosen?.reverses_decision_id ?? null : null, seqs[i],
  ]));
  await copyRows(tx.client, 'allocation', ALLOCATION_COLUMNS, decided.flatMap((_, i) => effects[i]!.allocations.map((part, n) => [
    ids[i], n + 1, part.invoice_id, part.amount, part.settled, part.currency, part.discount, part.charges, part.withholding, part.write_off,
  ])));
  await chain.appendAs(seqs, decided.map(({ evidence, text, draft, duplicate_of }, i): LogDraft => ({
    company, run_id, actor: draft.rule ? `${draft.rule.id}@${ruleset.version}` : 'tieout', action: 'decide', entry_id: BigInt(evidence.entry_id), decision_id: ids[i]!,
    payload: {
      outcome: draft.outcome, reason: draft.reason, evidence: new CanonicalText(text), mode: batch.modes.company,
      rule_modes: batch.modes.rules, ruleset: ruleset.version, runner_up: draft.runner_up as unknown as Json,
      allocations: effects[i]!.allocations.map((part): Json => ({
        invoice_id: String(part.invoice_id), amount: String(part.amount), settled: String(part.settled), discount: String(part.discount),
        charges: String(part.charges), withholding: String(part.withholding), write_off: String(part.write_off),
      })),
      ...(duplicate_of !== null && { duplicate_of: String(duplicate_of) }),
    },
  })));
  await postJournalEntries(tx, seqs.filter((_, i) => effects[i]!.posts), decided.flatMap(({ evidence }, i): JournalEntryDraft[] => (effects[i]!.posts ? [{
    company, kind: 'bank_entry', booking_date: evidence.booking_date, entry_id: BigInt(evidence.entry_id), decision_id: ids[i]!, run_id,
    lines: [{ account: ledger_accounts.get(evidence.account_id)!, account_id: evidence.account_id, amount: BigInt(evidence.amount), currency: evidence.facts.currency }, ...effects[i]!.lines],
  }] : [])));
  await settleOpenItems(tx, closedByInvoice(effects.flatMap(({ allocations }) => allocations)));
  await copyRows(tx.client, 'review_item', REVIEW_COLUMNS, decided.flatMap(({ evidence, draft }, i) => (
    waits(draft) ? [[evidence.entry_id, company, ids[i], draft.reason, draft.priority]] : [])));
}

/** What a decision does to the books: nothing for duplicates and previews, the whole amount to unallocated for a review. */
interface Effects {
  posts: boolean;
  allocations: Allocation[];
  lines: JournalLineDraft[];
  /** Where what no allocation took went, for the export. */
  ledger_lines: { account: string; amount: string }[] | null;
}

async function effectsOf(batch: Batch, decided: readonly Decided[]): Promise<Effects[]> {
  const discounted = decided.flatMap(({ draft }) => (draft.chosen?.allocations ?? []).filter((part) => part.discount !== '0').map((part) => BigInt(part.invoice_id)));
  const taxes = await loadTaxes(batch.tx, discounted);
  const out: Effects[] = [];
  for (const one of decided) out.push(await effectOf(batch, one, taxes));
  return out;
}

async function effectOf(batch: Batch, { evidence, draft }: Decided, taxes: ReadonlyMap<bigint, TaxLine[]>): Promise<Effects> {
  const whole = (account: string): Effects => ({
    posts: true, allocations: [], lines: [{ account, amount: -BigInt(evidence.amount), currency: evidence.facts.currency }],
    ledger_lines: account === 'unallocated' ? null : [{ account, amount: evidence.amount }],
  });
  if (draft.outcome === 'duplicate' || draft.outcome === 'pending') return { posts: false, allocations: [], lines: [], ledger_lines: null };
  if (draft.outcome === 'review') return whole('unallocated');
  const chosen = draft.chosen;
  if (!chosen) return whole('suspense');
  if (chosen.ledger_account !== null) return whole(chosen.ledger_account);
  if (chosen.reverses_decision_id !== null) {
    // Rare, so a query of its own.
    return { posts: true, ...await loadReversal(batch.tx, BigInt(chosen.reverses_decision_id)) };
  }
  const allocations = allocationsOf(chosen);
  return { posts: true, allocations, lines: allocations.flatMap((part) => allocationLines(part, taxes.get(part.invoice_id) ?? null)), ledger_lines: null };
}

function allocationsOf(chosen: Candidate): Allocation[] {
  return chosen.allocations.map((part) => ({
    invoice_id: BigInt(part.invoice_id), kind: part.kind, party_id: part.party_id, currency: part.currency, amount: BigInt(part.amount),
    settled: BigInt(part.settled), discount: BigInt(part.discount), charges: BigInt(part.charges), withholding: BigInt(part.withholding), write_off: 0n,
  }));
}

/** Whether the entry goes into the review queue. */
function waits({ outcome }: Draft): boolean {
  return outcome === 'review' || outcome === 'suspense';
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
