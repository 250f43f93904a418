import { canonicalJson, CanonicalText, type Json } from '../../core/canonical-json.ts';
import type { Candidate } from '../../core/evidence.ts';
import { postJournalEntries, type JournalEntryDraft, type JournalLineDraft } from '../../ledger/journal.ts';
import { allocateIds, type LogDraft } from '../../ledger/log.ts';
import { closedByInvoice, loadTerms, settleOpenItems } from '../../ledger/open-items.ts';
import { allocationLines, ownLine, postingFindings, type Allocation, type InvoiceTerms } from '../../ledger/posting.ts';
import { loadReversal } from '../../ledger/reversal.ts';
import { copyRows } from '../../platform/copy.ts';
import type { Batch, Before, Decided } from './batch.ts';
import { accountOf, waits } from './draft.ts';
import { logContender } from './replay.ts';
import * as store from './store.ts';
import type { Standing } from './store.ts';

/** What a batch's decisions do to the books: decisions, allocations, log records, journal entries, open amounts and review items of a chunk, each as a set. */

const DECISION_COLUMNS = ['decision_id', 'entry_id', 'run_id', 'company', 'outcome', 'decided_by', 'rule_id', 'ruleset', 'reason', 'explanation',
  'score', 'runner_up', 'suggestions', 'ledger_lines', 'duplicate_of', 'returns', 'log_seq', 'supersedes'] as const;
const ALLOCATION_COLUMNS = ['decision_id', 'n', 'invoice_id', 'amount', 'settled', 'settled_currency', 'discount', 'charges', 'withholding', 'write_off'] as const;
const REVIEW_COLUMNS = ['entry_id', 'company', 'decision_id', 'reason', 'priority'] as const;

/** A decision to be saved, in place of the one that stands, if any does. */
type Saved = Decided & { before: Before | null };

/** Saves a chunk's decisions with all that follows from them, each table as a set. What would be decided as it stands is left alone. */
export async function saveDecisions(batch: Batch, made: readonly Decided[]): Promise<void> {
  const { tx, run_id, company, ruleset, chain } = batch;
  const standing = await store.loadStanding(tx, made.filter((one) => one.open).map((one) => one.evidence.entry_id));
  const decided = made.map((one): Saved => ({ ...one, before: beforeOf(batch, one, standing) })).filter((one) => !one.before?.decision || differs(one, one.before.decision));
  if (decided.length === 0) return;
  const ids = await allocateIds(tx, 'decision_decision_id_seq', decided.length);
  const seqs = await chain.reserve(decided.length);
  const effects = await effectsOf(batch, decided);
  batch.changed += decided.filter((one) => one.before !== null).length;

  await store.supersede(tx, decided.flatMap((one, i) => (one.before?.supersedes ? [{ old: one.before.supersedes, by: ids[i]! }] : [])));
  await copyRows(tx.client, 'decision', DECISION_COLUMNS, decided.map(({ evidence, draft, duplicate_of, before }, i) => [
    ids[i], evidence.entry_id, run_id, company, draft.outcome, 'rule', draft.rule?.id ?? null, draft.rule ? ruleset.version : null, draft.reason,
    draft.explanation, draft.score === null ? null : draft.score / 1000, json(draft.runner_up), json(waits(draft) ? draft.suggestions : null),
    json(effects[i]!.ledger_lines), duplicate_of, draft.outcome === 'auto' ? draft.chosen?.reverses_decision_id ?? null : null, seqs[i], before?.supersedes ?? null,
  ]));
  await copyRows(tx.client, 'allocation', ALLOCATION_COLUMNS, decided.flatMap((_, i) => effects[i]!.allocations.map((part, n) => [
    ids[i], n + 1, part.invoice_id, part.amount, part.settled, part.currency, part.discount, part.charges, part.withholding, part.write_off,
  ])));
  await chain.appendAs(seqs, decided.map(({ evidence, text, draft, duplicate_of, contest, before }, i): LogDraft => ({
    company, run_id, actor: draft.rule ? `${draft.rule.id}@${ruleset.version}` : 'tieout', action: 'decide', entry_id: BigInt(evidence.entry_id), decision_id: ids[i]!,
    payload: {
      outcome: draft.outcome, reason: draft.reason, evidence: new CanonicalText(text), mode: batch.modes.company,
      rule_modes: batch.modes.rules, ruleset: ruleset.version, runner_up: draft.runner_up as unknown as Json,
      allocations: effects[i]!.allocations.map((part): Json => ({
        invoice_id: String(part.invoice_id), amount: String(part.amount), settled: String(part.settled), discount: String(part.discount),
        charges: String(part.charges), withholding: String(part.withholding), write_off: String(part.write_off),
      })),
      ...(duplicate_of !== null && { duplicate_of: String(duplicate_of) }),
      ...(contest && { contest: contest.map(logContender) }),
      ...(before?.supersedes && { supersedes: String(before.supersedes) }),
      ...(draft.outcome === 'auto' && draft.chosen?.reverses_decision_id && { returns: draft.chosen.reverses_decision_id }),
      ...(effects[i]!.findings && { findings: effects[i]!.findings }),
    },
  })));
  const posting = decided.flatMap((_, i) => (effects[i]!.posts ? [i] : []));
  await postJournalEntries(tx, posting.map((i) => seqs[i]!), posting.map((i): JournalEntryDraft => {
    const { evidence, before } = decided[i]!;
    return {
      company, kind: before ? 'allocation' : 'bank_entry', booking_date: evidence.booking_date, entry_id: BigInt(evidence.entry_id), decision_id: ids[i]!, run_id,
      lines: [ownLine(stoodAt(batch, decided[i]!), effects[i]!.lines, batch.functional_currency), ...effects[i]!.lines],
    };
  }));
  await settleOpenItems(tx, closedByInvoice(effects.flatMap(({ allocations }) => allocations)));
  await copyRows(tx.client, 'review_item', REVIEW_COLUMNS, decided.flatMap(({ evidence, draft, before }, i) => (
    !before?.decision && waits(draft) ? [[evidence.entry_id, company, ids[i], draft.reason, draft.priority]] : [])));
  await store.updateReviewItems(tx, decided.flatMap(({ evidence, draft, before }, i) => (
    before?.decision ? [{ entry_id: evidence.entry_id, decision_id: ids[i]!, reason: draft.reason, priority: draft.priority, done: !waits(draft) }] : [])));
}

function beforeOf(batch: Batch, { evidence }: Decided, standing: ReadonlyMap<string, Standing>): Before | null {
  const decision = standing.get(evidence.entry_id);
  return decision ? { at: waitingAccount(decision.outcome), decision, supersedes: decision.decision_id } : batch.details.get(evidence.entry_id) ?? null;
}

/** Whether a person would see anything else, or the entry be posted elsewhere, than by the decision that stands. */
function differs({ draft }: Decided, standing: Standing): boolean {
  return draft.outcome !== standing.outcome || draft.reason !== standing.reason || (draft.rule?.id ?? null) !== standing.rule_id
    || canonicalJson(draft.suggestions as unknown as Json) !== canonicalJson((standing.suggestions ?? []) as Json);
}

/** The line that takes the entry to where it goes: from the bank, or from the account on which it has waited. */
function stoodAt({ ledger_accounts }: Batch, { evidence, before }: Saved): JournalLineDraft {
  const line = { amount: BigInt(evidence.amount), currency: evidence.facts.currency };
  if (before) return { account: before.at, ...line };
  return { account: ledger_accounts.get(evidence.account_id)!, account_id: evidence.account_id, ...line };
}

/** Where an entry stands until it is decided. */
export function waitingAccount(outcome: 'review' | 'suspense'): 'unallocated' | 'suspense' {
  return outcome === 'suspense' ? 'suspense' : 'unallocated';
}

/** What a decision does to the books: nothing for duplicates and previews, the whole amount to unallocated for a review. */
interface Effects {
  posts: boolean;
  allocations: Allocation[];
  lines: JournalLineDraft[];
  /** Where what no allocation took went, for the export. */
  ledger_lines: { account: string; amount: string }[] | null;
  /** What could not be posted as it should; absent for nothing. */
  findings?: string[];
}

async function effectsOf(batch: Batch, decided: readonly Saved[]): Promise<Effects[]> {
  const wanted = decided.flatMap(({ draft, evidence }) => (draft.chosen?.allocations ?? [])
    .filter((part) => part.discount !== '0' || part.currency !== evidence.facts.currency).map((part) => BigInt(part.invoice_id)));
  const terms = await loadTerms(batch.tx, wanted);
  const out: Effects[] = [];
  for (const one of decided) out.push(await effectOf(batch, one, terms));
  return out;
}

async function effectOf(batch: Batch, { evidence, draft, before }: Saved, terms: ReadonlyMap<bigint, InvoiceTerms>): Promise<Effects> {
  const whole = (account: string): Effects => ({
    posts: account !== before?.at, allocations: [], lines: [{ account, party_id: draft.chosen?.party_id ?? null, amount: -BigInt(evidence.amount), currency: evidence.facts.currency }],
    ledger_lines: account === 'unallocated' ? null : [{ account, amount: evidence.amount }],
  });
  if (draft.outcome === 'duplicate' || draft.outcome === 'pending') return { posts: false, allocations: [], lines: [], ledger_lines: null };
  const account = accountOf(draft);
  if (account !== null) return whole(account);
  const chosen = draft.chosen!;
  if (chosen.reverses_decision_id !== null) {
    // Rare, so a query of its own.
    return { posts: true, ...await loadReversal(batch.tx, BigInt(chosen.reverses_decision_id), { amount: BigInt(evidence.amount), currency: evidence.facts.currency }) };
  }
  const allocations = allocationsOf(chosen);
  const currencies = { entry: evidence.facts.currency, functional: batch.functional_currency };
  const findings = new Set(allocations.flatMap((part) => postingFindings(part, terms.get(part.invoice_id) ?? null, currencies)));
  return {
    posts: true, allocations, lines: allocations.flatMap((part) => allocationLines(part, terms.get(part.invoice_id) ?? null, currencies)), ledger_lines: null,
    ...(findings.size > 0 && { findings: [...findings].sort() }),
  };
}

function allocationsOf(chosen: Candidate): Allocation[] {
  return chosen.allocations.map((part) => ({
    invoice_id: BigInt(part.invoice_id), kind: part.kind, party_id: part.party_id, currency: part.currency, amount: BigInt(part.amount),
    settled: BigInt(part.settled), discount: BigInt(part.discount), charges: BigInt(part.charges), withholding: BigInt(part.withholding), write_off: 0n,
  }));
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
