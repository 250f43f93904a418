import type { CalendarDate } from '../../src/core/date.ts';
import type { Random } from '../../fixtures/generate/random.ts';
import { CAMT_02, CAMT_08 } from './camt.ts';
import { CSV_DUTCH, CSV_GERMAN } from './csv.ts';
import type { Format, Line, Statement } from './format.ts';
import type { Account, Payment } from './model.ts';
import { MT940_GERMAN } from './mt940.ts';

/** What is wrong with the deliveries of an account; null where every day comes once. */
export type Fault = 'the same file again' | 'the same day in another format' | 'overlapping periods' | 'intraday, then end of day' | 'a corrected re-issue' | 'a gap in the sequence'
  | 'balances that contradict themselves' | 'a balance that contradicts the books' | 'an empty statement';

export const FAULTS: readonly Fault[] = [
  'the same file again', 'the same day in another format', 'overlapping periods', 'intraday, then end of day', 'a corrected re-issue', 'a gap in the sequence',
  'balances that contradict themselves', 'a balance that contradicts the books', 'an empty statement',
];

export interface Delivered {
  readonly document: string;
  readonly bytes: Buffer;
  /** The run that brings it. */
  readonly run: 0 | 1;
  /** `again` has the bytes of another document and no entries of its own. */
  readonly fate: 'booked' | 'interim' | 'quarantined' | 'again';
  readonly fault: Fault | null;
  readonly statement: Statement;
}

/** Writes an account's days as its bank delivers them. The first day comes with the first run, the others with the second. */
export function deliver(random: Random, account: Account, days: readonly CalendarDate[], payments: readonly Payment[], fault: Fault | null): Delivered[] {
  const delivered: Delivered[] = [];
  const start = random.int(20, 180);
  let opening = BigInt(random.int(40_000_000, 900_000_000));
  const statements = days.map((day, i): Statement => {
    const lines = linesOf(account, shuffle(random, payments.filter(({ date }) => date === day)), `${day.slice(2).replaceAll('-', '')}${start + i}`);
    const statement = { account, number: start + i, from: day, to: day, opening, closing: opening + total(lines), lines, interim: false };
    opening = statement.closing;
    return statement;
  });
  const add = (statement: Statement, run: 0 | 1, fate: Delivered['fate'] = 'booked', format = account.format, suffix = ''): void => {
    const document = `${account.company.id}-${account.number.slice(-6)}-${statement.to}${suffix}.${format.ending}`;
    const shown = format === account.format && !statement.interim ? statement : { ...statement, lines: reshow(statement.lines, format) };
    delivered.push({ document, bytes: format.write(shown), run, fate, fault, statement: shown });
  };
  const [first, second, third] = statements as [Statement, Statement, Statement];
  add(first, 0);
  switch (fault) {
    case null: case 'an empty statement':
      add(second, 1);
      add(third, 1);
      break;
    case 'the same file again':
      add(first, 1, 'again', account.format, '-again');
      add(second, 1);
      add(second, 1, 'again', account.format, '-again');
      add(third, 1);
      break;
    case 'the same day in another format':
      add(first, 1, 'booked', otherFormat(random, account), '-copy');
      add(second, 1);
      add(second, 1, 'booked', otherFormat(random, account), '-copy');
      add(third, 1);
      break;
    case 'overlapping periods':
      add(second, 1);
      add({ ...second, number: third.number, to: third.to, closing: third.closing, lines: [...second.lines, ...third.lines] }, 1, 'booked', account.format, '-both');
      break;
    case 'intraday, then end of day':
      add({ ...second, number: 7_000 + second.number, lines: second.lines.slice(0, Math.ceil(second.lines.length / 2)), interim: true }, 0, 'interim', CAMT_08, '-intraday');
      add(second, 1);
      add(third, 1);
      break;
    case 'a corrected re-issue': {
      const lines = first.lines.slice(1);
      add({ ...first, lines, closing: first.opening + total(lines) }, 1, 'quarantined', account.format, '-corrected');
      add(second, 1);
      add(third, 1);
      break;
    }
    case 'a gap in the sequence':
      add(third, 1);
      break;
    case 'balances that contradict themselves':
      add({ ...second, closing: second.closing + 10_000n }, 1, 'quarantined');
      add(third, 1);
      break;
    case 'a balance that contradicts the books':
      add({ ...second, opening: second.opening + 777n, closing: second.closing + 777n }, 1, 'quarantined');
      break;
  }
  return delivered;
}

/** Formats that print both balances, so that a fault in them can be seen, and an account. */
export const PROVING: readonly Format[] = [CAMT_08, CAMT_02, MT940_GERMAN, CSV_GERMAN];

/** Another export of the same bank. */
function otherFormat(random: Random, account: Account): Format {
  return random.pick([CAMT_02, MT940_GERMAN, CSV_GERMAN, CSV_DUTCH].filter((format) => format !== account.format));
}

/** The payments as bookings; those of one batch are one line. */
function linesOf(account: Account, payments: readonly Payment[], prefix: string): Line[] {
  const bookings = new Map<string, Payment[]>();
  for (const [i, payment] of payments.entries()) bookings.getOrInsert(payment.batch ?? String(i), []).push(payment);
  return [...bookings.values()].map((of, i) => ({ bank_reference: `${prefix}${String(i + 1).padStart(5, '0')}`, payments: of, shown: of.map((payment) => account.format.show(payment)) }));
}

function reshow(lines: readonly Line[], format: Format): Line[] {
  return lines.map((line) => ({ ...line, shown: line.payments.map((payment) => format.show(payment)) }));
}

function total(lines: readonly Line[]): bigint {
  return lines.flatMap(({ payments }) => payments).reduce((sum, { amount }) => sum + amount, 0n);
}

function shuffle<T>(random: Random, list: readonly T[]): T[] {
  const left = [...list];
  for (let i = left.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [left[i], left[j]] = [left[j]!, left[i]!];
  }
  return left;
}
