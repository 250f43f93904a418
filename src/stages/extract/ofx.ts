import type { CalendarDate } from '../../core/date.ts';
import { calendarDate } from '../../core/date.ts';
import { Failure } from '../../core/failure.ts';
import { findAmount, markOf, plainAmount } from '../../core/numerals.ts';
import type { Check, RawAmount, RawEntry, RawPart, StatementBalance } from '../../core/statement.ts';
import { CHUNK_ENTRIES, emptyTransaction } from '../../core/statement.ts';
import type { DocumentSource, Reader } from './contract.ts';
import { labelOf } from './csv-labels.ts';
import type { OfxHandler } from './ofx-tags.ts';
import { OfxTokenizer } from './ofx-tags.ts';
import { payeeOrDescription } from './payee.ts';
import { encodingOf, utf8Blocks } from './xml.ts';

/**
 * Open Financial Exchange, versions 1.0.2 to 2.3 (Intuit's QFX is OFX with elements of its own): the statement responses of bank accounts
 * (STMTRS, OFX 2.2 section 11.4.2.2) and credit cards (CCSTMTRS, 11.4.3.2), and the bank transactions of brokerage accounts (INVSTMTRS,
 * 13.9.2). Elements are told apart by their names alone, in whichever order and however well closed.
 */
const EXTRACTOR = 'ofx@1';

/**
 * The aggregates that are read, each with its depth: it stands inside one of the depth above it, and its opening closes whatever is open of
 * its own depth or deeper. That is what a missing end tag comes to.
 */
const DEPTHS: ReadonlyMap<string, number> = new Map([
  ['OFX', 0],
  ['SONRS', 1], ['STMTTRNRS', 1], ['CCSTMTTRNRS', 1], ['INVSTMTTRNRS', 1],
  ['STATUS', 2], ['STMTRS', 2], ['CCSTMTRS', 2], ['INVSTMTRS', 2],
  ['BANKACCTFROM', 3], ['CCACCTFROM', 3], ['INVACCTFROM', 3], ['BANKTRANLIST', 3], ['BANKTRANLISTP', 3], ['INVTRANLIST', 3],
  ['LEDGERBAL', 3], ['AVAILBAL', 3], ['BALLIST', 3],
  ['STMTTRN', 4], ['STMTTRNP', 4], ['BAL', 4],
  ['PAYEE', 5], ['BANKACCTTO', 5], ['CCACCTTO', 5], ['CURRENCY', 5], ['ORIGCURRENCY', 5],
]);
const RESPONSE = 1;
const STATEMENT = 2;
const STATEMENT_PART = 3;
const TRANSACTION = 4;
const TRANSACTION_PART = 5;

/** The elements that are read, wherever they stand. */
const ELEMENTS: ReadonlySet<string> = new Set(
  `CODE SEVERITY MESSAGE CURDEF BANKID BROKERID ACCTID DTSTART DTEND BALAMT DTASOF VALUE BALTYPE DESC
  TRNTYPE DTPOSTED DTTRAN DTUSER DTAVAIL VALUEDATE TRNAMT FITID CORRECTACTION CORRECTFITID CHECKNUM REFNUM NAME EXTDNAME MEMO CURRATE CURSYM`.split(/\s+/),
);
/** What of it the parts of a transaction hold: any other element there means that an end tag is missing. */
const OF_PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['PAYEE', ['NAME']], ['BANKACCTTO', ['BANKID', 'ACCTID']], ['CCACCTTO', ['ACCTID']],
  ['CURRENCY', ['CURRATE', 'CURSYM']], ['ORIGCURRENCY', ['CURRATE', 'CURSYM']],
]);
/** Twice in one aggregate with two values, these are two transactions or balances between which a tag is missing. */
const ONLY_ONCE: ReadonlySet<string> = new Set(['TRNAMT', 'BALAMT', 'DTPOSTED', 'ACCTID']);

/** Deeper than any message of the standard (12), with room for empty elements that have no end tag; what is open is kept in memory. */
const MAX_DEPTH = 64;
/** More than the accounts and months of any download; the head of each statement is kept to the document's end by those who read on. */
const MAX_STATEMENTS = 10_000;
/** Far above what banks repeat as MEMO. */
const MAX_MEMO_CHARACTERS = 1 << 16;
/** An amount has at most 32 characters (3.2.9.1), before the zeros and spaces that some banks pad it with. */
const MAX_AMOUNT_CHARACTERS = 64;

export const ofxReader: Reader = {
  name: 'ofx',

  /** The header of version 1 or 2, or the root element by itself. */
  recognise(head: Buffer): boolean {
    const encoding = encodingOf(head);
    const text = encoding.startsWith('utf-16') ? new TextDecoder(encoding).decode(head) : head.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
    return /^\s*OFXHEADER\s*:/i.test(text) || (/^\s*</.test(text) && /<\??OFX[\s>]/i.test(text));
  },

  /**
   * Throws malformed, truncated and too_large with the line, and not_a_statement with the bank's own words where it has answered with an
   * error. A statement whose values break the standard, that the bank refused, or that is of securities alone, yields `failed`.
   */
  async *read(source: DocumentSource): AsyncGenerator<RawPart, void, void> {
    const responses = new Responses();
    const tokenizer = new OfxTokenizer(responses);
    for await (const block of utf8Blocks(source.read())) {
      tokenizer.write(block);
      yield* responses.take();
    }
    tokenizer.end();
    responses.end(tokenizer.line);
    yield* responses.take();
  },
};

/** An open element: one of DEPTHS, or one that is not known (depth null), which may be an aggregate or an empty element without an end tag. */
interface Node {
  readonly name: string;
  readonly depth: number | null;
  readonly line: number;
  /** The elements directly inside it, by name. */
  readonly values: Map<string, string>;
  /** The parts of a transaction. */
  parts: Map<string, ReadonlyMap<string, string>> | undefined;
}

interface Statement {
  readonly index: number;
  readonly line: number;
  account: ReadonlyMap<string, string> | undefined;
  period: ReadonlyMap<string, string> | undefined;
  ledger: ReadonlyMap<string, string> | undefined;
  opening: StatementBalance<RawAmount> | null;
  entries: RawEntry[];
  count: number;
  /** Securities transactions, which are not read. */
  trades: number;
  corrections: string[];
  readonly currencies: Set<string | null>;
  /** How many transactions of TRNTYPE DEBIT and CREDIT have the sign that goes with the word, and how many the other. */
  signs_right: number;
  signs_wrong: number;
  last_date: CalendarDate | null;
  forwards: number;
  backwards: number;
  failure: Failure | undefined;
}

/** Turns each transaction and each statement into its record as it closes, and lets it go. */
class Responses implements OfxHandler {
  #parts: RawPart[] = [];
  readonly #stack: Node[] = [];
  #statement: Statement | undefined;
  #statements = 0;
  #entries = 0;
  /** What the bank said instead of signing on, and in place of the statement of the response at hand. */
  #refused_all: string | undefined;
  #refused: string | undefined;

  take(): RawPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  open(name: string, text: string, position: { readonly line: number }): void {
    if (ELEMENTS.has(name)) {
      if (text !== '') this.#add(name, text, position.line);
      return;
    }
    const depth = DEPTHS.get(name);
    // Text makes it an element; but that of a whole statement or transaction would be lost for a stray word.
    if (text !== '' && (depth ?? TRANSACTION_PART) === TRANSACTION_PART) return;
    if (name === 'INVTRAN' && this.#statement !== undefined) this.#statement.trades++;
    if (depth === undefined || !this.#makeRoom(name, depth, position.line)) this.#push(name, null, position.line);
    else {
      this.#push(name, depth, position.line);
      if (depth === STATEMENT && name !== 'STATUS') this.#startStatement(position.line);
    }
  }

  close(name: string): void {
    if (ELEMENTS.has(name)) return;
    const at = this.#stack.findLastIndex((node) => node.name === name);
    if (at < 0) return;
    if (this.#stack[at]!.depth !== null) while (this.#stack.length > at) this.#pop();
    // An aggregate that is not read, and with it all that is inside.
    else if (this.#stack.every((node, i) => i < at || node.depth === null)) this.#stack.length = at;
  }

  /** The input is complete. */
  end(line: number): void {
    const open = this.#stack.find((node) => node.depth !== null && node.line > 0);
    if (open !== undefined) {
      throw new Failure('truncated', `the document ends inside <${open.name}>, which begins on line ${open.line}; fetch it again`, { line });
    }
    while (this.#stack.length > 0) this.#pop();
    if (this.#statements > 0) return;
    throw new Failure('not_a_statement', this.#refused_all ?? 'the document is OFX, but holds no statement of a bank account or credit card');
  }

  #push(name: string, depth: number | null, line: number): void {
    if (this.#stack.length === MAX_DEPTH) throw new Failure('too_large', `elements are nested more than ${MAX_DEPTH} deep`, { line });
    this.#stack.push({ name, depth, line, values: new Map(), parts: undefined });
  }

  /** Closes what the new aggregate cannot stand in; false where it then stands in nothing that it belongs to, and is of no interest. */
  #makeRoom(name: string, depth: number, line: number): boolean {
    let at = this.#stack.length - 1;
    while (at >= 0 && (this.#stack[at]!.depth ?? depth) >= depth) at--;
    const outer = this.#stack[at];
    if (belongsIn(name, depth, outer)) {
      while (this.#stack.length > at + 1) this.#pop();
      return true;
    }
    if (name.startsWith('STMTTRN') && depth === TRANSACTION) throw new Failure('malformed', `<${name}> stands outside of any statement`, { line });
    if (name !== 'BANKTRANLIST' || this.#statement !== undefined) return false;
    // Without anything around it, the list itself is the statement.
    this.#push('STMTRS', STATEMENT, 0);
    this.#startStatement(line);
    return true;
  }

  #add(name: string, text: string, line: number): void {
    const node = this.#stack.at(-1);
    if (node === undefined) return;
    if (OF_PARTS.get(node.name)?.includes(name) === false) {
      this.#pop();
      return this.#add(name, text, line);
    }
    const known = node.values.get(name);
    if (known === undefined) node.values.set(name, text);
    else if (name === 'MEMO') {
      if (known.length + text.length > MAX_MEMO_CHARACTERS) {
        throw new Failure('too_large', `the MEMO is longer than ${MAX_MEMO_CHARACTERS} characters`, { line });
      }
      node.values.set(name, `${known} ${text}`);
    } else if (ONLY_ONCE.has(name) && known !== text && node.depth !== null) {
      this.#attempt(line, () => {
        throw new Failure('malformed', `<${node.name}> has two ${name}, "${known.slice(0, 40)}" and "${text.slice(0, 40)}"`, { field: name });
      });
    }
  }

  #pop(): void {
    const node = this.#stack.pop()!;
    const outer = this.#stack.at(-1);
    const statement = this.#statement;
    if (node.depth === null) {
      // It had no end tag, so that it was an empty element; what seemed to be inside stands beside it.
      for (const [name, text] of node.values) this.#add(name, text, node.line);
    } else if (node.name === 'STATUS') this.#status(node.values, outer!);
    else if (node.depth === RESPONSE) this.#endResponse(node.line);
    else if (statement === undefined) return;
    else if (node.depth === STATEMENT) this.#end(statement, node);
    else if (node.depth === STATEMENT_PART) this.#statementPart(statement, node);
    else if (node.depth === TRANSACTION_PART) (outer!.parts ??= new Map()).set(node.name, node.values);
    else if (node.name === 'BAL') this.#attempt(node.line, () => { statement.opening ??= openingOf(node.values); });
    else this.#transaction(statement, node);
  }

  #status(status: Node['values'], outer: Node): void {
    if (status.get('SEVERITY')?.toUpperCase() !== 'ERROR') return;
    const message = status.get('MESSAGE');
    const said = `the bank answered with error ${status.get('CODE') ?? 'unknown'} in place of a statement`
      + (message === undefined ? '' : `: ${message.slice(0, MAX_QUOTED_CHARACTERS)}`);
    if (outer.name === 'SONRS') this.#refused_all ??= said;
    else this.#refused = said;
  }

  #endResponse(line: number): void {
    const message = this.#refused;
    this.#refused = undefined;
    if (message === undefined) return;
    this.#parts.push({ part: 'failed', statement: this.#nextIndex(line), account: null, code: 'not_a_statement', message, location: { line } });
  }

  #statementPart(statement: Statement, { name, values }: Node): void {
    if (name.endsWith('ACCTFROM')) statement.account ??= values;
    else if (name === 'LEDGERBAL') statement.ledger ??= values;
    else if (name === 'BANKTRANLIST' || name === 'INVTRANLIST') statement.period ??= values;
  }

  #nextIndex(line: number): number {
    if (this.#statements === MAX_STATEMENTS) {
      throw new Failure('too_large', `the document has more than ${MAX_STATEMENTS} statements; split it by account or period`, { line });
    }
    return this.#statements++;
  }

  #startStatement(line: number): void {
    this.#refused = undefined;
    this.#statement = {
      index: this.#nextIndex(line), line, account: undefined, period: undefined, ledger: undefined, opening: null, entries: [], count: 0, trades: 0,
      corrections: [], currencies: new Set(), signs_right: 0, signs_wrong: 0, last_date: null, forwards: 0, backwards: 0, failure: undefined,
    };
  }

  /** Runs a reading step; what breaks the standard costs this statement, and the others of the document still come. */
  #attempt(line: number, step: () => void): void {
    const statement = this.#statement;
    if (statement === undefined || statement.failure !== undefined) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'malformed') throw error;
      statement.failure = new Failure(error.code, error.message, { line, ...error.location }, error);
      statement.entries = [];
    }
  }

  #transaction(statement: Statement, node: Node): void {
    statement.count++;
    this.#entries++;
    this.#attempt(node.line, () => {
      const entry = readTransaction(node, this.#entries, statement.count);
      const type = entry.transaction_code?.proprietary?.toUpperCase();
      if ((type === 'DEBIT' || type === 'CREDIT') && /[1-9]/.test(entry.amount)) {
        if ((type === 'DEBIT') === (entry.amount[0] === '-')) statement.signs_right++;
        else statement.signs_wrong++;
      }
      const correction = node.values.get('CORRECTACTION');
      if (correction !== undefined && statement.corrections.length < MAX_NAMED) {
        statement.corrections.push(`entry ${entry.line}: ${correction} ${node.values.get('CORRECTFITID') ?? ''}`.trim());
      }
      if (statement.last_date !== null && entry.booking_date > statement.last_date) statement.forwards++;
      if (statement.last_date !== null && entry.booking_date < statement.last_date) statement.backwards++;
      statement.last_date = entry.booking_date;
      statement.currencies.add(entry.currency);
      statement.entries.push(entry);
      if (statement.entries.length === CHUNK_ENTRIES) this.#flush(statement);
    });
  }

  #flush(statement: Statement): void {
    if (statement.entries.length > 0) this.#parts.push({ part: 'entries', statement: statement.index, entries: statement.entries });
    statement.entries = [];
  }

  #end(statement: Statement, node: Node): void {
    const account = statement.account?.get('ACCTID') ?? null;
    if (node.name === 'INVSTMTRS' && statement.count === 0) {
      const problem = 'the statement is of a brokerage account and has no bank transactions; securities are not read';
      statement.failure = new Failure('unsupported_format', problem, { line: statement.line });
    }
    this.#attempt(statement.line, () => {
      const stated = currencyIn(node.values, 'CURDEF');
      const from = dateIn(statement.period, 'DTSTART');
      const opening = statement.opening;
      const currencies = new Set([...statement.currencies, stated].filter((currency) => currency !== null));
      const head = {
        format: 'ofx' as const, extractor: EXTRACTOR, account, bank: statement.account?.get('BANKID') ?? statement.account?.get('BROKERID') ?? null,
        currency: stated ?? (currencies.size === 1 ? [...currencies][0]! : null), statement_id: null, sequence: null,
        from, to: dateIn(statement.period, 'DTEND'),
        // A balance of a later day, whatever its name, is not the one before the first entry.
        opening_balance: opening !== null && opening.date !== null && from !== null && opening.date > from ? null : opening,
        closing_balance: ledgerBalance(statement.ledger),
        printed_totals: [], newest_first: statement.backwards > statement.forwards, reader_checks: checksOf(statement, currencies),
      };
      this.#flush(statement);
      this.#parts.push({ part: 'end', statement: statement.index, head });
    });
    if (statement.failure !== undefined) {
      const { code, message, location } = statement.failure;
      this.#parts.push({ part: 'failed', statement: statement.index, account, code, message, location });
    }
    this.#statement = undefined;
  }
}

/** Enough to look for them; a check's detail is read by a person. */
const MAX_NAMED = 10;
/** The length that the standard gives MESSAGE; a whole page must not become an error message. */
const MAX_QUOTED_CHARACTERS = 255;

/** Whether an aggregate of that depth belongs directly inside the other. A statement needs nothing around it, its parts do. */
function belongsIn(name: string, depth: number, outer: Node | undefined): boolean {
  const outerDepth = outer?.depth ?? -1;
  if (name === 'BAL') return outer?.name === 'BALLIST';
  if (depth === TRANSACTION) return outerDepth >= STATEMENT && outer?.name !== 'STATUS';
  if (depth < STATEMENT_PART && name !== 'STATUS') return outerDepth < depth;
  return outerDepth === depth - 1 && outer?.name !== 'STATUS';
}

/** What makes a statement's sum worth nothing, each said only where it is so. */
function checksOf({ trades, corrections, signs_right, signs_wrong }: Statement, currencies: ReadonlySet<string>): Check[] {
  const checks: Check[] = [];
  const fails = (name: string, detail: string): void => { checks.push({ name, ok: false, detail }); };
  if (currencies.size > 1) fails('one_currency', `account and entries are in ${[...currencies].sort().join(', ')}`);
  if (trades > 0) fails('bank_transactions_only', `${trades} securities transactions of the same account are not read`);
  if (corrections.length > 0) fails('no_corrections', `the bank corrects what an earlier file contained: ${corrections.join('; ')}`);
  if (signs_wrong > 0 && signs_right === 0) fails('signs', `all ${signs_wrong} transactions that are called DEBIT or CREDIT have the opposite sign`);
  return checks;
}

// ---- Values

/** The day of a date and time (3.2.8.2) as it is written, in the bank's own time zone; null where none is given, also as zeros. */
function dateIn(values: ReadonlyMap<string, string> | undefined, field: string): CalendarDate | null {
  const text = values?.get(field);
  if (text === undefined || ZEROS.test(text)) return null;
  const digits = /^(\d{4})-?(\d{2})-?(\d{2})(?!\d{7})/.exec(text);
  const date = digits === null ? undefined : calendarDate(Number(digits[1]), Number(digits[2]), Number(digits[3]));
  if (date === undefined) throw new Failure('malformed', `${field} "${text.slice(0, 40)}" is no date`, { field });
  return date;
}

const ZEROS = /^[0\s:.-]*$/;

const PLAIN = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/**
 * A signed amount (3.2.9): the decimal mark is a dot or a comma, and there is no grouping; so a single mark is always the decimal mark.
 * Banks that group all the same are read where two marks leave no doubt.
 */
function amountOf(text: string, field: string): RawAmount {
  if (text.length <= MAX_AMOUNT_CHARACTERS) {
    if (PLAIN.test(text)) return text;
    const printed = findAmount(text);
    const mark = printed && markOf(printed.digits);
    if (mark !== undefined && printed!.currency === null && printed!.side === null) {
      const value = plainAmount(printed!, mark === 'either' ? (printed!.digits.includes(',') ? ',' : '.') : mark === 'none' ? '.' : mark);
      if (value !== undefined) return value.replace(/^(-?)0+(?=\d)/, '$1');
    }
  }
  throw new Failure('malformed', `${field} "${text.slice(0, MAX_AMOUNT_CHARACTERS)}" is no amount`, { field });
}

function currencyIn(values: ReadonlyMap<string, string>, field: string): string | null {
  const code = values.get(field)?.toUpperCase() ?? null;
  if (code !== null && !/^[A-Z]{3}$/.test(code)) throw new Failure('malformed', `${field} "${code.slice(0, 10)}" is no ISO 4217 code`, { field });
  return code;
}

function ledgerBalance(values: ReadonlyMap<string, string> | undefined): StatementBalance<RawAmount> | null {
  const text = values?.get('BALAMT');
  return text === undefined ? null : { amount: amountOf(text, 'LEDGERBAL/BALAMT'), date: dateIn(values, 'DTASOF') };
}

/** BAL (OFX 2.2, section 3.1.4) where its name or description calls it an opening balance; the standard has no code for that. */
function openingOf(values: ReadonlyMap<string, string>): StatementBalance<RawAmount> | null {
  const text = values.get('VALUE');
  if (text === undefined || ![values.get('NAME'), values.get('DESC')].some((label) => labelOf(label ?? '') === 'opening')) return null;
  if (!/^(?:DOLLAR)?$/i.test(values.get('BALTYPE') ?? '')) return null;
  return { amount: amountOf(text, 'BAL/VALUE'), date: dateIn(values, 'DTASOF') };
}

// ---- Transactions

/** STMTTRN (OFX 2.2, section 11.4.4.1), and STMTTRNP, which is pending and has a date of its own name. `position` counts within the statement. */
function readTransaction({ name: aggregate, line, values, parts }: Node, number: number, position: number): RawEntry {
  const printed = values.get('TRNAMT');
  if (printed === undefined) throw new Failure('malformed', `entry ${number} has no TRNAMT`, { field: 'TRNAMT' });
  const date = dateIn(values, 'DTPOSTED') ?? dateIn(values, 'DTTRAN') ?? dateIn(values, 'DTUSER');
  if (date === null) throw new Failure('malformed', `entry ${number} has no DTPOSTED`, { field: 'DTPOSTED' });
  const type = values.get('TRNTYPE');
  const currency = parts?.get('CURRENCY');
  const fitid = reference(values.get('FITID'));
  const refnum = reference(values.get('REFNUM'));
  const check = reference(values.get('CHECKNUM'));
  const bank_reference = fitid === null || isPosition(fitid, position) ? refnum : fitid;
  const { counterparty, remittance } = textsOf(values, parts);
  return {
    ...emptyTransaction(amountOf(printed, 'TRNAMT'), currency === undefined ? null : currencyIn(currency, 'CURSYM')),
    line: number,
    booking_date: date,
    value_date: dateIn(values, 'DTAVAIL') ?? dateIn(values, 'VALUEDATE'),
    status: aggregate === 'STMTTRNP' ? 'pending' : 'booked',
    reversal: false,
    bank_reference,
    customer_reference: check ?? (refnum === bank_reference ? null : refnum),
    transaction_code: type === undefined ? null : { domain: null, family: null, subfamily: null, proprietary: type },
    counterparty,
    remittance,
    exchange_rate: rateOf(currency ?? parts?.get('ORIGCURRENCY')),
    source: { page: null, line },
    details: [],
    balance_after: null,
  };
}

/** A reference, unless it is empty or zeros, which is how banks write none. */
function reference(text: string | undefined): string | null {
  return text === undefined || ZEROS.test(text) ? null : text;
}

/**
 * FITID must stay the same in every download (3.2.3). Where it is the number of the row, it will not: the same transaction has another one
 * in the next file, and would be taken for a new one.
 */
function isPosition(fitid: string, position: number): boolean {
  return fitid.length <= 7 && Number(fitid) === position;
}

/** CURRATE (OFX 2.2, section 5.2): what one unit of CURSYM is worth in the account's currency. One says nothing. */
function rateOf(currency: ReadonlyMap<string, string> | undefined): string | null {
  const text = currency?.get('CURRATE');
  const rate = text === undefined ? undefined : amountOf(text, 'CURRATE');
  return rate === undefined || Number(rate) === 1 || Number(rate) === 0 ? null : rate;
}

/** PAYEE is the other side; NAME (or, longer, EXTDNAME) is "name of payee or description of transaction". */
function textsOf(values: ReadonlyMap<string, string>, parts: Node['parts']): Pick<RawEntry, 'counterparty' | 'remittance'> {
  const memo = values.get('MEMO') ?? null;
  const text = values.get('EXTDNAME') ?? values.get('NAME') ?? null;
  const payee = parts?.get('PAYEE')?.get('NAME');
  const to = parts?.get('BANKACCTTO') ?? parts?.get('CCACCTTO');
  const { name, remittance } = payee === undefined
    ? payeeOrDescription(text, memo)
    : { name: payee, remittance: text === payee ? memo : [text, memo].filter((words) => words !== null).join(' ') || null };
  const account = to?.get('ACCTID') ?? null;
  return { counterparty: name === null && account === null ? null : { name, account, bank: to?.get('BANKID') ?? null }, remittance };
}
