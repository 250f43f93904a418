import { Command, Option } from 'commander';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import { transaction } from '../platform/database.ts';
import { acceptSuggestion, assignEntry, undoDecision, type AssignedInvoice, type AssignedLedger } from '../review/acts.ts';
import { listReviewItems, loadReviewItem, type ReviewItem, type Suggestion } from '../review/items.ts';
import { actingUser, formatTable, parseId, printJson, withDatabase } from './session.ts';

/** `tieout review`: the queue of what a person must decide, and what a person can do to it. */
export function reviewCommand(): Command {
  const command = new Command('review').description('the queue of entries that need a person');

  command.command('list')
    .description('list what waits, the most urgent first')
    .option('--company <id>', 'of one company')
    .option('--reason <code>', 'for one reason')
    .option('--assignee <user>', 'of one person')
    .addOption(new Option('--state <state>', 'open or done').choices(['open', 'done']).default('open'))
    .option('--limit <n>', 'at most so many', '100')
    .option('--json', 'print one JSON array')
    .addHelpText('after', `
Examples:
  tieout review list
  tieout review list --reason payer_unknown --json | jq length`)
    .action((options: { company?: string; reason?: string; assignee?: string; state: 'open' | 'done'; limit: string; json?: boolean }) =>
      withDatabase('auditor', async ({ db }) => {
        const items = await listReviewItems(db, { ...options, limit: Number(parseId(options.limit)) });
        if (options.json) return printJson(items.map(jsonOf));
        if (items.length === 0) return void process.stdout.write('nothing waits for a person\n');
        process.stdout.write(`${formatTable([
          ['ENTRY', 'COMPANY', 'DATE', 'AMOUNT', '', 'COUNTERPARTY', 'REASON', 'BEST SUGGESTION'],
          ...items.map((item) => [String(item.entry_id), item.company, item.booking_date, formatMoney(item.amount, item.currency), item.currency,
            clip(item.counterparty_name ?? item.remittance ?? '', 28), item.reason, item.suggestions[0] ? describe(item.suggestions[0], item.currency) : '']),
        ], [0, 3])}\n`);
      }));

  command.command('show')
    .description('show one entry with its suggestions')
    .argument('<entry>', 'entry id')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tieout review show 17')
    .action((entry: string, options: { json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const item = await loadReviewItem(db, parseId(entry));
      if (options.json) return printJson(jsonOf(item));
      process.stdout.write(showItem(item));
    }));

  command.command('accept')
    .description('take a suggestion')
    .argument('<entry>', 'entry id')
    .option('--suggestion <n>', 'which one, 1 for the best', '1')
    .option('--version <n>', 'the version that was shown: refused when the item has changed since')
    .option('--comment <text>', 'kept in the log')
    .addHelpText('after', `
What the suggestion leaves of the entry goes on the account of its party.

Examples:
  tieout review accept 17
  tieout review accept 17 --suggestion 2 --comment "confirmed by phone"`)
    .action((entry: string, options: { suggestion: string; version?: string; comment?: string }) => act(entry, 'accepted', (tx, entry_id) =>
      acceptSuggestion(tx, entry_id, Number(parseId(options.suggestion)), actOf(options))));

  command.command('assign')
    .description('give the whole entry to invoices and ledger accounts by hand')
    .argument('<entry>', 'entry id')
    .option('--invoice <number[@party]=amount[,settled=x][,discount=x][,charges=x][,write-off=x]...>', 'a part for an invoice; signed as it moves the bank account; what it settles of one in another currency, in that currency', collect, [])
    .option('--ledger <account[@party]=amount...>', 'a part for a ledger account: on_account@PARTY, bank_fees, clearing, …', collect, [])
    .option('--version <n>', 'the version that was shown: refused when the item has changed since')
    .option('--comment <text>', 'kept in the log')
    .addHelpText('after', `
Examples:
  tieout review assign 17 --invoice RE-2026-0042=1180.00,discount=20.00
  tieout review assign 18 --invoice RE-2026-0043=500.00 --ledger on_account@C100=35.50`)
    .action((entry: string, options: { invoice: string[]; ledger: string[]; version?: string; comment?: string }) => act(entry, 'assigned', (tx, entry_id) =>
      assignEntry(tx, entry_id, options.invoice.map(parseInvoicePart), options.ledger.map(parseLedgerPart), actOf(options))));

  command.command('undo')
    .description('take back what was decided, by a reversing entry; the entry waits for a person again')
    .argument('<entry>', 'entry id')
    .requiredOption('--reason <text>', 'kept in the log')
    .addHelpText('after', '\nExample:\n  tieout review undo 17 --reason "other customer of the same name"')
    .action((entry: string, options: { reason: string }) => act(entry, 'undone', (tx, entry_id) =>
      undoDecision(tx, entry_id, options.reason, { user: actingUser() })));

  return command;
}

function act(entry: string, done: string, work: (tx: Parameters<typeof acceptSuggestion>[0], entry_id: bigint) => Promise<bigint>): Promise<void> {
  return withDatabase('web', async ({ db }) => {
    const entry_id = parseId(entry);
    const decision_id = await transaction(db, (tx) => work(tx, entry_id));
    process.stdout.write(`entry ${entry_id} ${done} (decision ${decision_id})\n`);
  });
}

function actOf(options: { version?: string; comment?: string }): { user: string; version?: number; comment: string | null } {
  return { user: actingUser(), comment: options.comment ?? null, ...(options.version !== undefined && { version: Number(parseId(options.version)) }) };
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

/** Amounts as everybody outside reads them: what goes to an invoice in the entry's currency, what that settles in the invoice's own. */
function jsonOf(item: ReviewItem): object {
  const allocation = (part: Suggestion['allocations'][number]): object => {
    const own = (minor: string): string => formatMoney(BigInt(minor), part.currency);
    return {
      company: item.company, invoice_number: part.invoice_number, party_id: part.party_id, kind: part.kind, amount: formatMoney(BigInt(part.amount), item.currency),
      settled: { amount: own(part.settled), currency: part.currency }, discount: own(part.discount), charges: own(part.charges), withholding: own(part.withholding), write_off: own('0'),
    };
  };
  const suggestions = item.suggestions.map((one) => ({ ...one, allocations: one.allocations.map(allocation), score: one.score / 1000 }));
  return { ...item, amount: formatMoney(item.amount, item.currency), suggestions };
}

function describe(suggestion: Suggestion, currency: string): string {
  if (suggestion.reverses_decision_id) return 'take back the payment that was returned';
  if (suggestion.allocations.length === 0) return suggestion.ledger_account ?? 'none of ours';
  return clip(suggestion.allocations.map((part) => `${part.invoice_number} ${formatMoney(BigInt(part.amount), currency)}`).join(' + '), 48);
}

function showItem(item: ReviewItem): string {
  const lines = [
    `entry ${item.entry_id}  ${item.company}  ${item.state}  version ${item.version}`,
    `  ${item.booking_date}${item.value_date && item.value_date !== item.booking_date ? ` (value ${item.value_date})` : ''}  ${formatMoney(item.amount, item.currency)} ${item.currency}  account ${item.account}`,
    `  counterparty  ${item.counterparty_name ?? '-'}  ${item.counterparty_account ?? ''}`,
    `  remittance    ${item.remittance ?? '-'}`,
    `  document      ${item.document}, entry ${item.line}`,
    `  reason        ${item.reason}: ${item.explanation}`,
  ];
  for (const [i, suggestion] of item.suggestions.entries()) {
    lines.push(`  ${i === 0 ? 'suggestions' : '           '}   ${i + 1}. ${describe(suggestion, item.currency)}  (${(suggestion.score / 1000).toFixed(2)}; ${suggestion.reasons.join(', ')})`);
  }
  return `${lines.join('\n')}\n`;
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
