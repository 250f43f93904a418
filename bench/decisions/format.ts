import type { CalendarDate } from '../../src/core/date.ts';
import type { Account, Payment } from './model.ts';

/** What a document still shows of a payment after the format's loss. */
export interface Shown {
  readonly name: string | null;
  /** The name fills its field: the bank may have cut it. */
  readonly name_cut: boolean;
  /** The field that the name stands in has other words behind it, so that its end is not marked. */
  readonly name_runs_on: boolean;
  readonly account: string | null;
  /** The text as it is printed, in the pieces that the format breaks it into. */
  readonly text: readonly string[];
  /** The text fills its field: the bank may have cut it. */
  readonly text_cut: boolean;
  readonly reference: string | null;
  readonly end_to_end_id: string | null;
  readonly mandate_id: string | null;
  readonly charges: boolean;
  readonly instructed: boolean;
  /** The bank's own booking type says what kind of line it is. */
  readonly booking_type: boolean;
  readonly value_date: boolean;
}

/** One booking: a payment, or the details of a batch. */
export interface Line {
  /** The bank's own, the same in every format that prints one. */
  readonly bank_reference: string;
  readonly payments: readonly Payment[];
  readonly shown: readonly Shown[];
}

/** A statement before it is written. */
export interface Statement {
  readonly account: Account;
  readonly number: number;
  readonly from: CalendarDate;
  readonly to: CalendarDate;
  readonly opening: bigint;
  readonly closing: bigint;
  readonly lines: readonly Line[];
  /** Only expected: an interim report. */
  readonly interim: boolean;
}

/** A bank format, with its true loss. */
export interface Format {
  readonly id: string;
  readonly ending: string;
  /** It can print the details of a batch booking. */
  readonly batches: boolean;
  show(payment: Payment): Shown;
  write(statement: Statement): Buffer;
}

/** A text in pieces of a length, cut after so many of them. */
export function pieces(text: string, length: number, count = Infinity): { text: string[]; cut: boolean } {
  const all: string[] = [];
  for (let at = 0; at < text.length; at += length) all.push(text.slice(at, at + length));
  return { text: all.slice(0, count), cut: text.length >= length * count };
}

/** Letters as the bank of this account writes them. */
export function inLettersOf({ letters }: Account, text: string): string {
  switch (letters) {
    case 'as they are': return text;
    case 'capitals': return capitals(text);
    case 'capitals without umlauts': return withoutUmlauts(capitals(text));
  }
}

/** Sharp s has no capital that banks print. */
function capitals(text: string): string {
  return text.toUpperCase();
}

const UMLAUTS: Readonly<Record<string, string>> = { Ä: 'AE', Ö: 'OE', Ü: 'UE', ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', Ø: 'OE', ø: 'oe', Å: 'AA', å: 'aa', Ł: 'L', ł: 'l' };

/** The letters of the SWIFT character set: umlauts written out, other accents dropped, `&` as `+`. */
export function withoutUmlauts(text: string): string {
  return text.replace(/[ÄÖÜäöüßØøÅåŁł]/g, (letter) => UMLAUTS[letter]!).normalize('NFD').replace(/\p{M}/gu, '').replaceAll('&', '+').replace(/[^\x20-\x7e]/g, ' ');
}
