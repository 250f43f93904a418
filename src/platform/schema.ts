import type { Generated } from 'kysely';
import type { Stage } from '../core/stage.ts';

/** The tables of migrations/, for Kysely. int8 is a bigint, dates are `YYYY-MM-DD`, timestamps ISO 8601 strings in UTC. */

export interface InstallationTable {
  one: Generated<boolean>;
  id: Generated<string>;
  created_at: Generated<string>;
}

export interface CompanyTable {
  company: string;
  mode: Generated<'off' | 'suggest' | 'auto'>;
  functional_currency: string | null;
  books_version: Generated<bigint>;
  rematched: string | null;
}

export interface RuleModeTable {
  company: string;
  rule_id: string;
  mode: 'off' | 'suggest' | 'auto';
}

export interface AccountTable {
  account_id: Generated<number>;
  account: string;
  account_key: string;
  company: string;
  currency: string;
  name: string | null;
  ledger_account: Generated<string>;
  statement_profile: string | null;
  interim: Generated<'preview' | 'post'>;
}

export interface PartyTable {
  party_id: string;
  kind: 'customer' | 'supplier';
  name: string;
  country: string | null;
  withholding_rate: string | null;
  assigned_to_factor: string | null;
}

export interface PartyNameTable {
  party_id: string;
  name_key: string;
  name: string;
  is_alias: boolean;
}

export interface PartyAccountTable {
  party_id: string;
  account_key: string;
  account: string;
}

export interface PartyPaysForTable {
  party_id: string;
  pays_for: string;
}

export interface InvoiceTable {
  invoice_id: Generated<bigint>;
  company: string;
  kind: 'receivable' | 'payable' | 'credit_note' | 'debit_note';
  invoice_number: string;
  party_id: string;
  currency: string;
  amount: bigint;
  issue_date: string;
  due_date: string | null;
  status: 'open' | 'paid' | 'cancelled';
  payment_reference: string | null;
  discount_amount: bigint | null;
  discount_until: string | null;
  purchase_order: string | null;
  instalments: unknown | null;
  base_amount: bigint | null;
  tax: unknown | null;
  external_id: string | null;
  erp_open: bigint;
}

export interface OpenItemTable {
  invoice_id: bigint;
  company: string;
  party_id: string;
  amount: bigint;
  open: bigint;
}

export interface InvoiceKeyTable {
  company: string;
  key: string;
  form: 'reference' | 'number' | 'digits' | 'end_to_end';
  invoice_id: bigint;
}

export interface InvoiceShapeTable {
  company: string;
  shape: string;
}

export interface MasterDataFindingTable {
  finding_id: Generated<bigint>;
  code: string;
  subject: string;
  detail: string;
  blocks: boolean;
  found_at: Generated<string>;
}

export interface BlobChunkTable {
  sha256: Buffer;
  n: number;
  bytes: Buffer;
}

export interface ScheduleTable {
  name: string;
  cron: string;
  tz: string;
  inbox: string;
  created_at: Generated<string>;
}

export interface RunTable {
  run_id: Generated<bigint>;
  kind: 'run' | 'submit' | 'schedule' | 'retry';
  schedule: string | null;
  business_date: string | null;
  state: Generated<'running' | 'finished'>;
  started_at: Generated<string>;
  finished_at: string | null;
  summary: unknown | null;
}

export interface DocumentTable {
  document_id: Generated<bigint>;
  sha256: Buffer;
  size: bigint;
  path: string;
  run_id: bigint;
  state: Generated<string>;
  failed_check: string | null;
  submitted_at: Generated<string>;
}

export interface DeliveryTable {
  run_id: bigint;
  n: number;
  document_id: bigint;
  path: string;
  is_duplicate: boolean;
}

export interface TaskTable {
  task_id: Generated<bigint>;
  stage: Stage;
  document_id: bigint | null;
  run_id: bigint | null;
  company: string | null;
  state: Generated<'due' | 'done' | 'dead' | 'discarded'>;
  epoch: Generated<number>;
  attempts: Generated<number>;
  due_at: Generated<string>;
  version: Generated<number>;
  lease_token: string | null;
  lease_until: string | null;
  swept_at: string | null;
  created_at: Generated<string>;
}

export interface TaskFailureTable {
  task_id: bigint;
  attempt: number;
  epoch: number;
  failed_at: Generated<string>;
  code: string;
  message: string;
  location: unknown | null;
  stack: string | null;
}

export interface DeadLetterTable {
  dead_letter_id: Generated<bigint>;
  task_id: bigint;
  epoch: number;
  stage: Stage;
  document_id: bigint | null;
  run_id: bigint | null;
  company: string | null;
  code: string;
  message: string;
  location: unknown | null;
  stack: string | null;
  attempts: number;
  first_failed_at: string;
  died_at: Generated<string>;
  resolution: 'retried' | 'discarded' | null;
  resolved_at: string | null;
  resolved_by: string | null;
  resolution_reason: string | null;
}

export interface RawStatementTable {
  document_id: bigint;
  statement_no: number;
  head: unknown;
}

export interface RawChunkTable {
  document_id: bigint;
  n: number;
  statement_no: number;
  bytes: Buffer;
}

export interface StatementTable {
  statement_id: Generated<bigint>;
  document_id: bigint;
  statement_no: number;
  account_id: number;
  company: string;
  format: string;
  extractor: string;
  bank_statement_id: string | null;
  sequence: string | null;
  currency: string;
  from_date: string | null;
  to_date: string | null;
  opening: bigint | null;
  closing: bigint | null;
  ties_out: boolean | null;
  checks: unknown;
  findings: unknown;
  entry_count: number;
  state: Generated<string>;
  gap_before: bigint | null;
  log_seq: bigint | null;
  reissue_of: bigint | null;
  replaced_by: bigint | null;
}

export interface EntryTable {
  entry_id: Generated<bigint>;
  document_id: bigint;
  statement_id: bigint;
  account_id: number;
  line: number;
  detail: number | null;
  is_leaf: boolean;
  status: 'booked' | 'pending' | 'information';
  booking_date: string;
  value_date: string | null;
  amount: bigint;
  currency: string;
  bank_reference: string | null;
  end_to_end_id: string | null;
  mandate_id: string | null;
  counterparty_name: string | null;
  counterparty_account: string | null;
  remittance: string | null;
  structured_reference: string | null;
  return_reason: string | null;
  reversal: boolean;
  more: unknown;
}

export interface EvidenceChunkTable {
  document_id: bigint;
  n: number;
  company: string;
  books_version: bigint;
  claims: bigint[];
  claimed_at: number[];
  bytes: Buffer;
}

export interface RulesetTable {
  version: string;
  content: string;
  first_used_at: Generated<string>;
}

export interface DecisionTable {
  decision_id: Generated<bigint>;
  entry_id: bigint;
  run_id: bigint | null;
  company: string;
  outcome: 'auto' | 'review' | 'suspense' | 'duplicate' | 'quarantined' | 'pending' | 'manual';
  decided_at: Generated<string>;
  decided_by: string;
  approved_by: string | null;
  rule_id: string | null;
  ruleset: string | null;
  reason: string;
  explanation: string;
  score: number | null;
  runner_up: unknown | null;
  suggestions: unknown | null;
  ledger_lines: unknown | null;
  duplicate_of: bigint | null;
  returns: bigint | null;
  failed_check: string | null;
  journal_entry_id: bigint | null;
  log_seq: bigint | null;
  supersedes: bigint | null;
  superseded_by: bigint | null;
}

export interface AllocationTable {
  decision_id: bigint;
  n: number;
  invoice_id: bigint;
  amount: bigint;
  settled: bigint;
  settled_currency: string;
  discount: Generated<bigint>;
  charges: Generated<bigint>;
  withholding: Generated<bigint>;
  write_off: Generated<bigint>;
}

export interface ReviewItemTable {
  entry_id: bigint;
  company: string;
  decision_id: bigint;
  state: Generated<'open' | 'done'>;
  reason: string;
  priority: Generated<number>;
  assignee: string | null;
  opened_at: Generated<string>;
  closed_at: string | null;
  version: Generated<number>;
  deferred_until: Generated<string | null>;
}

export interface PeriodTable {
  company: string;
  month: string;
  closed_at: Generated<string>;
  closed_by: string;
  approved_by: string;
}

export interface JoinedBatchTable {
  entry_id: bigint;
  notification_entry_id: bigint;
}

export interface PeriodRequestTable {
  request_id: Generated<bigint>;
  company: string;
  month: string;
  action: 'close' | 'reopen';
  requested_by: string;
  requested_at: Generated<string>;
  reason: string | null;
  state: Generated<'pending' | 'approved' | 'withdrawn'>;
  decided_by: string | null;
  decided_at: string | null;
}

export interface JournalEntryTable {
  journal_entry_id: Generated<bigint>;
  company: string;
  posting_date: string;
  booking_date: string;
  created_at: Generated<string>;
  kind: string;
  entry_id: bigint | null;
  decision_id: bigint | null;
  invoice_id: bigint | null;
  statement_id: bigint | null;
  run_id: bigint | null;
  reverses: bigint | null;
  log_seq: bigint;
}

export interface JournalLineTable {
  journal_entry_id: bigint;
  n: number;
  account: string;
  account_id: number | null;
  party_id: string | null;
  invoice_id: bigint | null;
  amount: bigint;
  currency: string;
  base_amount: bigint | null;
}

export interface LedgerBalanceTable {
  company: string;
  account: string;
  account_id: Generated<number>;
  currency: string;
  balance: bigint;
}

export interface LogRecordTable {
  seq: bigint;
  at: string;
  company: string | null;
  run_id: bigint | null;
  actor: string;
  action: string;
  entry_id: bigint | null;
  decision_id: bigint | null;
  payload: string;
  previous_hash: Buffer;
  hash: Buffer;
}

export interface LogTipTable {
  one: Generated<boolean>;
  seq: bigint;
  hash: Buffer;
}

export interface AppUserTable {
  user_id: string;
  name: string;
  roles: string[];
  companies: string[] | null;
  oidc_subject: string | null;
  password_hash: string | null;
  failed_sign_ins: Generated<number>;
  locked_until: string | null;
  disabled: Generated<boolean>;
  created_at: Generated<string>;
}

export interface UserLimitTable {
  user_id: string;
  currency: string;
  amount: bigint;
  write_off: bigint;
}

export interface OneTimeTokenTable {
  hash: Buffer;
  user_id: string;
  expires_at: string;
  used_at: string | null;
}

export interface WebSessionTable {
  hash: Buffer;
  user_id: string;
  method: 'one_time_token' | 'password' | 'oidc';
  csrf_token: string;
  created_at: Generated<string>;
  seen_at: Generated<string>;
  expires_at: string;
}

export interface OidcAttemptTable {
  hash: Buffer;
  nonce: string;
  code_verifier: string;
  expires_at: string;
}

export interface ApiTokenTable {
  token_id: Generated<bigint>;
  user_id: string;
  name: string;
  hash: Buffer;
  rights: string[];
  companies: string[] | null;
  created_at: Generated<string>;
  expires_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}

export interface SavedViewTable {
  view_id: Generated<bigint>;
  owner: string;
  name: string;
  page: 'queue' | 'log';
  query: unknown;
  shared: boolean;
}

export interface IdempotencyKeyTable {
  user_id: string;
  key: string;
  request_hash: Buffer;
  status: number | null;
  answer: string | null;
  acted: Generated<boolean>;
  created_at: Generated<string>;
}

export interface ReviewCommentTable {
  comment_id: Generated<bigint>;
  entry_id: bigint;
  author: string;
  at: Generated<string>;
  kind: 'comment' | 'question';
  asked: string | null;
  text: string;
  log_seq: bigint;
}

export interface StatementRejectionTable {
  statement_id: bigint;
  rejected_by: string;
  rejected_at: Generated<string>;
  reason: string;
}

export interface RulesInForceTable {
  n: Generated<bigint>;
  version: string;
  since: Generated<string>;
  approval_id: bigint | null;
}

export interface ApprovalTable {
  approval_id: Generated<bigint>;
  kind: 'accept' | 'assign' | 'not_ours' | 'undo' | 'bulk_accept' | 'bulk_undo' | 'set_mode' | 'quarantine_accept' | 'rules';
  company: string | null;
  entry_id: bigint | null;
  request: string;
  digest: string;
  why: string;
  summary: string;
  sums: unknown;
  comment: string | null;
  requested_by: string;
  requested_at: Generated<string>;
  state: Generated<'pending' | 'approved' | 'rejected' | 'withdrawn' | 'stale'>;
  approved_digest: string | null;
  decided_by: string | null;
  decided_at: string | null;
  decision_reason: string | null;
}

export interface LearnedProposalTable {
  proposal_id: Generated<bigint>;
  company: string;
  kind: 'account' | 'alias';
  party_id: string;
  value: string;
  value_key: string;
  entry_id: bigint;
  decision_id: bigint;
  proposed_by: string;
  proposed_at: Generated<string>;
  seen: Generated<number>;
  state: Generated<'proposed' | 'confirmed' | 'rejected' | 'revoked'>;
  decided_by: string | null;
  decided_at: string | null;
  history: unknown;
}

export interface Schema {
  installation: InstallationTable;
  company: CompanyTable;
  rule_mode: RuleModeTable;
  account: AccountTable;
  party: PartyTable;
  party_name: PartyNameTable;
  party_account: PartyAccountTable;
  party_pays_for: PartyPaysForTable;
  invoice: InvoiceTable;
  open_item: OpenItemTable;
  invoice_key: InvoiceKeyTable;
  invoice_shape: InvoiceShapeTable;
  master_data_finding: MasterDataFindingTable;
  blob_chunk: BlobChunkTable;
  schedule: ScheduleTable;
  run: RunTable;
  document: DocumentTable;
  delivery: DeliveryTable;
  task: TaskTable;
  task_failure: TaskFailureTable;
  dead_letter: DeadLetterTable;
  raw_statement: RawStatementTable;
  raw_chunk: RawChunkTable;
  statement: StatementTable;
  entry: EntryTable;
  evidence_chunk: EvidenceChunkTable;
  ruleset: RulesetTable;
  decision: DecisionTable;
  allocation: AllocationTable;
  review_item: ReviewItemTable;
  period: PeriodTable;
  joined_batch: JoinedBatchTable;
  period_request: PeriodRequestTable;
  journal_entry: JournalEntryTable;
  journal_line: JournalLineTable;
  ledger_balance: LedgerBalanceTable;
  log_record: LogRecordTable;
  log_tip: LogTipTable;
  app_user: AppUserTable;
  user_limit: UserLimitTable;
  one_time_token: OneTimeTokenTable;
  web_session: WebSessionTable;
  oidc_attempt: OidcAttemptTable;
  api_token: ApiTokenTable;
  saved_view: SavedViewTable;
  idempotency_key: IdempotencyKeyTable;
  review_comment: ReviewCommentTable;
  statement_rejection: StatementRejectionTable;
  approval: ApprovalTable;
  rules_in_force: RulesInForceTable;
  learned_proposal: LearnedProposalTable;
}
