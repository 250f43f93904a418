import { Command, Option } from 'commander';
import { formatMoney } from '../core/money.ts';
import { listReviewItems, loadReviewItem, type ReviewItem, type Suggestion } from '../review/items.ts';
import { addActs } from './review-acts.ts';
import { formatTable, parseId, printJson, withDatabase } from './session.ts';

/** `tieout review`: the queue of what a person must decide, and what a person can do to it. */
export function reviewCommand(): Command {
  const command = new Command('review').description('the queue of entries that need a person')
    .addHelpText('after', '\nExamples:\n  tieout review list\n  tieout review show 17\n  tieout review accept 17');

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

  addActs(command);
  return command;
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
