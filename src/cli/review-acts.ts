import type { Command } from 'commander';
import { Failure } from '../core/failure.ts';
import { transaction, type Tx } from '../platform/database.ts';
import type { AssignedInvoice, AssignedLedger } from '../review/acts.ts';
import { approveRequest, closeRequest } from '../review/approve.ts';
import { askColleague, assignItem, claimItem, commentItem, deferItem, releaseItem } from '../review/ownership.ts';
import { loadPerson, type Person } from '../review/person.ts';
import { performAct, type EntryAct } from '../review/requests.ts';
import { actingUser, formatTable, parseId, printJson, withDatabase } from './session.ts';

interface ActOptions { version?: string; comment?: string; json?: boolean }

/** What a person can do to an entry, as subcommands of `tieout review`: the same acts, limits and second persons as in the pages. */
export function addActs(command: Command): void {
  acting(command, 'accept', 'take a suggestion')
    .option('--suggestion <n>', 'which one, 1 for the best', '1')
    .addHelpText('after', `
What the suggestion leaves of the entry goes on the account of its party.

Examples:
  tieout review accept 17
  tieout review accept 17 --suggestion 2 --comment "confirmed by phone"`)
    .action((entry: string, options: ActOptions & { suggestion: string }) => act(entry, 'accepted', () => ({ kind: 'accept', suggestion: Number(parseId(options.suggestion)) }), options));

  acting(command, 'assign', 'give the whole entry to invoices and ledger accounts by hand')
    .option('--invoice <number[@party]=amount[,settled=x][,discount=x][,charges=x][,write-off=x]...>', 'a part for an invoice; signed as it moves the bank account; what it settles of one in another currency, in that currency', collect, [])
    .option('--ledger <account[@party]=amount...>', 'a part for a ledger account: on_account@PARTY, bank_fees, clearing, …', collect, [])
    .addHelpText('after', `
Examples:
  tieout review assign 17 --invoice RE-2026-0042=1180.00,discount=20.00
  tieout review assign 18 --invoice RE-2026-0043=500.00 --ledger on_account@C100=35.50`)
    .action((entry: string, options: ActOptions & { invoice: string[]; ledger: string[] }) =>
      act(entry, 'assigned', () => ({ kind: 'assign', invoices: options.invoice.map(parseInvoicePart), ledger: options.ledger.map(parseLedgerPart) }), options));

  acting(command, 'on-account', 'put the whole entry on account of a party').requiredOption('--party <id>', 'whose money it is')
    .addHelpText('after', '\nExample:\n  tieout review on-account 17 --party C100')
    .action((entry: string, options: ActOptions & { party: string }) => act(entry, 'put on account', () => ({ kind: 'on_account', party_id: options.party }), options));

  acting(command, 'ledger', 'post the whole entry to a ledger account').requiredOption('--account <key>', 'a key of rules/accounts.yaml, such as bank_fees').option('--party <id>', 'whose it is')
    .addHelpText('after', '\nExample:\n  tieout review ledger 17 --account bank_fees')
    .action((entry: string, options: ActOptions & { account: string; party?: string }) =>
      act(entry, 'posted', () => ({ kind: 'ledger_account', account: options.account, ...(options.party !== undefined && { party_id: options.party }) }), options));

  acting(command, 'not-ours', 'set the entry aside in suspense until the money has gone back')
    .addHelpText('after', '\nExample:\n  tieout review not-ours 17 --comment "sent to the wrong company"')
    .action((entry: string, options: ActOptions) => act(entry, 'set aside', () => ({ kind: 'not_ours' }), options));

  acting(command, 'undo', 'take back what was decided, by a reversing entry; the entry waits for a person again').requiredOption('--reason <text>', 'kept in the log')
    .addHelpText('after', '\nExample:\n  tieout review undo 17 --reason "other customer of the same name"')
    .action((entry: string, options: ActOptions & { reason: string }) => act(entry, 'undone', () => ({ kind: 'undo', reason: options.reason }), options));

  command.command('claim').description('become the owner of an item, so that nobody else does it').argument('<entry>', 'entry id')
    .addHelpText('after', '\nExample:\n  tieout review claim 17')
    .action((entry: string) => handle(entry, 'claimed', claimItem));
  command.command('release').description('own the item no more').argument('<entry>', 'entry id')
    .addHelpText('after', '\nExample:\n  tieout review release 17')
    .action((entry: string) => handle(entry, 'released', releaseItem));
  command.command('give').description('make somebody the owner of an item').argument('<entry>', 'entry id').argument('<user>', 'one of tieout users list')
    .addHelpText('after', '\nExample:\n  tieout review give 17 anna')
    .action((entry: string, user: string) => handle(entry, `given to ${user}`, (tx, person, entry_id) => assignItem(tx, person, entry_id, user)));
  command.command('comment').description('leave a comment').argument('<entry>', 'entry id').argument('<text>', 'kept in the log')
    .addHelpText('after', '\nExample:\n  tieout review comment 17 "waiting for their remittance advice"')
    .action((entry: string, text: string) => handle(entry, 'commented on', (tx, person, entry_id) => commentItem(tx, person, entry_id, text)));
  command.command('ask').description('put a question to a colleague, who becomes the owner').argument('<entry>', 'entry id').argument('<user>', 'one of tieout users list').argument('<question>', 'kept in the log')
    .addHelpText('after', '\nExample:\n  tieout review ask 17 anna "did you agree on this discount?"')
    .action((entry: string, user: string, question: string) => handle(entry, `asked about`, (tx, person, entry_id) => askColleague(tx, person, entry_id, user, question)));
  command.command('defer').description('put the item off until a day').argument('<entry>', 'entry id').argument('<date>', 'such as 2026-12-01').option('--comment <text>', 'kept in the log')
    .addHelpText('after', '\nExample:\n  tieout review defer 17 2026-12-01')
    .action((entry: string, date: string, options: { comment?: string }) => {
      if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new Failure('invalid_input', `"${date}" is no date; write it like 2026-12-01`);
      return handle(entry, `put off until ${date}`, (tx, person, entry_id) => deferItem(tx, person, entry_id, undefined, date, options.comment ?? null));
    });

  command.command('approvals').description('what waits for a second person').option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  tieout review approvals')
    .action((options: { json?: boolean }) => withDatabase('web', async ({ db }) => {
      const rows = await db.kysely.selectFrom('approval').select(['approval_id', 'kind', 'company', 'entry_id', 'requested_by', 'requested_at', 'why', 'summary', 'digest']).where('state', '=', 'pending').orderBy('approval_id').execute();
      if (options.json) return printJson(rows);
      if (rows.length === 0) return void process.stdout.write('nothing waits for a second person\n');
      process.stdout.write(`${formatTable([['REQUEST', 'BY', 'ENTRY', 'WHAT', 'DIGEST'], ...rows.map((row) => [String(row.approval_id), row.requested_by, row.entry_id === null ? '' : String(row.entry_id), row.summary, row.digest.slice(0, DIGEST_MIN)])], [0, 2])}\n`);
    }));
  command.command('approve').description('approve a request as it was shown: it is done at once').argument('<request>', 'id of the request').requiredOption('--digest <hex>', 'of what was shown; its first 12 digits are enough').option('--comment <text>', 'kept in the log')
    .addHelpText('after', '\nNobody approves their own; who approves is an approver among tieout users.\n\nExample:\n  tieout review approve 3 --digest 9f86d081884c')
    .action((request: string, options: { digest: string; comment?: string }) => withDatabase('web', async ({ db }) => {
      const approval_id = parseId(request);
      const { person, digest } = await transaction(db, async (tx) => ({
        person: await loadPerson(tx, actingUser()), digest: (await tx.kysely.selectFrom('approval').select('digest').where('approval_id', '=', approval_id).executeTakeFirst())?.digest,
      }));
      if (digest === undefined) throw new Failure('not_found', `there is no request ${request} for approval`);
      if (options.digest.length < DIGEST_MIN || !digest.startsWith(options.digest.toLowerCase())) throw new Failure('stale', `request ${request} is not what was shown; tieout review approvals shows it`);
      const { decision_ids, left_out } = await approveRequest(db, person, approval_id, digest, options.comment ?? null);
      process.stdout.write(`request ${request} approved: ${decision_ids.length} decided${left_out.length > 0 ? `, ${left_out.length} left out` : ''}\n`);
    }));
  command.command('reject').description('refuse a request').argument('<request>', 'id of the request').requiredOption('--reason <text>', 'kept in the log')
    .addHelpText('after', '\nExample:\n  tieout review reject 3 --reason "the discount was not agreed"')
    .action((request: string, options: { reason: string }) => close(request, 'rejected', options.reason));
  command.command('withdraw').description('take one\'s own request back').argument('<request>', 'id of the request')
    .addHelpText('after', '\nExample:\n  tieout review withdraw 3')
    .action((request: string) => close(request, 'withdrawn', null));
}

// Enough that nobody meets another by chance.
const DIGEST_MIN = 12;

function acting(command: Command, name: string, description: string): Command {
  return command.command(name).description(description).argument('<entry>', 'entry id')
    .option('--version <n>', 'the version that was shown: refused when the item has changed since').option('--comment <text>', 'kept in the log');
}

function act(entry: string, done: string, wanted: () => EntryAct, options: ActOptions): Promise<void> {
  return withDatabase('web', async ({ db }) => {
    const entry_id = parseId(entry);
    const given = { comment: options.comment ?? null, ...(options.version !== undefined && { version: Number(parseId(options.version)) }) };
    const outcome = await transaction(db, async (tx) => performAct(tx, await loadPerson(tx, actingUser()), entry_id, wanted(), given));
    process.stdout.write(outcome.status === 'done'
      ? `entry ${entry_id} ${done} (decision ${outcome.decision_id})\n`
      : `entry ${entry_id} waits for a second person (request ${outcome.approval_id}): tieout review approvals\n`);
  });
}

function handle(entry: string, done: string, work: (tx: Tx, person: Person, entry_id: bigint) => Promise<void>): Promise<void> {
  return withDatabase('web', async ({ db }) => {
    const entry_id = parseId(entry);
    await transaction(db, async (tx) => work(tx, await loadPerson(tx, actingUser()), entry_id));
    process.stdout.write(`entry ${entry_id} ${done}\n`);
  });
}

function close(request: string, state: 'rejected' | 'withdrawn', reason: string | null): Promise<void> {
  return withDatabase('web', async ({ db }) => {
    await transaction(db, async (tx) => closeRequest(tx, await loadPerson(tx, actingUser()), parseId(request), state, reason));
    process.stdout.write(`request ${request} ${state}\n`);
  });
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function parseInvoicePart(text: string): AssignedInvoice {
  const [first, ...rest] = text.split(',');
  const { name, party, amount } = parsePart(first!);
  const others = Object.fromEntries(rest.map((part) => part.split('=', 2)));
  const unknown = Object.keys(others).find((key) => !['settled', 'discount', 'charges', 'write-off'].includes(key));
  if (unknown !== undefined) throw new Failure('invalid_input', `"${unknown}" in "${text}" is none of settled, discount, charges, write-off`);
  return { invoice_number: name, amount, ...(party && { party_id: party }), settled: others['settled'], discount: others['discount'], charges: others['charges'], write_off: others['write-off'] };
}

function parseLedgerPart(text: string): AssignedLedger {
  const { name, party, amount } = parsePart(text);
  return { account: name, amount, ...(party && { party_id: party }) };
}

function parsePart(text: string): { name: string; party: string | undefined; amount: string } {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new Failure('invalid_input', `"${text}" has no amount; write NUMBER=AMOUNT, such as RE-2026-0042=119.00`);
  const [name, party] = text.slice(0, at).split('@', 2);
  return { name: name!, party, amount: text.slice(at + 1) };
}
