import { z } from 'zod';
import { RIGHTS, ROLES, type Right } from '../review/rights.ts';

/**
 * What goes over the wire: the body, query and answer of every route (routes.ts). Ids and amounts are decimal strings (`"17"`, `"-119.00"`),
 * dates `YYYY-MM-DD`, times ISO 8601 in UTC. Amounts are signed as they move the bank account: money out is negative.
 */

// ── Vocabulary ───────────────────────────────────────────────────────────────────────────────────────────────────────────
// 18 digits are what fits a bigint whatever its first digit.
export const Id = z.string().regex(/^\d{1,18}$/, { error: 'is no id; ids are whole numbers' });
export const DateText = z.iso.date();
export const Time = z.string();
/** A decimal in the currency beside it, with its decimals. */
export const Amount = z.string();
export const AmountInput = z.string().regex(/^-?\d{1,15}(\.\d{1,4})?$/, { error: 'is no amount; write it like -119.00' });
export const Currency = z.string().regex(/^[A-Z]{3}$/, { error: 'is no ISO 4217 code; write it like EUR' });
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;
export const RightName = z.enum(Object.keys(RIGHTS) as [Right, ...Right[]]);
export type RightName = z.infer<typeof RightName>;
export const Outcome = z.enum(['auto', 'review', 'suspense', 'duplicate', 'quarantined', 'pending', 'manual']);
export const Mode = z.enum(['off', 'suggest', 'auto']);
const Reason = z.string().trim().min(1, { error: 'is needed; it is kept in the log' }).max(2_000);
const Comment = z.string().trim().max(2_000).nullish();
const Text = z.string().trim().max(200);

/** RFC 9457. `code` is one of docs/operations.md, "Failures"; for a stale act `current` is the item as it is now. */
export const Problem = z.object({
  type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string(), remedy: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  get current() { return z.lazy(() => ItemSummary).optional(); },
});
export type Problem = z.infer<typeof Problem>;

const page = <Row extends z.ZodType>(row: Row) => z.object({ items: z.array(row), total: z.int(), next_cursor: z.string().nullable() });
export const Cursor = z.object({ cursor: z.string().max(500).optional(), limit: z.coerce.number().int().min(1).max(1_000).default(200) });
const company = Text.optional();
export const CompanyQuery = z.object({ company });
export const CompanyCursor = z.object({ ...Cursor.shape, company });
export const Done = z.object({ done: z.literal(true) });
export const CurrencySum = z.object({ currency: z.string(), count: z.int(), amount: Amount });
export const Format = z.enum(['csv', 'jsonl']);

// ── Sign-in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
export const SignIn = z.object({ method: z.enum(['one_time_token', 'password', 'oidc']) });
export type SignIn = z.infer<typeof SignIn>;
export const TokenExchange = z.object({ token: z.string().min(20).max(200) });
export const PasswordSignIn = z.object({ user_id: z.string().min(1).max(100), password: z.string().min(1).max(500) });
export const PasswordChange = z.object({ current: z.string().min(1).max(500), next: z.string().min(12, { error: 'must have at least 12 characters' }).max(500) });
export const Limit = z.object({ currency: Currency, amount: Amount, write_off: Amount });
/** Who is signed in. `csrf_token` goes into the header `x-csrf-token` of everything that is no GET. `companies` null: all of them. */
export const Session = z.object({
  user_id: z.string(), name: z.string(), roles: z.array(Role), rights: z.array(RightName), companies: z.array(z.string()).nullable(), visible_companies: z.array(z.string()), limits: z.array(Limit),
  csrf_token: z.string(), expires_at: Time, method: z.enum(['one_time_token', 'password', 'oidc', 'api_token']),
});
export type Session = z.infer<typeof Session>;

/** Names a session without giving it away. */
export const SessionId = z.string().regex(/^[0-9a-f]{16}$/, { error: 'is no id of a session' });
export const Sessions = z.object({
  items: z.array(z.object({ session_id: SessionId, method: z.enum(['one_time_token', 'password', 'oidc']), created_at: Time, seen_at: Time, expires_at: Time, current: z.boolean() })),
});
export type Sessions = z.infer<typeof Sessions>;
export const SessionsEnded = z.object({ ended: z.int() });

// ── The queue ────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** open: waits for a person; deferred: waits for its day; not_ours: set aside in suspense; done: decided; all: each of them. */
export const ItemState = z.enum(['open', 'deferred', 'not_ours', 'done', 'all']);
export const ItemFilter = z.object({
  company: Text.optional(), state: ItemState.default('open'), reason: Text.optional(), rule_id: Text.optional(), currency: Currency.optional(),
  /** `me`, `none`, or a user. */
  owner: Text.optional(), account: Text.optional(), party_id: Text.optional(),
  /** In name, account, remittance and references of the counterparty, and in invoice numbers of suggestions. */
  search: Text.optional(),
  from: DateText.optional(), to: DateText.optional(),
  /** Of the amount without its sign. */
  min_amount: AmountInput.optional(), max_amount: AmountInput.optional(), direction: z.enum(['in', 'out']).optional(),
  run_id: Id.optional(),
});
export type ItemFilter = z.infer<typeof ItemFilter>;
export const ITEM_SORTS = ['priority', 'booking_date', 'amount', 'counterparty', 'opened_at', 'reason', 'owner', 'account'] as const;
export const ItemQuery = ItemFilter.extend({ ...Cursor.shape, sort: z.enum(ITEM_SORTS).default('priority'), order: z.enum(['asc', 'desc']).optional() });
export type ItemQuery = z.infer<typeof ItemQuery>;

export const ItemSummary = z.object({
  entry_id: Id, company: z.string(), state: z.enum(['open', 'deferred', 'not_ours', 'done']), outcome: Outcome, reason: z.string(), explanation: z.string(),
  rule_id: z.string().nullable(), priority: z.int(), owner: z.string().nullable(), owner_name: z.string().nullable(), deferred_until: DateText.nullable(),
  /** Send it back with an act: when it has moved on, the act is refused with 409. */
  version: z.int(), opened_at: Time, age_days: z.int(), booking_date: DateText, value_date: DateText.nullable(), amount: Amount, currency: z.string(),
  account: z.string(), account_name: z.string().nullable(), counterparty_name: z.string().nullable(), counterparty_account: z.string().nullable(),
  party_id: z.string().nullable(), party_name: z.string().nullable(), remittance: z.string().nullable(),
  /** The best suggestion in a few words: `RE-2026-0042` when the invoice gets all of it, else `RE-2026-0042 119.00 EUR + RE-2026-0043 81.00 EUR`; null without one. */
  best_suggestion: z.string().nullable(), suggestion_count: z.int(), comment_count: z.int(),
  /** What waits for a second person, and who has asked for it. */
  approval_id: Id.nullable(),
});
export type ItemSummary = z.infer<typeof ItemSummary>;
export const ItemPage = page(ItemSummary);
export type ItemPage = z.infer<typeof ItemPage>;
export const ItemGroup = z.object({ reason: z.string(), rule_id: z.string().nullable(), count: z.int(), with_suggestion: z.int(), oldest: DateText, sums: z.array(CurrencySum) });
export type ItemGroup = z.infer<typeof ItemGroup>;
export const ItemGroups = z.object({ groups: z.array(ItemGroup), total: z.int() });

// ── One item ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
export const InvoicePart = z.object({
  invoice_id: Id, invoice_number: z.string(), party_id: z.string(), kind: z.enum(['receivable', 'payable', 'credit_note', 'debit_note']), currency: z.string(),
  /** What goes to the invoice, in the entry's currency; the others in the invoice's own. */
  amount: Amount, settled: Amount, discount: Amount, charges: Amount, withholding: Amount, write_off: Amount,
});
export type InvoicePart = z.infer<typeof InvoicePart>;
export const SuggestionView = z.object({
  /** 1 for the best: what `accept` names. */
  number: z.int(), kind: z.enum(['invoices', 'ledger_account', 'return', 'not_ours']), invoices: z.array(InvoicePart), ledger_account: z.string().nullable(),
  returned_entry_id: Id.nullable(), rest: Amount, score: z.number(),
  reasons: z.array(z.string()),
  /** What speaks against it: a gate that keeps it from being automatic, a clause of a rule that does not hold, an invoice no longer open as it was. */
  against: z.array(z.object({ code: z.string(), text: z.string() })),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type SuggestionView = z.infer<typeof SuggestionView>;
export const OpenItem = z.object({
  invoice_id: Id, company: z.string(), invoice_number: z.string(), party_id: z.string(), party_name: z.string().nullable(),
  kind: z.enum(['receivable', 'payable', 'credit_note', 'debit_note']), currency: z.string(), amount: Amount, open: Amount, issue_date: DateText, due_date: DateText.nullable(),
  status: z.enum(['open', 'paid', 'cancelled']), discount_amount: Amount.nullable(), discount_until: DateText.nullable(), payment_reference: z.string().nullable(),
});
export type OpenItem = z.infer<typeof OpenItem>;
export const OpenItems = z.object({ items: z.array(OpenItem), total: z.int() });
export const OpenItemQuery = z.object({ company: Text.optional(), party_id: Text.optional(), currency: Currency.optional(), search: Text.optional(), limit: z.coerce.number().int().min(1).max(500).default(100) });
export const EarlierPayment = z.object({
  entry_id: Id, booking_date: DateText, amount: Amount, currency: z.string(), outcome: Outcome, decided_by: z.string(), remittance: z.string().nullable(),
  invoices: z.array(z.string()), matched_by: z.enum(['account', 'name', 'party']),
});
export type EarlierPayment = z.infer<typeof EarlierPayment>;
export const LogEntry = z.object({ seq: Id, at: Time, actor: z.string(), action: z.string(), summary: z.string() });
export const CommentView = z.object({ comment_id: Id, author: z.string(), at: Time, kind: z.enum(['comment', 'question']), asked: z.string().nullable(), text: z.string() });
export type CommentView = z.infer<typeof CommentView>;
export const ItemDetail = ItemSummary.extend({
  decision_id: Id, document: z.object({ document_id: Id, path: z.string(), format: z.string(), statement_id: Id, bank_statement_id: z.string().nullable(), line: z.int(), detail: z.int().nullable() }),
  end_to_end_id: z.string().nullable(), bank_reference: z.string().nullable(), mandate_id: z.string().nullable(), structured_reference: z.string().nullable(),
  return_reason: z.string().nullable(), more: z.record(z.string(), z.unknown()),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
  suggestions: z.array(SuggestionView), refused: z.array(z.object({ invoice_number: z.string(), party_id: z.string(), reason: z.string() })),
  /** With its bank accounts on file. */
  party: z.object({ party_id: z.string(), name: z.string(), country: z.string().nullable(), accounts: z.array(z.string()) }).nullable(),
  open_items: z.array(OpenItem), earlier_payments: z.array(EarlierPayment), comments: z.array(CommentView), log: z.array(LogEntry),
});
export type ItemDetail = z.infer<typeof ItemDetail>;
/** The entry as the bank sent it. text: the lines around it, `marked` those of the entry; pdf: draw page `page` of the document's content and mark `box`. */
export const ItemSource = z.object({
  kind: z.enum(['text', 'pdf', 'none']), document_id: Id, format: z.string(), page: z.int().nullable(),
  /** Of a document that came in an archive: which one. */
  member: z.int().nullable(),
  /** Points [x0, y0, x1, y1], origin bottom left. */
  box: z.array(z.number()).length(4).nullable(),
  lines: z.array(z.object({ n: z.int(), text: z.string(), marked: z.boolean() })), note: z.string().nullable(),
});
export type ItemSource = z.infer<typeof ItemSource>;

// ── Acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
const Versioned = { version: z.int().min(0), comment: Comment };
export const AcceptAct = z.object({ ...Versioned, suggestion: z.int().min(1).max(100).default(1) });
export const AllocateAct = z.object({
  ...Versioned,
  invoices: z.array(z.object({
    invoice_number: z.string().min(1).max(200), party_id: z.string().max(200).optional(), amount: AmountInput,
    /** What that settles of an invoice in another currency, in its own; the differences are in its own, too. */
    settled: AmountInput.optional(), discount: AmountInput.optional(), charges: AmountInput.optional(),
    write_off: AmountInput.optional(),
  })).max(1_000).default([]),
  /** Splits the rest over ledger accounts; what is given must add up to the entry. */
  ledger: z.array(z.object({ account: z.string().min(1).max(100), party_id: z.string().max(200).optional(), amount: AmountInput })).max(100).default([]),
});
export const OnAccountAct = z.object({ ...Versioned, party_id: z.string().min(1).max(200) });
export const LedgerAccountAct = z.object({ ...Versioned, account: z.string().min(1).max(100), party_id: z.string().max(200).optional() });
export const NotOursAct = z.object({ ...Versioned });
export const CommentAct = z.object({ text: Reason });
export const AskAct = z.object({ colleague: z.string().min(1).max(100), question: Reason });
export const DeferAct = z.object({ version: z.int().min(0), until: DateText, comment: Comment });
export const AssignAct = z.object({ user_id: z.string().min(1).max(100) });
export const UndoAct = z.object({ version: z.int().min(0).optional(), reason: Reason });

export const ApprovalState = z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'stale']);
export const ApprovalKind = z.enum(['accept', 'assign', 'not_ours', 'undo', 'bulk_accept', 'bulk_undo', 'set_mode', 'quarantine_accept', 'rules']);
export const ApprovalView = z.object({
  approval_id: Id, kind: ApprovalKind, company: z.string().nullable(), entry_id: Id.nullable(), state: ApprovalState,
  /** Why a second person is needed. */
  why: z.string(), summary: z.string(), sums: z.array(CurrencySum),
  requested_by: z.string(), requested_at: Time, comment: z.string().nullable(), decided_by: z.string().nullable(), decided_at: Time.nullable(), decision_reason: z.string().nullable(),
  /** Of what was asked for, with the versions it was asked upon: approve sends it back, so that what is approved is what was shown. */
  digest: z.string(), request: z.record(z.string(), z.unknown()),
  /** The person who asks may approve it. */
  may_approve: z.boolean(),
});
export type ApprovalView = z.infer<typeof ApprovalView>;
export const ApprovalPage = page(ApprovalView);
export const ApprovalQuery = z.object({ ...CompanyCursor.shape, state: z.union([ApprovalState, z.literal('all')]).default('pending'), entry_id: Id.optional() });
export const ApproveAct = z.object({ digest: z.string().length(64), comment: Comment });
export const RejectAct = z.object({ reason: Reason });

/** done: it is posted. awaits_approval: nothing is posted yet, a second person is needed. */
export const ActResult = z.object({ status: z.enum(['done', 'awaits_approval']), decision_id: Id.nullable(), item: ItemSummary, approval: ApprovalView.nullable(), learned: z.int() });
export type ActResult = z.infer<typeof ActResult>;
export const ItemResult = z.object({ item: ItemSummary });

// ── Many at once ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** What shares a rule and a reason: the best suggestion of each is taken. */
export const BulkSelection = z.object({ company: z.string().min(1), reason: z.string().min(1), rule_id: z.string().nullable() });
export const BulkLine = z.object({ entry_id: Id, version: z.int(), booking_date: DateText, counterparty_name: z.string().nullable(), amount: Amount, currency: z.string(), what: z.string() });
export const BulkBlocked = z.object({ entry_id: Id, why: z.string() });
export const BulkPreview = z.object({
  digest: z.string(), count: z.int(), sums: z.array(CurrencySum), invoices: z.int(), lines: z.array(BulkLine),
  /** What stands in the way, and is left out. */
  blocked: z.array(BulkBlocked), blocked_count: z.int(),
});
export type BulkPreview = z.infer<typeof BulkPreview>;
export const BulkAccept = BulkSelection.extend({ digest: z.string().length(64), comment: Comment });
/** All decisions of a run, or of a rule at one ruleset version. */
export const UndoSelection = z.union([
  z.object({ run_id: Id, company: z.string().optional() }),
  z.object({ rule_id: z.string().min(1), ruleset: z.string().min(1), company: z.string().optional() }),
]);
export const BulkUndo = z.object({ selection: UndoSelection, digest: z.string().length(64), reason: Reason });
export const BulkResult = z.object({ approval: ApprovalView });
export type BulkResult = z.infer<typeof BulkResult>;
export const ApprovalResult = z.object({ approval: ApprovalView, decided: z.int(), left_out: z.array(BulkBlocked) });
export type ApprovalResult = z.infer<typeof ApprovalResult>;

// ── Quarantine and dead letters ──────────────────────────────────────────────────────────────────────────────────────────
export const QuarantinedStatement = z.object({
  statement_id: Id, document_id: Id, path: z.string(), format: z.string(), company: z.string(), account: z.string(), bank_statement_id: z.string().nullable(), sequence: z.string().nullable(),
  from_date: DateText.nullable(), to_date: DateText.nullable(), currency: z.string(), opening: Amount.nullable(), closing: Amount.nullable(), entry_count: z.int(), sums: z.array(CurrencySum),
  failed_check: z.string().nullable(), submitted_at: Time,
  /** It stands in for a statement that is on the books: a person may accept it; else only reject. */
  acceptable: z.boolean(), rejected: z.boolean(),
});
export type QuarantinedStatement = z.infer<typeof QuarantinedStatement>;
export const QuarantinePage = page(QuarantinedStatement);
export const DiffLine = z.object({ change: z.enum(['same', 'dropped', 'added']), entry_id: Id, booking_date: DateText, amount: Amount, currency: z.string(), counterparty_name: z.string().nullable(), remittance: z.string().nullable() });
export const QuarantineDetail = QuarantinedStatement.extend({
  checks: z.array(z.unknown()), findings: z.array(z.unknown()), explanation: z.string(),
  /** Against the statement on the books that it stands in for; empty without one. */
  diff: z.array(DiffLine), replaces_statement_id: Id.nullable(),
});
export type QuarantineDetail = z.infer<typeof QuarantineDetail>;
export const ReasonBody = z.object({ reason: Reason });
export const DeadLetterView = z.object({
  dead_letter_id: Id, stage: z.string(), document_id: Id.nullable(), path: z.string().nullable(), run_id: Id.nullable(), company: z.string().nullable(), code: z.string(), message: z.string(),
  meaning: z.string(), remedy: z.string(), location: z.record(z.string(), z.unknown()).nullable(), attempts: z.int(), first_failed_at: Time, died_at: Time,
  resolution: z.enum(['retried', 'discarded']).nullable(), resolved_by: z.string().nullable(), resolved_at: Time.nullable(), resolution_reason: z.string().nullable(),
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;
export const DeadLetters = z.object({ items: z.array(DeadLetterView), total: z.int() });
export const DeadLetterDetail = DeadLetterView.extend({ failures: z.array(z.object({ attempt: z.int(), failed_at: Time, code: z.string(), message: z.string() })) });
export const DeadLetterQuery = z.object({ stage: z.enum(['extract', 'normalize', 'validate', 'reconcile']).optional(), code: Text.optional(), limit: z.coerce.number().int().min(1).max(500).default(100) });
export const RetryResult = z.object({ run_id: Id.nullable(), documents: z.int() });
export const DiscardResult = z.object({ documents: z.int() });

// ── Learning ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
export const LearnedView = z.object({
  proposal_id: Id, company: z.string(), kind: z.enum(['account', 'alias']), party_id: z.string(), party_name: z.string(), value: z.string(), entry_id: Id,
  state: z.enum(['proposed', 'confirmed', 'rejected', 'revoked']), proposed_by: z.string(), proposed_at: Time,
  /** How often people have given payments of this payer to this party. */
  seen: z.int(), history: z.array(z.object({ at: Time, by: z.string(), action: z.string(), reason: z.string().nullable() })), may_confirm: z.boolean(),
});
export type LearnedView = z.infer<typeof LearnedView>;
export const LearnedPage = page(LearnedView);
export const LearnedQuery = z.object({ ...CompanyCursor.shape, state: z.enum(['proposed', 'confirmed', 'rejected', 'revoked', 'all']).default('proposed') });

// ── Overview ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
const Figures = z.object({ total: z.int(), auto: z.int(), review: z.int(), suspense: z.int(), duplicate: z.int(), quarantined: z.int(), pending: z.int() });
export const RunView = z.object({
  run_id: Id, kind: z.string(), state: z.enum(['running', 'finished']), started_at: Time, finished_at: Time.nullable(), duration_ms: z.int().nullable(), business_date: DateText.nullable(), schedule: z.string().nullable(),
  documents: z.object({ submitted: z.int(), reconciled: z.int(), quarantined: z.int(), duplicate: z.int(), dead_lettered: z.int() }).nullable(),
  entries: Figures.nullable(), amounts: z.array(z.object({ currency: z.string(), outcome: z.string(), debits: Amount, credits: Amount, count: z.int() })),
  balanced: z.boolean().nullable(), log_head: z.string().nullable(),
});
export type RunView = z.infer<typeof RunView>;
export const RunPage = page(RunView);
/** For a picture of where the entries went: `links` from a format to an outcome, and from an outcome to where they stand now. */
export const RunDetail = RunView.extend({
  deliveries: z.array(z.object({ document_id: Id, path: z.string(), state: z.string(), is_duplicate: z.boolean(), failed_check: z.string().nullable() })),
  links: z.array(z.object({ source: z.string(), target: z.string(), count: z.int() })),
});
export type RunDetail = z.infer<typeof RunDetail>;
export const BankAccountView = z.object({
  company: z.string(), account: z.string(), currency: z.string(), statement_date: DateText.nullable(), statement_balance: Amount.nullable(), ledger_balance: Amount, difference: Amount.nullable(),
  unallocated: Amount, suspense: Amount, clearing: Amount, gaps: z.int(), oldest_days: z.int().nullable(),
});
export type BankAccountView = z.infer<typeof BankAccountView>;
export const Overview = z.object({
  queue: z.object({ open: z.int(), mine: z.int(), unowned: z.int(), deferred: z.int(), not_ours: z.int(), oldest: DateText.nullable(), sums: z.array(CurrencySum) }),
  queue_age: z.array(z.object({ up_to_days: z.int().nullable(), count: z.int() })),
  reasons: z.array(z.object({ reason: z.string(), count: z.int() })),
  approvals_pending: z.int(), learned_proposed: z.int(), dead_letters: z.int(), quarantined: z.int(), last_run: RunView.nullable(),
  automatic_rate: z.array(z.object({ run_id: Id, at: Time, entries: z.int(), automatic: z.int() })),
  gaps: z.array(z.object({ company: z.string(), account: z.string(), statement_id: Id, before: DateText.nullable(), amount: Amount, currency: z.string() })),
  bank_accounts: z.array(BankAccountView), stopped: z.boolean(),
});
export type Overview = z.infer<typeof Overview>;
export const BankAccounts = z.object({ items: z.array(BankAccountView) });
export const Modes = z.object({ companies: z.array(z.object({ company: z.string(), mode: Mode, rules: z.array(z.object({ rule_id: z.string(), mode: Mode })) })), rules: z.array(z.object({ rule_id: z.string(), outcome: z.string(), owner: z.string(), sentence: z.string() })), ruleset: z.string() });
export type Modes = z.infer<typeof Modes>;
/** What differs between two versions, file by file; `gap` stands for lines that are the same. */
export const ChangedFiles = z.array(z.object({ file: z.string(), lines: z.array(z.object({ change: z.enum(['same', 'removed', 'added', 'gap']), text: z.string() })) }));
export const RulesComparison = z.object({ files: ChangedFiles });
export const RulesView = z.object({
  /** Null before the first batch, which puts the rules of the folder in force. */
  in_force: z.object({ version: z.string(), since: Time, requested_by: z.string().nullable(), approved_by: z.string().nullable() }).nullable(),
  /** What stands in `rules/` where that is not in force: null where it is, `problem` where it cannot be. */
  offered: z.object({ version: z.string().nullable(), problem: z.string().nullable(), files: ChangedFiles }).nullable(),
  /** The request that waits for a second person. */
  approval_id: Id.nullable(),
});
export type RulesView = z.infer<typeof RulesView>;
/** `version` is the one that was shown. */
export const RulesAct = z.object({ version: z.string().max(100), comment: Comment });
export const RulesResult = z.object({ status: z.enum(['done', 'awaits_approval']), rules: RulesView, approval: ApprovalView.nullable() });
export const ModeAct = z.object({ mode: Mode, company: z.string().optional(), rule_id: z.string().optional(), reason: Reason });
/** Whoever lowers a mode is heard at once; raising one needs a second person. */
export const ModeResult = z.object({ status: z.enum(['done', 'awaits_approval']), modes: Modes, approval: ApprovalView.nullable() });

// ── The log ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
export const LogFilter = z.object({
  company: Text.optional(), entry_id: Id.optional(), invoice_number: Text.optional(), party_id: Text.optional(), actor: Text.optional(), action: Text.optional(), rule_id: Text.optional(),
  ruleset: Text.optional(), run_id: Id.optional(), from: DateText.optional(), to: DateText.optional(), min_amount: AmountInput.optional(), max_amount: AmountInput.optional(),
});
export type LogFilter = z.infer<typeof LogFilter>;
export const LogQuery = LogFilter.extend(Cursor.shape);
export const LogRow = z.object({
  seq: Id, at: Time, company: z.string().nullable(), run_id: Id.nullable(), actor: z.string(), action: z.string(), entry_id: Id.nullable(), decision_id: Id.nullable(),
  outcome: z.string().nullable(), amount: Amount.nullable(), currency: z.string().nullable(), summary: z.string(),
});
export type LogRow = z.infer<typeof LogRow>;
export const LogPage = z.object({ items: z.array(LogRow), next_cursor: z.string().nullable() });
export const LogExportQuery = LogFilter.extend({ format: Format.default('jsonl') });
export const ItemExportQuery = ItemFilter.extend({ format: Format.default('csv') });
export const ExportQuery = z.object({ format: Format.default('jsonl'), since: Id.optional(), run_id: Id.optional() });
export const VerifyAct = z.object({ head: z.string().max(100).optional() });
export const VerifyResult = z.object({ records: z.int(), head: z.string(), fault: z.object({ seq: Id, fault: z.string() }).nullable() });
export type VerifyResult = z.infer<typeof VerifyResult>;
export const ReplayAct = z.object({ run_id: Id.optional(), entry_id: Id.optional() });
/** Every decision of the rules, decided again from the facts and the rules that the log has kept. */
export const ReplayResult = z.object({ decisions: z.int(), same: z.int(), different: z.array(z.object({ seq: Id, entry_id: Id, was: z.string(), is: z.string() })) });
export type ReplayResult = z.infer<typeof ReplayResult>;
export const StoryStep = z.object({
  decision_id: Id, outcome: Outcome, decided_at: Time, decided_by: z.string(), approved_by: z.string().nullable(), rule_id: z.string().nullable(), ruleset: z.string().nullable(),
  reason: z.string(), explanation: z.string(), score: z.number().nullable(), log_seq: Id.nullable(), supersedes: Id.nullable(), superseded_by: Id.nullable(),
  invoices: z.array(InvoicePart), ledger_lines: z.array(z.object({ account: z.string(), amount: Amount })),
  journal: z.array(z.object({ journal_entry_id: Id, kind: z.string(), posting_date: DateText, booking_date: DateText, reverses: Id.nullable(), reversed_by: Id.nullable(), lines: z.array(z.object({ account: z.string(), party_id: z.string().nullable(), invoice_number: z.string().nullable(), amount: Amount, currency: z.string() })) })),
  /** The rule as it was written at that version, and what each candidate's clauses came to; null for a person's decision. */
  rule_text: z.string().nullable(),
  candidates: z.array(z.object({
    what: z.string(), facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])), gate: z.string().nullable(),
    rules: z.array(z.object({ rule_id: z.string(), outcome: z.string(), matched: z.boolean(), failing: z.string().nullable(), values: z.record(z.string(), z.unknown()) })),
  })),
  refused: z.array(z.object({ invoice_number: z.string(), party_id: z.string(), reason: z.string() })), facts: z.record(z.string(), z.unknown()).nullable(),
});
export type StoryStep = z.infer<typeof StoryStep>;
export const Story = z.object({
  entry_id: Id, company: z.string(), booking_date: DateText, amount: Amount, currency: z.string(), counterparty_name: z.string().nullable(), remittance: z.string().nullable(), document: z.string(),
  steps: z.array(StoryStep), log: z.array(LogEntry.extend({ hash: z.string() })), approvals: z.array(ApprovalView), comments: z.array(CommentView),
});
export type Story = z.infer<typeof Story>;

// ── People, tokens, views ────────────────────────────────────────────────────────────────────────────────────────────────
export const Colleagues = z.object({ items: z.array(z.object({ user_id: z.string(), name: z.string(), roles: z.array(Role) })) });
export const UserView = z.object({
  user_id: z.string(), name: z.string(), roles: z.array(Role), companies: z.array(z.string()).nullable(), limits: z.array(Limit), oidc_subject: z.string().nullable(), has_password: z.boolean(),
  disabled: z.boolean(), created_at: Time, sessions: z.int(),
});
export type UserView = z.infer<typeof UserView>;
export const Users = z.object({ items: z.array(UserView) });
const LimitInput = z.object({ currency: Currency, amount: AmountInput, write_off: AmountInput });
const UserFields = {
  name: z.string().trim().min(1).max(200), roles: z.array(Role), companies: z.array(z.string().min(1)).nullable(), limits: z.array(LimitInput).max(50), oidc_subject: z.string().max(300).nullable(),
  password: z.string().min(12, { error: 'must have at least 12 characters' }).max(500).nullable(),
};
export const UserCreate = z.object({ user_id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, { error: 'must begin with a letter or digit and hold a-z, 0-9, dot, dash, underscore' }), ...UserFields, companies: UserFields.companies.default(null), limits: UserFields.limits.default([]), oidc_subject: UserFields.oidc_subject.default(null), password: UserFields.password.default(null) });
export const UserChange = z.object({ ...UserFields, disabled: z.boolean() }).partial();
/** A link that signs the user in once, for embedded use; shown once. */
export const SignInLink = z.object({ url: z.string(), expires_at: Time });
export const TokenView = z.object({ token_id: Id, user_id: z.string(), name: z.string(), rights: z.array(RightName), companies: z.array(z.string()).nullable(), created_at: Time, expires_at: Time, last_used_at: Time.nullable(), revoked_at: Time.nullable() });
export type TokenView = z.infer<typeof TokenView>;
export const Tokens = z.object({ items: z.array(TokenView) });
export const TokenCreate = z.object({ name: z.string().trim().min(1).max(100), rights: z.array(RightName).min(1), companies: z.array(z.string().min(1)).nullable().default(null), days: z.int().min(1).max(366) });
/** The token is shown this once: only its hash is kept. */
export const TokenCreated = z.object({ token: z.string(), view: TokenView });
export const SavedView = z.object({ view_id: Id, name: z.string(), page: z.enum(['queue', 'log']), query: z.record(z.string(), z.string()), shared: z.boolean(), owner: z.string(), mine: z.boolean() });
export type SavedView = z.infer<typeof SavedView>;
export const SavedViews = z.object({ items: z.array(SavedView) });
export const SavedViewBody = z.object({ name: z.string().trim().min(1).max(100), page: z.enum(['queue', 'log']), query: z.record(z.string().max(50), z.string().max(300)), shared: z.boolean().default(false) });

// ── Programs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
export const ImportResult = z.object({ kind: z.enum(['accounts', 'parties', 'invoices', 'settlements']), result: z.record(z.string(), z.unknown()) });
/** Per invoice the whole of it up to a day, not what came since the last time. An invoice is named by its external_id, or by its key. */
export const SettlementsBody = z.object({
  settlements: z.array(z.strictObject({
    external_id: Text.optional(), company: Text.optional(), kind: z.enum(['receivable', 'payable', 'credit_note', 'debit_note']).optional(), invoice_number: Text.optional(), party_id: Text.optional(),
    amount: AmountInput, as_of: DateText,
  })).min(1).max(5_000),
});
export type SettlementsBody = z.infer<typeof SettlementsBody>;
/** `unchanged`: acknowledged before, or more than that. */
export const SettlementsResult = z.object({ rows: z.int(), acknowledged: z.int(), unchanged: z.int() });
export const SubmitResult = z.object({ run_id: Id, documents: z.array(z.object({ name: z.string() })) });
export const DocumentView = z.object({
  document_id: Id, path: z.string(), size: Id, sha256: z.string(), state: z.string(), failed_check: z.string().nullable(), run_id: Id, submitted_at: Time,
  statements: z.array(z.object({ statement_id: Id, account: z.string(), company: z.string(), format: z.string(), state: z.string(), entry_count: z.int(), from_date: DateText.nullable(), to_date: DateText.nullable() })),
});
export type DocumentView = z.infer<typeof DocumentView>;
export const Parties = z.object({ items: z.array(z.object({ party_id: z.string(), name: z.string(), kind: z.enum(['customer', 'supplier']), country: z.string().nullable(), open_count: z.int() })) });
export const PartyQuery = z.object({ search: Text.default(''), company: Text.optional(), limit: z.coerce.number().int().min(1).max(200).default(20) });
export const LedgerAccounts = z.object({ items: z.array(z.object({ account: z.string(), number: z.string().nullable(), name: z.string() })) });
