import { setImmediate } from 'node:timers/promises';
import { canonicalJson, CanonicalText, type Json } from '../../core/canonical-json.ts';
import type { CalendarDate } from '../../core/date.ts';
import { evidenceText, RETURN, type Candidate, type Evidence } from '../../core/evidence.ts';
import { allocateIds, openChain, type LogChain, type LogDraft } from '../../ledger/log.ts';
import { postJournalEntries, type JournalEntryDraft, type JournalLineDraft } from '../../ledger/journal.ts';
import { closedByInvoice, loadTerms, settleOpenItems } from '../../ledger/open-items.ts';
import { allocationLines, ownLine, postingFindings, type Allocation, type InvoiceTerms } from '../../ledger/posting.ts';
import { loadReversal } from '../../ledger/reversal.ts';
import { copyRows } from '../../platform/copy.ts';
import { planByIndex, type Tx } from '../../platform/database.ts';
import type { BatchContext, BatchJob } from '../contract.ts';
import { acceptBatch, type AcceptedBatch } from './accept-batch.ts';
import { findLosers, type Contender } from './contend.ts';
import { joinNotifications } from './join-notifications.ts';
import { pairTransfers } from './pair-transfers.ts';
import type { Modes } from './decide.ts';
import { accountOf, alreadyOnTheBooks, claimsOf, decideEntry, namedClaims, notYetBooked, waits, type Draft } from './draft.ts';
import { logContender } from './replay.ts';
import { rulesInForce } from './in-force.ts';
import type { Ruleset } from './rules.ts';
import * as store from './store.ts';
import type { EvidenceScope, KeptEvidence, Standing } from './store.ts';

/**
 * Decides a batch, all documents of a run that are of one company, and posts it: statements are accepted, evidence becomes decisions,
 * conflicts between entries are settled for the whole batch, and decision, ledger, open amounts, review items and log are committed
 * together. What waits from earlier batches is held against the books again and takes part, as far as no person has decided it. The company's
 * row is locked, with those of the companies it shares documents with, so there is one writer; memory is that of a chunk.
 *
 * The batches of companies that share documents are one: were another run's batch to come in between, a document could be on the books of one
 * company and refused by the other. Whichever of them is due first decides all, and the others find nothing left.
 */
export const reconcileJob: BatchJob = async ({ run_id, company }, context) => {
  const { tx } = context;
  await planByIndex(tx);
  const companies = await store.lockCompanies(tx, run_id, company);
  await store.createOpenEvidence(tx);
  const chain = await openChain(tx);
  for (const one of companies) await decideCompany(run_id, one, companies, chain, context);
  await chain.close();
};

async function decideCompany(run_id: bigint, company: string, companies: readonly string[], chain: LogChain, context: BatchContext): Promise<void> {
  const { tx } = context;
  const { books_version, mode, functional_currency, rematched } = await store.loadCompany(tx, company);
  for (const document_id of await store.listStaleDocuments(tx, run_id, company, books_version)) await context.gatherEvidence(document_id, context);
  const { ruleset, approved } = await rulesInForce(tx, context.rules_folder, run_id, chain);
  const own: Modes = { company: mode, rules: await store.loadModes(tx, company) };
  const modes = approved ? own : withoutAutomatic(own);

  const accepted = await acceptBatch(tx, chain, run_id, company, companies);
  const ledger_accounts = await store.loadLedgerAccounts(tx, company);
  const batch: Batch = { tx, run_id, company, ruleset, modes, accepted, ledger_accounts, functional_currency, transfer_legs: new Set(), joined: new Set(), details: new Map(), late: [], returns: [], after_returns: [], reopened: NOTHING_REOPENED, losers: new Map(), taken: new Set(), changed: 0, chain };

  await store.clearOpenEvidence(tx);
  const state = canonicalJson({ books_version: String(books_version), ruleset: ruleset.version, modes: { company: modes.company, rules: modes.rules } });
  if (rematched !== state || accepted.statements > 0) {
    await joinDetails(batch, context);
    await gatherWaiting(batch, context);
  }
  for (const entry_id of await findTransferLegs(batch)) batch.transfer_legs.add(entry_id);
  batch.reopened = await findReopened(batch, { run_id, company, open_only: false });
  await decideScope(batch, { run_id, company, open_only: false }, context.signal);
  // What another entry has settled is no longer to be suggested, and what a return gives back may have been booked, or have come to a person, in
  // the same night; what it opens again, what is booked after it may pay: they come last, the one after the other, and are held against the books
  // with all the rest.
  for (const late of [batch.late, batch.returns, batch.after_returns]) {
    if (late.length === 0) continue;
    await store.clearOpenEvidence(tx);
    for (const chunk of chunked(late)) await context.gatherOpenEvidence(company, chunk, context);
    await decideScope(batch, { run_id, company, open_only: true }, context.signal);
  }
  // Where nothing came and nothing changed, the next run need not look again.
  if (accepted.statements > 0 || batch.changed > 0) await store.raiseBooksVersion(tx, company);
  await store.saveRematched(tx, company, state);
}

/** The same, but that what would be posted is only suggested. */
function withoutAutomatic({ company, rules }: Modes): Modes {
  const lower = (mode: Modes['company']): Modes['company'] => (mode === 'auto' ? 'suggest' : mode);
  return { company: lower(company), rules: Object.fromEntries(Object.entries(rules).map(([rule_id, mode]) => [rule_id, lower(mode)])) };
}

/** As many entries as validate takes at a time, for the same reason. */
const CHUNK_ENTRIES = 2_000;

function* chunked(ids: readonly bigint[]): Generator<bigint[]> {
  for (let at = 0; at < ids.length; at += CHUNK_ENTRIES) yield ids.slice(at, at + CHUNK_ENTRIES);
}

/** Gathers evidence for what waits from earlier batches, chunk by chunk. */
async function gatherWaiting({ tx, company }: Batch, context: BatchContext): Promise<void> {
  for (let after = 0n; ;) {
    context.signal.throwIfAborted();
    const waiting = await store.listWaiting(tx, company, after, CHUNK_ENTRIES);
    if (waiting.length === 0) return;
    await context.gatherOpenEvidence(company, waiting, context);
    after = waiting.at(-1)!;
  }
}

/** Gives batch bookings the details that a notification has brought, before or with them, and gathers these details' evidence. */
async function joinDetails(batch: Batch, context: BatchContext): Promise<void> {
  const { tx, run_id, company, accepted, chain } = batch;
  const possible = (await store.listPossibleJoins(tx, run_id, company)).filter(({ waits, statement_id, line }) => waits || !accepted.duplicates.get(statement_id)?.has(line));
  if (possible.length === 0) return;
  const joins = [...joinNotifications(possible)].map(([booked, notification]) => ({ booked, notification }));
  if (joins.length === 0) return;
  const waiting = new Set(possible.filter(({ waits }) => waits).map(({ booked }) => booked));
  const standing = await store.loadStanding(tx, [...waiting].map(String));
  const details = await store.saveJoins(tx, joins);
  await store.closeReviewItems(tx, joins.filter(({ booked }) => waiting.has(booked)).map(({ booked }) => booked));
  for (const { booked } of joins) batch.joined.add(String(booked));
  for (const { entry_id, booked, detail } of details) {
    const of = standing.get(String(booked));
    if (of) batch.details.set(String(entry_id), { at: waitingAccount(of.outcome), supersedes: detail === 1 ? of.decision_id : null, decision: null });
  }
  await chain.append(joins.map(({ booked, notification }): LogDraft => ({
    company, run_id, actor: 'tieout', action: 'join_notification', entry_id: booked, decision_id: null,
    payload: { notification_entry_id: String(notification), details: details.filter((one) => one.booked === booked).map((one) => String(one.entry_id)) },
  })));
  for (const chunk of chunked(details.map(({ entry_id }) => entry_id))) await context.gatherOpenEvidence(company, chunk, context);
}

/** Decides the scope chunk by chunk. While Postgres takes in what one has decided, the next is decided. */
async function decideScope(batch: Batch, scope: EvidenceScope, signal: AbortSignal): Promise<void> {
  const losers = await settleConflicts(batch, scope);
  let decided: Decided[] = [];
  for await (const chunk of store.readEvidence(batch.tx, scope)) {
    signal.throwIfAborted();
    const saving = saveDecisions(batch, decided);
    // Waited for below; until then its failure must not count as unhandled.
    saving.catch(() => {});
    try {
      decided = await decideChunk(batch, scope, chunk, losers);
    } finally {
      await saving;
    }
  }
  await saveDecisions(batch, decided);
}

/** Some milliseconds of deciding: what is being saved goes on between two of these. */
const ENTRIES_AT_ONCE = 100;

async function decideChunk(batch: Batch, scope: EvidenceScope, chunk: Iterable<KeptEvidence>, losers: Losers): Promise<Decided[]> {
  const decided: Decided[] = [];
  let n = 0;
  for (const kept of chunk) {
    if (++n % ENTRIES_AT_ONCE === 0) await setImmediate();
    const { entry_id } = kept.evidence;
    if (isDeferred(batch, kept, scope)) {
      batch.returns.push(BigInt(entry_id));
    } else if (followsReturn(batch, kept, scope)) {
      batch.after_returns.push(BigInt(entry_id));
    } else if (losers.has(entry_id) && !scope.open_only) {
      batch.late.push(BigInt(entry_id));
      batch.losers.set(entry_id, losers.get(entry_id)!);
    } else {
      const one = decideLeaf(batch, kept, losers);
      // What a person would be offered is settled by another entry: what is left is to be told once that is on the books.
      if (one && !scope.open_only && one.draft.outcome === 'review' && one.draft.suggestions[0]?.allocations.some((part) => batch.taken.has(part.invoice_id))) batch.late.push(BigInt(entry_id));
      else if (one) decided.push(one);
    }
  }
  return decided;
}

/** Whether its decision waits until all others are made. */
function isDeferred(batch: Batch, { evidence, open }: KeptEvidence, scope: EvidenceScope): boolean {
  return !scope.open_only && evidence.facts.is_return && (open || isTaken(batch, evidence));
}

/** What the batch's returns open again: by party, the day of its first; and the entries that they may give back. */
interface Reopened { since: ReadonlyMap<string, CalendarDate>; given_back: ReadonlySet<string> }

const NOTHING_REOPENED: Reopened = { since: new Map(), given_back: new Set() };

/** Whose invoices the batch's returns may open again: those that the entries given back have settled, or, where they come in the same batch, may settle. */
async function findReopened(batch: Batch, scope: EvidenceScope): Promise<Reopened> {
  const { tx, company } = batch;
  const returns: bigint[] = [];
  for await (const kept of store.readClaimants(tx, scope, [RETURN])) if (isDeferred(batch, kept, scope)) returns.push(BigInt(kept.evidence.entry_id));
  if (returns.length === 0) return NOTHING_REOPENED;
  const returned = new Map((await store.listReturned(tx, company, returns)).map((one) => [String(one.entry_id), one]));
  const since = new Map<string, CalendarDate>();
  const note = (party_ids: Iterable<string>, { returned_on }: store.Returned): void => {
    for (const party_id of party_ids) {
      const known = since.get(party_id);
      if (known === undefined || returned_on < known) since.set(party_id, returned_on);
    }
  };
  for (const one of returned.values()) note(one.party_ids, one);
  for await (const { evidence } of store.readEvidenceOf(tx, scope, [...returned.values()])) note(partiesOf(evidence), returned.get(evidence.entry_id)!);
  return { since, given_back: new Set(returned.keys()) };
}

/** Whether it may pay what a return of the batch, booked no later, opens again. */
function followsReturn(batch: Batch, { evidence, open }: KeptEvidence, { open_only }: EvidenceScope): boolean {
  const { since, given_back } = batch.reopened;
  if (since.size === 0 || open_only || evidence.facts.is_return || given_back.has(evidence.entry_id) || !(open || isTaken(batch, evidence))) return false;
  return partiesOf(evidence).values().some((party_id) => since.has(party_id) && since.get(party_id)! <= evidence.booking_date);
}

/** The parties of which the evidence speaks. */
function partiesOf({ candidates, refused }: Evidence): Set<string> {
  return new Set([...candidates.flatMap(({ party_id, allocations }) => [...(party_id === undefined ? [] : [party_id]), ...allocations.map((part) => part.party_id)]),
    ...refused.map(({ party_id }) => party_id)]);
}

/** Whether the entry is booked, and its statement brings it onto the books. */
function isTaken({ accepted, joined }: Batch, { entry_id, statement_id, line, status }: Evidence): boolean {
  return !joined.has(entry_id) && status === 'booked' && accepted.states.get(BigInt(statement_id)) === 'accepted' && !accepted.duplicates.get(BigInt(statement_id))?.has(line);
}

interface Batch {
  tx: Tx;
  run_id: bigint;
  company: string;
  ruleset: Ruleset;
  modes: Modes;
  accepted: AcceptedBatch;
  ledger_accounts: ReadonlyMap<number, string>;
  functional_currency: string | null;
  /** The entries whose other leg is there too. */
  transfer_legs: Set<string>;
  /** Batch bookings for which details have come: these are decided in their place. */
  joined: Set<string>;
  /** Of the details of a booking that waited: where it stood, and, for the first of them, its decision. */
  details: Map<string, Before>;
  /** What another entry may have settled: decided after everything else but returns. */
  late: bigint[];
  returns: bigint[];
  /** What may pay what these open again. */
  after_returns: bigint[];
  reopened: Reopened;
  /** The entries that found consumed what they claim: for a person, whatever else the books now offer them. */
  losers: Map<string, readonly Contender[]>;
  /** Contested invoices that one of the batch's entries settles. */
  taken: Set<string>;
  /** How many decisions of earlier batches were superseded. */
  changed: number;
  chain: LogChain;
}

interface Decided extends KeptEvidence {
  draft: Draft;
  duplicate_of: bigint | null;
  /** Of an entry that has lost what it claims. */
  contest?: readonly Contender[] | undefined;
}

/** What becomes of one leaf, or null where its document was quarantined and it is decided already. */
function decideLeaf(batch: Batch, kept: KeptEvidence, losers: Losers): Decided | null {
  const { evidence } = kept;
  if (!kept.open) {
    const statement_id = BigInt(evidence.statement_id);
    const state = batch.accepted.states.get(statement_id);
    if (state === undefined || batch.joined.has(evidence.entry_id)) return null;
    const duplicate_of = batch.accepted.duplicates.get(statement_id)?.get(evidence.line) ?? null;
    if (duplicate_of !== null) return { ...kept, duplicate_of, draft: alreadyOnTheBooks() };
    if (state === 'preview' || evidence.status !== 'booked') {
      return { ...kept, duplicate_of: null, draft: notYetBooked() };
    }
  }
  if (batch.transfer_legs.has(evidence.entry_id)) kept = withBothLegs(kept);
  const contest = batch.losers.get(evidence.entry_id) ?? losers.get(evidence.entry_id);
  return { ...kept, duplicate_of: null, contest, draft: decideEntry(kept.evidence, batch.ruleset, batch.modes, contest) };
}

/** Only the batch shows whether a transfer's other leg is there; its evidence is completed before it is decided and logged. */
function withBothLegs({ evidence, open }: KeptEvidence): KeptEvidence {
  const candidates = evidence.candidates.map((one) => (one.facts.kind === 'transfer' ? { ...one, facts: { ...one.facts, legs: 'both' as const } } : one));
  const complete = { ...evidence, candidates };
  return { evidence: complete, text: evidenceText(complete), open };
}

/** The transfers of which both legs are there: taken onto the books with the batch, or waiting from an earlier one. */
async function findTransferLegs({ tx, run_id, company, accepted, ledger_accounts }: Batch): Promise<string[]> {
  if (ledger_accounts.size < 2) return [];
  const taken = (waits: boolean, statement_id: bigint, line: number): boolean => waits
    || accepted.states.get(statement_id) === 'accepted' && !accepted.duplicates.get(statement_id)?.has(line);
  const pairs = (await store.listPossibleTransfers(tx, run_id, company))
    .filter((pair) => taken(pair.out_waits, pair.out_statement, pair.out_line) && taken(pair.in_waits, pair.in_statement, pair.in_line));
  return [...pairTransfers(pairs)].map(String);
}

/** The entries whose certain explanation would consume what another of the batch consumes first, posted or only suggested by its mode. */
async function settleConflicts(batch: Batch, scope: EvidenceScope): Promise<Losers> {
  const contested = await store.listContested(batch.tx, scope);
  if (contested.length === 0) return NO_LOSERS;
  const claimed = new Set(contested);
  const contenders: Contender[] = [];
  for await (const kept of store.readClaimants(batch.tx, scope, contested)) {
    if (isDeferred(batch, kept, scope) || followsReturn(batch, kept, scope)) continue;
    const decided = decideLeaf(batch, kept, NO_LOSERS);
    if (!decided) continue;
    const { chosen, outcome } = decided.draft;
    const claims = (outcome === 'review' && !chosen ? namedClaims(kept.evidence) : claimsOf(decided.draft)).filter((claim) => claimed.has(claim));
    if (claims.length === 0) continue;
    const { entry_id, account_id, booking_date, value_date, content_key, amount } = kept.evidence;
    const inferred = chosen?.facts.named_by === 'none' && chosen.facts.kind === 'invoices';
    contenders.push({ entry_id: BigInt(entry_id), account_id, booking_date, value_date, content_key, amount, claims, inferred, ...(!chosen && { waits: true }) });
  }
  const losers = findLosers(contenders);
  for (const { entry_id, claims, waits } of contenders) if (!waits && !losers.has(entry_id)) for (const claim of claims) if (claim > 0n) batch.taken.add(String(claim));
  return new Map([...losers].map(([entry_id, contest]) => [String(entry_id), contest]));
}

/** By entry: who has what it claims, and itself. */
type Losers = ReadonlyMap<string, readonly Contender[]>;
const NO_LOSERS: Losers = new Map();

const DECISION_COLUMNS = ['decision_id', 'entry_id', 'run_id', 'company', 'outcome', 'decided_by', 'rule_id', 'ruleset', 'reason', 'explanation',
  'score', 'runner_up', 'suggestions', 'ledger_lines', 'duplicate_of', 'returns', 'log_seq', 'supersedes'] as const;
const ALLOCATION_COLUMNS = ['decision_id', 'n', 'invoice_id', 'amount', 'settled', 'settled_currency', 'discount', 'charges', 'withholding', 'write_off'] as const;
const REVIEW_COLUMNS = ['entry_id', 'company', 'decision_id', 'reason', 'priority'] as const;

/** Where an entry stood, and by what, that is decided anew. */
interface Before {
  at: 'unallocated' | 'suspense';
  /** Its own decision; null for a detail whose booking had one. */
  decision: Standing | null;
  supersedes: bigint | null;
}

/** A decision to be saved, in place of the one that stands, if any does. */
type Saved = Decided & { before: Before | null };

/** Saves a chunk's decisions with all that follows from them, each table as a set. What would be decided as it stands is left alone. */
async function saveDecisions(batch: Batch, made: readonly Decided[]): Promise<void> {
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
function waitingAccount(outcome: 'review' | 'suspense'): 'unallocated' | 'suspense' {
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
