import { sql } from 'kysely';
import { exponentOf, formatMoney } from '../core/money.ts';
import type { Tx } from '../platform/database.ts';
import type { Chart } from './chart.ts';
import { streamJournal, type JournalRow } from './journal.ts';

/**
 * The journal in hledger's format: every commodity and account declared (`hledger check --strict` passes), accounts with the chart's
 * number, name and type, each bank account as `bank:<account number>`, invoice and party as tags. With a cursor it is only what came after,
 * and so are its balances.
 */
export async function* exportHledger(tx: Tx, { since, chart }: { since: bigint; chart: Chart }): AsyncGenerator<string> {
  const { rows } = await sql<Pick<JournalRow, 'account' | 'bank_account' | 'currency'>>`
    select distinct b.account, a.account as bank_account, b.currency from ledger_balance b left join account a on a.account_id = b.account_id`.execute(tx.kysely);
  const commodities = [...new Set(rows.map((row) => row.currency))].toSorted();
  const accounts = new Map(rows.map((row) => [accountName(row), `account ${accountName(row)}${described(chart[row.account])}`]));
  yield [...commodities.map(commodity), ...[...accounts.keys()].toSorted().map((name) => accounts.get(name)!)].map((line) => `${line}\n`).join('');
  for await (const entries of streamJournal(tx, since)) yield entries.map(transaction).join('');
}

/** The directive shows the decimals of the currency; hledger wants a decimal mark where there are none, too. */
function commodity(currency: string): string {
  return `commodity 1000.${'0'.repeat(exponentOf(currency) ?? 2)} ${currency}`;
}

/** What the chart says of the account, as tags; hledger reads `type` (account types, hledger manual). */
function described(account: Chart[string] | undefined): string {
  return account === undefined ? '' : comment({ number: account.number, name: account.name, type: TYPES[account.type] });
}
const TYPES = { asset: 'A', liability: 'L', equity: 'E', income: 'R', expense: 'X' } as const;

function accountName({ account, bank_account }: Pick<JournalRow, 'account' | 'bank_account'>): string {
  return bank_account === null ? plain(account) : `bank:${plain(bank_account)}`;
}

function transaction(lines: readonly JournalRow[]): string {
  const { posting_date, booking_date, kind, journal_entry_id, company, entry_id, reverses } = lines[0]!;
  const tags = comment({
    journal_entry_id: String(journal_entry_id), company, ...(entry_id !== null && { entry_id: String(entry_id) }),
    ...(reverses !== null && { reverses: String(reverses) }), ...(booking_date !== posting_date && { booking_date }),
  });
  const postings = lines.map((line) => {
    const what = comment({ ...(line.invoice_number !== null && { invoice: line.invoice_number }), ...(line.party_id !== null && { party: line.party_id }) });
    return `    ${accountName(line)}  ${formatMoney(line.amount, line.currency)} ${line.currency}${what}\n`;
  });
  return `\n${posting_date} ${plain(kind)}${tags}\n${postings.join('')}`;
}

function comment(tags: Readonly<Record<string, string>>): string {
  const parts = Object.entries(tags).map(([name, value]) => `${name}:${plain(value).replaceAll(',', ' ')}`);
  return parts.length === 0 ? '' : `  ; ${parts.join(', ')}`;
}

/** Two spaces end an account's name, a semicolon begins a comment, brackets make a posting virtual. */
function plain(text: string): string {
  return text.replace(/[\s;()[\]|]+/g, ' ').trim();
}
