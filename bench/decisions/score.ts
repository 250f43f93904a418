import { basename } from 'node:path';
import type { ExportedDecision } from '../../src/exports/decisions.ts';
import { formatMoney, parseMoney } from '../../src/core/money.ts';
import type { Generated, TrueEntry } from './generate.ts';
import type { Payment } from './model.ts';
import type { Decided } from './run.ts';

/** What may never happen, with the places where it did. */
export const NEVER = [
  'wrong customer', 'double settlement', 'inverted sign', 'posted from a quarantined document', 'sums that do not add up', 'a duplicate posted', 'an entry lost',
] as const;
export type Never = (typeof NEVER)[number];

/** Counts of entries; values are sums of absolute amounts in minor units, whatever the currency. */
export interface Tally {
  entries: number;
  /** What the document shows is enough to decide. */
  decidable: number;
  decidable_value: bigint;
  decided_rightly: number;
  decided_rightly_value: bigint;
  /** Decided without a person, decidable or not. */
  automatic: number;
  automatic_value: bigint;
  wrong: number;
  wrong_value: bigint;
  /** Twins and other entries that are for a person, and how many of them were taken. */
  for_person: number;
  taken: number;
  /** Entries in review for which it can be said what should be suggested. */
  reviewable: number;
  first: number;
  top_three: number;
}

export interface Problem {
  readonly what: 'wrong' | 'taken' | 'missed' | 'suggestion' | Never;
  readonly place: string;
  readonly scenario: string;
  readonly found: string;
  readonly stated: string;
}

export interface Score {
  readonly total: Tally;
  readonly scenarios: ReadonlyMap<string, Tally>;
  readonly formats: ReadonlyMap<string, Tally>;
  readonly never: Readonly<Record<Never, number>>;
  readonly problems: readonly Problem[];
}

/** Holds the exported decisions against the truth. */
export function score(generated: Generated, { rows, summaries, violations }: Decided): Score {
  const scenarios = new Map<string, Tally>();
  const formats = new Map<string, Tally>();
  const total = emptyTally();
  const never = Object.fromEntries(NEVER.map((what) => [what, 0])) as Record<Never, number>;
  const problems: Problem[] = [];
  const found = new Map(rows.map((row) => [placeOf(generated.same_bytes.get(basename(row.document)) ?? basename(row.document), row.line, row.detail), row]));
  const posted = new Map<string, number>();
  const settled = new Map<string, bigint>();

  function report(what: Problem['what'], { document, line, detail, payment }: TrueEntry, row: ExportedDecision | undefined): void {
    problems.push({
      what, place: placeOf(document, line, detail), scenario: nameOf(payment), found: row === undefined ? 'nothing' : describeRow(row), stated: describeTruth(payment),
    });
    if ((NEVER as readonly string[]).includes(what)) never[what as Never]++;
  }

  for (const entry of generated.entries) {
    const row = found.get(placeOf(entry.document, entry.line, entry.detail));
    if (row === undefined) {
      report('an entry lost', entry, row);
      continue;
    }
    if (!addsUp(row, entry.payment)) report('sums that do not add up', entry, row);
    if (entry.fate === 'quarantined' && row.outcome !== 'quarantined') report('posted from a quarantined document', entry, row);
    if (entry.fate === 'interim' || entry.fate === 'quarantined' || row.outcome === 'duplicate') continue;
    posted.set(entry.group, (posted.get(entry.group) ?? 0) + (row.outcome === 'quarantined' || row.outcome === 'pending' ? 0 : 1));
    const tallies = [total, tallyOf(scenarios, nameOf(entry.payment)), tallyOf(formats, entry.format)];
    judgeRow(entry, row, tallies);
  }
  for (const entry of firstOfGroups(generated.entries)) {
    const [is, should] = [posted.get(entry.group) ?? 0, generated.occurrences.get(entry.group)!];
    if (is > should) report('a duplicate posted', entry, undefined);
    if (is < should) report('an entry lost', entry, undefined);
  }
  for (const invoice of generated.invoices) {
    const { company: { id: company }, kind, invoice_number, party: { party_id }, amount, currency } = invoice;
    const sum = settled.get(JSON.stringify([company, kind, invoice_number, party_id])) ?? 0n;
    if (sum <= amount && sum >= 0n) continue;
    never['double settlement']++;
    problems.push({ what: 'double settlement', place: `${invoice_number} of ${party_id}`, scenario: '', found: formatMoney(sum, currency), stated: `at most ${formatMoney(amount, currency)}` });
  }
  for (const wrong of [...summaries.filter((summary) => !summary.balanced).map(({ run_id }) => `run ${run_id} is not balanced`), ...violations]) {
    never['sums that do not add up']++;
    problems.push({ what: 'sums that do not add up', place: '', scenario: '', found: wrong, stated: '' });
  }
  return { total, scenarios, formats, never, problems };

  function judgeRow(entry: TrueEntry, row: ExportedDecision, tallies: readonly Tally[]): void {
    const { payment, verdict } = entry;
    const { truth } = payment;
    const value = payment.amount < 0n ? -payment.amount : payment.amount;
    const add = (change: (tally: Tally) => void): void => tallies.forEach(change);
    const must = verdict.decision === 'auto' || verdict.decision === 'suspense';
    const automatic = row.outcome === 'auto' || row.outcome === 'suspense';
    add((tally) => { tally.entries++; });
    if (must) add((tally) => { tally.decidable++; tally.decidable_value += value; });
    if (verdict.decision === 'person') add((tally) => { tally.for_person++; });
    if (row.outcome === 'auto') addSettled(row);
    if (automatic) {
      add((tally) => { tally.automatic++; tally.automatic_value += value; });
      const right = row.outcome === 'suspense' ? truth.party === null && verdict.decision !== 'auto' && verdict.decision !== 'person' : verdict.decision !== 'suspense' && isTrue(row, payment);
      if (verdict.decision === 'person') {
        add((tally) => { tally.taken++; tally.wrong++; tally.wrong_value += value; });
        report('taken', entry, row);
      } else if (!right) {
        add((tally) => { tally.wrong++; tally.wrong_value += value; });
        report('wrong', entry, row);
      } else if (must) {
        add((tally) => { tally.decided_rightly++; tally.decided_rightly_value += value; });
      }
      const parties = new Set(truth.allocations.map(({ invoice }) => invoice.party.party_id));
      if (!row.allocations.every(({ party_id }) => parties.has(party_id))) report('wrong customer', entry, row);
      if (isInverted(row, payment)) report('inverted sign', entry, row);
      return;
    }
    if (must) report('missed', entry, row);
    if (row.outcome !== 'review' || !verdict.suggestible) return;
    const stated = truth.suggestion === 'allocations' ? keyOf(truth.allocations.map(({ invoice, amount }) => [invoice.kind, invoice.invoice_number, invoice.party.party_id, formatMoney(amount, payment.account.currency)])) : '[]';
    const suggested = row.suggestions.map(({ allocations }) => keyOf(allocations.map(({ kind, invoice_number, party_id, amount }) => [kind, invoice_number, party_id, amount])));
    // Where none is made, "none of ours" is what the queue says.
    const ranked = suggested.length === 0 ? ['[]'] : suggested;
    add((tally) => { tally.reviewable++; });
    if (ranked[0] === stated) add((tally) => { tally.first++; });
    else report('suggestion', entry, row);
    if (ranked.slice(0, 3).includes(stated)) add((tally) => { tally.top_three++; });
  }

  function addSettled({ allocations }: ExportedDecision): void {
    for (const allocation of allocations) {
      const { company, kind, invoice_number, party_id, settled: { amount, currency } } = allocation;
      const parts = [amount, allocation.discount, allocation.charges, allocation.withholding, allocation.write_off].map((part) => parseMoney(part, currency) ?? 0n);
      const sum = parts.reduce((all, part) => all + part, 0n);
      // Money in settles what we are owed, money out what we owe; the other way it opens it again.
      const direction = (kind === 'receivable' || kind === 'debit_note') === !allocation.amount.startsWith('-') ? 1n : -1n;
      const key = JSON.stringify([company, kind, invoice_number, party_id]);
      settled.set(key, (settled.get(key) ?? 0n) + direction * (sum < 0n ? -sum : sum));
    }
  }
}

function emptyTally(): Tally {
  return {
    entries: 0, decidable: 0, decidable_value: 0n, decided_rightly: 0, decided_rightly_value: 0n, automatic: 0, automatic_value: 0n, wrong: 0, wrong_value: 0n, for_person: 0, taken: 0,
    reviewable: 0, first: 0, top_three: 0,
  };
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  return tallies.getOrInsertComputed(name, emptyTally);
}

function nameOf({ truth: { scenario, differs } }: Payment): string {
  return differs === null ? scenario : `${scenario} / ${differs}`;
}

function placeOf(document: string, line: number, detail: number | null): string {
  return `${document} line ${line}${detail === null ? '' : ` detail ${detail}`}`;
}

function firstOfGroups(entries: readonly TrueEntry[]): TrueEntry[] {
  const first = new Map<string, TrueEntry>();
  for (const entry of entries) if (entry.fate === 'booked' && !first.has(entry.group)) first.set(entry.group, entry);
  return [...first.values()];
}

/** The exported amounts are the payment's, and come to nothing with what was made of them. */
function addsUp({ amount, currency, residual, outcome, allocations, ledger_lines }: ExportedDecision, payment: Payment): boolean {
  const units = (text: string): bigint => parseMoney(text, currency) ?? 0n;
  const rest = [...allocations, ...ledger_lines].reduce((left, part) => left - units(part.amount), units(amount));
  return units(amount) === payment.amount && rest === units(residual) && (outcome !== 'auto' || rest === 0n);
}

/** Posted to exactly what is true, with the differences named as they are. */
function isTrue({ allocations, ledger_lines, currency, amount: payment_amount }: ExportedDecision, { truth }: Payment): boolean {
  const is = keyOf(allocations.map((one) => [one.kind, one.invoice_number, one.party_id, one.amount, ...[one.discount, one.charges, one.withholding, one.write_off].map((part) => String(parseMoney(part, one.settled.currency) ?? 0n))]));
  const stated = keyOf(truth.allocations.map(({ invoice, amount, discount = 0n, charges = 0n, withholding = 0n }) => [
    invoice.kind, invoice.invoice_number, invoice.party.party_id, formatMoney(amount, currency), String(discount), String(charges), String(withholding), '0',
  ]));
  const ledger = keyOf(ledger_lines.map(({ account, amount }) => [account, amount]));
  const stated_ledger = truth.ledger !== null ? [[truth.ledger, payment_amount]] : truth.fee !== 0n ? [['bank_fees', formatMoney(-truth.fee, currency)]] : [];
  return is === stated && ledger === keyOf(stated_ledger);
}

/** An invoice settled where it should have been opened again, or the other way round. */
function isInverted({ allocations }: ExportedDecision, { truth }: Payment): boolean {
  return allocations.some(({ invoice_number, party_id, amount }) => truth.allocations.some(({ invoice, amount: stated }) => (
    invoice.invoice_number === invoice_number && invoice.party.party_id === party_id && amount.startsWith('-') !== stated < 0n)));
}

function keyOf(parts: readonly (readonly string[])[]): string {
  return JSON.stringify(parts.map((part) => part.join(' ')).toSorted());
}

function describeRow({ outcome, reason, rule, allocations, ledger_lines, amount, currency, suggestions }: ExportedDecision): string {
  const settled = allocations.map((one) => `${one.kind} ${one.invoice_number} of ${one.party_id} ${one.amount}`);
  const lines = ledger_lines.map((line) => `${line.account} ${line.amount}`);
  const first = outcome === 'review' && suggestions[0] !== undefined ? [`suggests ${suggestions[0].allocations.map((one) => `${one.invoice_number} of ${one.party_id} ${one.amount}`).join(', ')}`] : [];
  return `${amount} ${currency} ${outcome} (${reason}${rule === null ? '' : ` by ${rule.id}`})${[...settled, ...lines, ...first].map((part) => `; ${part}`).join('')}`;
}

function describeTruth({ truth, account: { currency }, name, text }: Payment): string {
  const parts = truth.allocations.map(({ invoice, amount }) => `${invoice.kind} ${invoice.invoice_number} of ${invoice.party.party_id} ${formatMoney(amount, currency)}`);
  return `${[...parts, ...(truth.ledger === null ? [] : [truth.ledger])].join(', ') || 'nothing'}; from ${truth.party?.party_id ?? 'nobody'} as "${name ?? ''}": "${text}"`;
}
