/**
 * What keeps each cent once, and the test that fails without it: `npm run mutate` takes each out of a copy and runs its test. docs/reliability.md
 * lists them.
 */
export interface Guard {
  readonly name: string;
  readonly kind: 'unique key' | 'fence' | 'trigger' | 'check' | 'lock' | 'sweeper' | 'limit' | 'rule';
  readonly file: string;
  /** What is replaced in the file, which must occur there once, and by what. */
  readonly take: string;
  readonly give: string;
  /** The test file, and which of its tests. */
  readonly test: string;
  readonly named?: string;
}

const SCHEMA = 'migrations/0001_schema.sql';
const GUARDS_SQL = 'migrations/0002_guards.sql';

export const GUARDS: readonly Guard[] = [
  { name: 'a document is known by its bytes', kind: 'unique key', file: SCHEMA, take: 'sha256 bytea not null unique,', give: 'sha256 bytea not null,', test: 'test/pipeline/pipeline.test.ts', named: 'counts a document that is known' },
  { name: 'a schedule runs once per business date', kind: 'unique key', file: SCHEMA, take: '  unique (schedule, business_date)\n', give: '  unique (schedule, business_date, run_id)\n', test: 'test/pipeline/schedule.test.ts', named: 'two workers follow' },
  { name: 'a document has one task per stage', kind: 'unique key', file: SCHEMA, take: '  unique (stage, document_id),', give: '', test: 'test/pipeline/guards.test.ts', named: 'a document has one task' },
  { name: 'a run has one batch per company', kind: 'unique key', file: SCHEMA, take: '  unique (stage, document_id),\n  unique (stage, run_id, company)\n', give: '  unique (stage, document_id)\n', test: 'test/pipeline/guards.test.ts', named: 'a run has one batch' },
  { name: 'a task dies once per epoch', kind: 'unique key', file: SCHEMA, take: '  unique (task_id, epoch)\n', give: '  check (true)\n', test: 'test/pipeline/guards.test.ts', named: 'dies once' },
  { name: 'an entry has one standing decision', kind: 'unique key', file: SCHEMA, take: 'create unique index standing_decision', give: 'create index standing_decision', test: 'test/pipeline/guards.test.ts', named: 'one standing decision' },
  { name: 'an entry reaches the bank account once', kind: 'unique key', file: SCHEMA, take: 'create unique index bank_entry_once', give: 'create index bank_entry_once', test: 'test/pipeline/guards.test.ts', named: 'reaches the bank account once' },
  { name: 'a decision posts once', kind: 'unique key', file: SCHEMA, take: 'create unique index decision_posts_once', give: 'create index decision_posts_once', test: 'test/pipeline/guards.test.ts', named: 'posts once' },
  { name: 'a statement opens the books once', kind: 'unique key', file: SCHEMA, take: 'create unique index statement_opens_once', give: 'create index statement_opens_once', test: 'test/pipeline/guards.test.ts', named: 'opens the books once' },
  { name: 'a posting is reversed once', kind: 'unique key', file: SCHEMA, take: 'reverses bigint unique references', give: 'reverses bigint references', test: 'test/ledger/guards.test.ts', named: 'reverses a thing once' },
  { name: 'a decision is superseded once', kind: 'unique key', file: SCHEMA, take: 'create unique index decision_superseded_once', give: 'create index decision_superseded_once', test: 'test/pipeline/guards.test.ts', named: 'superseded once' },
  { name: 'a payment is returned once', kind: 'unique key', file: SCHEMA, take: 'create unique index decision_returned_once', give: 'create index decision_returned_once', test: 'test/pipeline/guards.test.ts', named: 'returned once' },
  { name: 'a task ends by who holds its lease', kind: 'fence', file: 'src/pipeline/task-end.ts', take: "where task_id = ${claim.task_id} and lease_token = ${claim.lease_token} and state = 'due'`.execute(tx.kysely);\n  if (fenced", give: "where task_id = ${claim.task_id} and state = 'due'`.execute(tx.kysely);\n  if (fenced", test: 'test/pipeline/pipeline.test.ts', named: 'taken over leaves nothing' },
  { name: 'a task fails by who holds its lease', kind: 'fence', file: 'src/pipeline/task-end.ts', take: "where task_id = ${claim.task_id} and lease_token = ${claim.lease_token} and state = 'due'\n    for update", give: "where task_id = ${claim.task_id} and state = 'due'\n    for update", test: 'test/pipeline/guards.test.ts', named: 'fails by who holds it only' },
  { name: 'a task is given back by who holds its lease', kind: 'fence', file: 'src/pipeline/lease.ts', take: "where task_id = ${claim.task_id} and lease_token = ${claim.lease_token} and state = 'due'\n    returning stage", give: "where task_id = ${claim.task_id} and state = 'due'\n    returning stage", test: 'test/pipeline/guards.test.ts', named: 'given back by who holds it only' },
  { name: 'a hint of an earlier epoch is void', kind: 'fence', file: 'src/pipeline/lease.ts', take: ' and epoch = ${hint.epoch}', give: '', test: 'test/pipeline/pipeline.test.ts', named: 'of another epoch' },
  { name: 'a task that is held is not claimed', kind: 'fence', file: 'src/pipeline/lease.ts', take: '         and (lease_until is null or lease_until < now())\n         for update', give: '         for update', test: 'test/pipeline/pipeline.test.ts', named: 'comes twice' },
  { name: 'who has lost the lease stops working', kind: 'fence', file: 'src/pipeline/lease.ts', take: "if (result.numAffectedRows === 0n) abort", give: 'if (result.numAffectedRows === -1n) abort', test: 'test/pipeline/pipeline.test.ts', named: 'aborts the work' },
  { name: 'a task of a later version is not claimed', kind: 'fence', file: 'src/pipeline/lease.ts', take: ' and version <= ${VERSION}', give: '', test: 'test/pipeline/versions.test.ts', named: 'queue on Postgres what the next one has begun' },
  { name: 'a task of a later version gets no hint', kind: 'fence', file: 'src/pipeline/sweeper.ts', take: ' and version <= ${VERSION}', give: '', test: 'test/pipeline/versions.test.ts', named: 'queue on Postgres what the next one has begun' },
  { name: 'a hint of a later version is left', kind: 'fence', file: 'src/pipeline/runner.ts', take: "if (hint === 'newer') return LEFT;", give: "if (hint === 'newer') return DONE;", test: 'test/pipeline/versions.test.ts', named: 'queue on Postgres what the next one has begun' },
  { name: 'a batch is of the latest version of its documents', kind: 'fence', file: 'src/pipeline/barrier.ts', take: '(select coalesce(max(t.version), ${VERSION}) from document d join task t using (document_id) where d.run_id = ${run_id})', give: '${VERSION}::smallint', test: 'test/pipeline/versions.test.ts', named: 'queue on Postgres a batch with a document' },
  { name: 'a journal entry balances', kind: 'trigger', file: 'migrations/0007_references_as_sets.sql', take: 'having count(n) = 0 or sum(amount) <> 0', give: 'having count(n) = 0', test: 'test/ledger/guards.test.ts', named: 'off in one currency' },
  { name: 'nothing is posted into a closed month', kind: 'trigger', file: 'migrations/0007_references_as_sets.sql', take: "p.month = to_char(e.posting_date, 'YYYY-MM')) then", give: "p.month = 'never') then", test: 'test/ledger/guards.test.ts', named: 'closed period' },
  { name: 'a complete journal entry takes no line', kind: 'trigger', file: 'migrations/0007_references_as_sets.sql', take: 'if exists (select from added a join journal_entry e on', give: 'if exists (select from added a join journal_entry e on false and', test: 'test/ledger/guards.test.ts', named: 'entry that is complete' },
  { name: 'books are only added to', kind: 'trigger', file: GUARDS_SQL, take: "execute format('create trigger append_only before update or delete", give: "execute format('create trigger append_only before delete", test: 'test/pipeline/guards.test.ts', named: 'of the books, also by its owner' },
  { name: 'a decision is final', kind: 'trigger', file: GUARDS_SQL, take: 'create trigger decision_superseded before update', give: 'create trigger decision_superseded before delete', test: 'test/pipeline/guards.test.ts', named: 'of the books, also by its owner' },
  { name: 'an invoice is open by 0 to its amount', kind: 'check', file: SCHEMA, take: 'check (open >= 0 and open <= amount)', give: 'check (true)', test: 'test/ledger/guards.test.ts', named: 'never go below zero' },
  { name: 'one writer per company', kind: 'lock', file: 'src/stages/reconcile/store.ts', take: 'order by company for update`', give: 'order by company`', test: 'test/pipeline/guards.test.ts', named: 'has one writer' },
  { name: 'companies that share documents are one batch', kind: 'lock', file: 'src/stages/reconcile/job.ts', take: 'for (const one of companies) await decideCompany', give: 'for (const one of [company]) await decideCompany', test: 'test/pipeline/guards.test.ts', named: 'those that share documents' },
  { name: 'tasks without a hint get one', kind: 'sweeper', file: 'src/pipeline/sweeper.ts', take: "['tasks', async () => void await sweepTasks(db, queues, intervals)],", give: '', test: 'test/pipeline/pipeline.test.ts', named: 'killed worker had in hand' },
  { name: 'runs at rest are advanced', kind: 'sweeper', file: 'src/pipeline/sweeper.ts', take: "['runs', () => sweepRuns(db, queues, log)],", give: '', test: 'test/pipeline/guards.test.ts', named: 'nobody looked at' },
  { name: 'dead-letter queues show what is dead', kind: 'sweeper', file: 'src/pipeline/sweeper.ts', take: "['dead letters', () => rebuildDeadLetterQueues(db, queues, first)],", give: '', test: 'test/pipeline/guards.test.ts', named: 'fills the dead-letter queue' },
  { name: 'schedules are registered', kind: 'sweeper', file: 'src/pipeline/sweeper.ts', take: "['schedules', () => syncSchedules(db, queues, log)],", give: '', test: 'test/pipeline/schedule.test.ts', named: 'fires through BullMQ' },
  { name: 'a hint put off by a wrong clock is no hint', kind: 'sweeper', file: 'src/pipeline/sweeper.ts', take: "new Set<string>(['waiting', 'prioritized', 'paused'])", give: "new Set<string>(['waiting', 'prioritized', 'paused', 'delayed'])", test: 'test/pipeline/guards.test.ts', named: 'wrong clock' },
  { name: 'a document over which workers are lost is given up', kind: 'limit', file: 'src/pipeline/task-end.ts', take: 'const LOST_WORKERS_MAX = 20;', give: 'const LOST_WORKERS_MAX = 2_000;', test: 'test/pipeline/pipeline.test.ts', named: 'one worker after the other' },
  { name: 'a reader that crashes is started three times', kind: 'limit', file: 'src/pipeline/queues.ts', take: "next: 'normalize', attempts: 3 }", give: "next: 'normalize', attempts: 4 }", test: 'test/pipeline/retry.test.ts', named: 'crashingReader' },
  { name: 'a silent reader does not end its transaction', kind: 'limit', file: 'src/platform/database.ts', take: "while (!await settlesWithin(next, every_ms)) await tx.client.query('select');", give: 'await settlesWithin(next, every_ms);', test: 'test/platform/database.test.ts', named: 'kept from being ended as idle' },
  { name: 'a queue that was away is used again', kind: 'rule', file: 'src/pipeline/backends.ts', take: 'delete connection.readyPromise;', give: '', test: 'test/pipeline/outage.test.ts' },
  { name: 'text is cleaned before it is kept', kind: 'rule', file: 'src/pipeline/task-end.ts', take: "text.toWellFormed().replaceAll('\\0', '\\ufffd')", give: 'text', test: 'test/pipeline/pipeline.test.ts', named: 'no queue and no database takes' },
  { name: 'a reconciled document is at its end', kind: 'rule', file: 'src/pipeline/barrier.ts', take: "(d.state in ('reconciled', 'dead', 'discarded')", give: "(d.state in ('dead', 'discarded')", test: 'test/pipeline/guards.test.ts', named: 'waits for a document of another' },
  { name: 'a dead document is at its end', kind: 'rule', file: 'src/pipeline/barrier.ts', take: "(d.state in ('reconciled', 'dead', 'discarded')", give: "(d.state in ('reconciled', 'discarded')", test: 'test/pipeline/guards.test.ts', named: 'waits for a document of another' },
  { name: 'a discarded document is at its end', kind: 'rule', file: 'src/pipeline/barrier.ts', take: "(d.state in ('reconciled', 'dead', 'discarded')", give: "(d.state in ('reconciled', 'dead')", test: 'test/pipeline/guards.test.ts', named: 'waits for a document of another' },
  { name: 'a quarantined document is at its end with its batches', kind: 'rule', file: 'src/pipeline/barrier.ts', take: " or d.state = 'quarantined' and (r.state", give: " or d.state = 'quarantined' and not (r.state", test: 'test/pipeline/guards.test.ts', named: 'waits for a document of another' },
];
