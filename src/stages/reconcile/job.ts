import { setImmediate } from 'node:timers/promises';
import { canonicalJson } from '../../core/canonical-json.ts';
import { evidenceText } from '../../core/evidence.ts';
import { openChain, type LogChain, type LogDraft } from '../../ledger/log.ts';
import { planByIndex } from '../../platform/database.ts';
import type { BatchContext, BatchJob } from '../contract.ts';
import { acceptBatch } from './accept-batch.ts';
import { isDeferred, NOTHING_REOPENED, type Batch, type Decided } from './batch.ts';
import { findLosers, type Contender } from './contend.ts';
import type { Modes } from './decide.ts';
import { alreadyOnTheBooks, claimsOf, decideEntry, namedClaims, notYetBooked } from './draft.ts';
import { rulesInForce } from './in-force.ts';
import { joinNotifications } from './join-notifications.ts';
import { pairTransfers } from './pair-transfers.ts';
import { findReopened, followsReturn } from './reopened.ts';
import { saveDecisions, waitingAccount } from './save-decisions.ts';
import * as store from './store.ts';
import type { EvidenceScope, KeptEvidence } from './store.ts';

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
