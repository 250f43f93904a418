import { isCalendarDate, type CalendarDate } from '../../core/date.ts';
import { Failure } from '../../core/failure.ts';
import { createProof, type ProofBuilder } from '../../core/proof.ts';
import {
  CHUNK_ENTRIES,
  emptyTransaction,
  type Charge,
  type Check,
  type EntryStatus,
  type Format,
  type PrintedTotal,
  type RawAmount,
  type RawEntry,
  type RawPart,
  type StatementBalance,
  type Transaction,
  type TransactionCode,
} from '../../core/statement.ts';
import type { DocumentSource, Reader } from './contract.ts';
import { encodingOf, utf8Blocks, XmlTokenizer, type XmlAttribute, type XmlHandler } from './xml.ts';

/**
 * ISO 20022 bank-to-customer cash management: camt.053 (BankToCustomerStatement), camt.052 (BankToCustomerAccountReport) and
 * camt.054 (BankToCustomerDebitCreditNotification), versions 001.01 to 001.14. Messages are told apart by their elements' local
 * names, not by namespace: banks send prefixes, none at all, or an envelope around them. What changed between the versions
 * (Sts/Cd, Pty, BICFI, Chrgs/Rcrd, NtryDtls) is read in all its forms.
 */
const EXTRACTOR = 'camt@1';

interface Message {
  readonly format: Format;
  /** The element that holds one statement. */
  readonly statement: string;
  /**
   * Balance codes (ExternalBalanceType1Code) in the order of preference. An interim report ends with an interim booked balance; so does a
   * page of a statement that is not the last, and one that is not the first begins with it.
   */
  readonly opening: readonly string[];
  readonly closing: readonly string[];
}

/** Interim booked: of the hour, or between two pages. */
const INTERIM = 'ITBD';

const MESSAGES: ReadonlyMap<string, Message> = new Map([
  ['BkToCstmrStmt', { format: 'camt.053', statement: 'Stmt', opening: ['OPBD', 'PRCD', INTERIM], closing: ['CLBD', INTERIM] }],
  ['BkToCstmrAcctRpt', { format: 'camt.052', statement: 'Rpt', opening: ['OPBD', 'PRCD'], closing: ['CLBD', INTERIM] }],
  ['BkToCstmrDbtCdtNtfctn', { format: 'camt.054', statement: 'Ntfctn', opening: [], closing: [] }],
]);

/** The elements that are read, wherever they stand in a statement; all others are skipped with everything inside them. */
const READ: ReadonlySet<string> = new Set(
  `Id ElctrncSeqNb LglSeqNb StmtPgntn RptPgntn NtfctnPgntn PgNb FrToDt FrDtTm ToDtTm CreDtTm
  Acct IBAN BBAN UPIC Othr PrtryAcct Ccy Ownr Nm Svcr FinInstnId BIC BICFI ClrSysMmbId MmbId CmbndId
  Bal Tp CdOrPrtry Cd Amt CdtDbtInd Dt DtTm TxsSummry TtlNtries TtlCdtNtries TtlDbtNtries NbOfNtries Sum TtlNetNtryAmt TtlNetNtry
  Ntry Sts RvslInd BookgDt ValDt AcctSvcrRef BkTxCd Domn Fmly SubFmlyCd Prtry AddtlNtryInf
  AmtDtls InstdAmt TxAmt CntrValAmt CcyXchg XchgRate Chrgs TtlChrgsAndTaxAmt Rcrd Br
  NtryDtls Btch PmtInfId TxDtls Refs InstrId EndToEndId TxId MndtId ChqNb
  RltdPties Dbtr DbtrAcct UltmtDbtr Cdtr CdtrAcct UltmtCdtr Pty Agt RltdAgts DbtrAgt CdtrAgt
  RmtInf Ustrd Strd CdtrRefInf Ref CdtrRef RfrdDocInf Nb RfrdDocNb AddtlRmtInf RtrInf Rsn RtrRsn AddtlInf AddtlRtrRsnInf AddtlTxInf`.split(/\s+/),
);

/** A statement's head, or one entry or transaction, has some hundred elements; a million `Ustrd` must not fill the memory. */
const MAX_ELEMENTS = 100_000;
/** The longest text of the standard is 500 characters; comments and CDATA can piece one together beyond the tokenizer's bound. */
const MAX_TEXT_CHARACTERS = 1 << 20;
/** Details of one entry stay together in memory; a payment file whose transactions are booked as one seldom has more than 100,000. */
const MAX_DETAILS = 200_000;
/** ISO 20022 amounts have at most 18 digits. */
const MAX_AMOUNT_CHARACTERS = 40;

/** The last part of `urn:iso:std:iso:20022:tech:xsd:pain.001.001.09`. */
const MESSAGE_TYPE = /[a-z]{4}\.\d{3}\.\d{3}\.\d{2}/;

/** An element that is read, with its children as a linked list: most have one or two, and an array for each costs more than its content. */
interface Element {
  readonly name: string;
  readonly currency: string | null;
  text: string;
  first: Element | undefined;
  last: Element | undefined;
  next: Element | undefined;
}

function newElement(name: string, currency: string | null): Element {
  return { name, currency, text: '', first: undefined, last: undefined, next: undefined };
}

export const camtReader: Reader = {
  name: 'camt',

  /** XML of any kind except OFX 2, so that other ISO 20022 messages are refused by name. */
  recognise(head: Buffer): boolean {
    const encoding = encodingOf(head);
    const text = encoding.startsWith('utf-16') ? new TextDecoder(encoding).decode(head) : head.toString('utf8');
    return text.trimStart().startsWith('<') && !/<\??OFX/.test(text);
  },

  /**
   * Throws malformed, truncated and too_large with the line, unsupported_format for another ISO 20022 message or an unknown encoding,
   * not_a_statement for other XML. A statement whose values break the standard yields `failed`.
   */
  async *read(source: DocumentSource): AsyncGenerator<RawPart> {
    const statements = new StatementHandler();
    const tokenizer = new XmlTokenizer(statements);
    for await (const block of utf8Blocks(source.read())) {
      tokenizer.write(block);
      yield* statements.take();
    }
    tokenizer.end();
    yield* statements.take();
    if (statements.count === 0) {
      throw new Failure('not_a_statement', 'the document is XML, but holds no ISO 20022 statement (camt.053, camt.052 or camt.054)');
    }
  },
};

/** One statement while it is being read. */
interface Statement {
  readonly message: Message;
  readonly index: number;
  readonly line: number;
  /** What precedes the entries: the schema puts the account, balances and totals first. */
  readonly head: Element;
  owner: AccountOwner | undefined;
  entries: RawEntry[];
  /** Entries and details in `entries`. */
  weight: number;
  readonly entryCurrencies: Set<string | null>;
  /** Whether every entry so far is booked. */
  booked: boolean;
  /** Sums of all entries, whatever their status, where TxsSummry prints such. */
  readonly sums: ProofBuilder;
  failure: Failure | undefined;
}

/** The entry inside which the reading stands. */
interface OpenEntry {
  readonly line: number;
  readonly number: number;
  readonly element: Element;
  readonly details: Transaction<RawAmount>[];
  /** A detail without an amount of its own: what it says is then said by the entry. */
  incomplete: boolean;
}

interface AccountOwner {
  readonly account: string | null;
  readonly name: string | null;
}

/** Builds a small tree per statement head, entry and transaction, turns each into its record when it closes, and lets it go. */
class StatementHandler implements XmlHandler {
  count = 0;
  #parts: RawPart[] = [];
  #entryCount = 0;
  /** Local names of the elements around a statement. */
  readonly #envelope: string[] = [];
  #messageType: string | null = null;
  #message: Message | undefined;
  #statement: Statement | undefined;
  #entry: OpenEntry | undefined;
  /** The open elements of the statement, its own first. */
  readonly #path: Element[] = [];
  /** Elements held in memory now, and how many of them the statement's head and the entry's own part hold. */
  #held = 0;
  #heldByHead = 0;
  #heldByEntry = 0;

  /** The parts that are complete since the last call. */
  take(): RawPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  open(name: string, attributes: readonly XmlAttribute[], position: { readonly line: number }): boolean {
    if (this.#statement === undefined) return this.#openOutside(name, attributes, position);
    if (!READ.has(name)) return false;
    const parent = this.#path.at(-1)!;
    const element = newElement(name, attributes.length === 0 ? null : currencyOf(attributes));
    if (name === 'Ntry' && this.#path.length === 1) {
      this.#heldByHead = this.#held;
      this.#entry = { line: position.line, number: ++this.#entryCount, element, details: [], incomplete: false };
    } else if (name === 'TxDtls') {
      if (this.#entry === undefined) return false;
      this.#heldByEntry = this.#held;
    } else {
      if (parent.last === undefined) parent.first = element;
      else parent.last.next = element;
      parent.last = element;
    }
    if (++this.#held > MAX_ELEMENTS) {
      throw new Failure('too_large', `a statement's head, entry or transaction has more than ${MAX_ELEMENTS} elements`, { line: position.line });
    }
    this.#path.push(element);
    return true;
  }

  text(text: string): void {
    const element = this.#path.at(-1);
    if (element === undefined) return;
    element.text = element.text === '' ? text : element.text + text;
    if (element.text.length > MAX_TEXT_CHARACTERS) {
      throw new Failure('too_large', `the text of <${element.name}> is longer than ${MAX_TEXT_CHARACTERS} characters`);
    }
  }

  close(): void {
    const statement = this.#statement;
    if (statement === undefined) {
      this.#envelope.pop();
      this.#message = undefined;
      return;
    }
    const element = this.#path.pop()!;
    if (this.#path.length === 0) {
      this.#end(statement);
    } else if (element.name === 'TxDtls') {
      this.#held = this.#heldByEntry;
      this.#attempt(statement, (entry) => this.#detail(statement, entry, element));
    } else if (element.name === 'Ntry' && this.#path.length === 1) {
      this.#held = this.#heldByHead;
      this.#attempt(statement, (entry) => this.#finishEntry(statement, entry));
      this.#entry = undefined;
    }
  }

  #openOutside(name: string, attributes: readonly XmlAttribute[], position: { readonly line: number }): boolean {
    if (this.#message !== undefined) {
      if (name !== this.#message.statement) return false;
      const head = newElement(name, null);
      this.#statement = {
        message: this.#message, index: this.count++, line: position.line, head, owner: undefined, entries: [], weight: 0, entryCurrencies: new Set(),
        booked: true, sums: createProof(), failure: undefined,
      };
      this.#path.push(head);
      this.#held = 1;
      return true;
    }
    this.#message = MESSAGES.get(messageName(name));
    if (name === 'Document') this.#messageType = attributes.map((a) => MESSAGE_TYPE.exec(a.value)?.[0]).find((type) => type !== undefined) ?? null;
    else if (this.#message === undefined && this.#envelope.at(-1) === 'Document' && this.#messageType !== null) {
      throw new Failure(
        'unsupported_format',
        `the document is a ${this.#messageType} message (<${name}>), which is no statement; ask for camt.053, camt.052 or camt.054`,
        { line: position.line },
      );
    }
    this.#envelope.push(name);
    return true;
  }

  /** Runs a reading step; what breaks the standard costs this statement, and the others of the document still come. */
  #attempt(statement: Statement, step: (entry: OpenEntry) => void): void {
    if (statement.failure !== undefined) return;
    try {
      step(this.#entry!);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'malformed') throw error;
      const entry = this.#entry;
      statement.failure = entry === undefined
        ? new Failure(error.code, error.message, { line: statement.line, ...error.location }, error)
        : new Failure(error.code, `entry ${entry.number}: ${error.message}`, { line: entry.line, ...error.location }, error);
      statement.entries = [];
    }
  }

  #detail(statement: Statement, entry: OpenEntry, element: Element): void {
    if (entry.details.length === MAX_DETAILS) {
      throw new Failure('too_large', `entry ${entry.number} has more than ${MAX_DETAILS} transactions`, { line: entry.line });
    }
    const { transaction, amountKnown } = readDetail(element, entry.element, (statement.owner ??= ownerOf(statement.head)));
    entry.details.push(transaction);
    if (!amountKnown) entry.incomplete = true;
  }

  #finishEntry(statement: Statement, entry: OpenEntry): void {
    const read = readEntry(entry, statement);
    statement.entries.push(read);
    statement.entryCurrencies.add(read.currency);
    if (read.status !== 'booked') statement.booked = false;
    if (find(statement.head, 'TxsSummry') !== undefined) {
      statement.sums.entries([{ line: read.line, booking_date: read.booking_date, amount: read.amount, status: 'booked', balance_after: null }]);
    }
    statement.weight += 1 + read.details.length;
    if (statement.weight >= CHUNK_ENTRIES) this.#flush(statement);
  }

  #flush(statement: Statement): void {
    if (statement.entries.length > 0) this.#parts.push({ part: 'entries', statement: statement.index, entries: statement.entries });
    statement.entries = [];
    statement.weight = 0;
  }

  #end(statement: Statement): void {
    this.#attempt(statement, () => {
      const head = readHead(statement);
      this.#flush(statement);
      this.#parts.push({ part: 'end', statement: statement.index, head });
    });
    if (statement.failure !== undefined) {
      const { code, message, location } = statement.failure;
      this.#parts.push({ part: 'failed', statement: statement.index, account: accountNumber(find(statement.head, 'Acct')), code, message, location });
    }
    this.#statement = undefined;
  }
}

// ---- Elements

function find(element: Element | undefined, ...path: string[]): Element | undefined {
  let found = element;
  for (let i = 0; i < path.length && found !== undefined; i++) {
    found = found.first;
    while (found !== undefined && found.name !== path[i]) found = found.next;
  }
  return found;
}

/** The children of that name, or all of them. */
function all(element: Element | undefined, name?: string): Element[] {
  const found: Element[] = [];
  for (let child = element?.first; child !== undefined; child = child.next) if (name === undefined || child.name === name) found.push(child);
  return found;
}

/** The text at the path without surrounding space; null when there is none. */
function textAt(element: Element | undefined, ...path: string[]): string | null {
  const text = find(element, ...path)?.text.trim();
  return text === undefined || text === '' ? null : text;
}

/** `BkToCstmrStmt` for the `BkToCstmrStmtV01` of the first versions. */
function messageName(name: string): string {
  return name.replace(/V\d\d$/, '');
}

function currencyOf(attributes: readonly XmlAttribute[]): string | null {
  return attributes.find((attribute) => attribute.name === 'Ccy')?.value.trim() || null;
}

// ---- Values

/** An unsigned amount as printed. The standard allows no sign: CdtDbtInd alone says where the money goes. */
function amountOf(element: Element, field: string): RawAmount {
  const text = element.text.trim();
  const parts = text.length <= MAX_AMOUNT_CHARACTERS ? /^\+?(\d*)(?:\.(\d*))?$/.exec(text) : null;
  const whole = parts?.[1] ?? '';
  const fraction = parts?.[2] ?? '';
  if (whole === '' && fraction === '') {
    throw new Failure('malformed', `${field} "${text.slice(0, MAX_AMOUNT_CHARACTERS)}" is no unsigned decimal number`, { field });
  }
  if (element.currency !== null && element.currency.length !== 3) {
    throw new Failure('malformed', `${field} has the currency "${element.currency.slice(0, 10)}", which is no ISO 4217 code`, { field });
  }
  return fraction === '' ? whole : `${whole === '' ? '0' : whole}.${fraction}`;
}

/** Whether the element's CdtDbtInd says debit; undefined when it says nothing. */
function isDebit(element: Element, field: string): boolean | undefined {
  const indicator = textAt(element, 'CdtDbtInd');
  if (indicator === null) return undefined;
  if (indicator !== 'CRDT' && indicator !== 'DBIT') {
    throw new Failure('malformed', `${field} "${indicator.slice(0, 10)}" is neither CRDT nor DBIT`, { field });
  }
  return indicator === 'DBIT';
}

function signed(amount: RawAmount, debit: boolean): RawAmount {
  return debit && /[1-9]/.test(amount) ? `-${amount}` : amount;
}

/** The day of an xs:date or xs:dateTime as printed, not moved into another time zone: the bank's day is the booking day. */
function dayOf(text: string | null, field: string): CalendarDate | null {
  if (text === null) return null;
  const day = text.slice(0, 10);
  if (!isCalendarDate(day)) throw new Failure('malformed', `${field} "${text.slice(0, 30)}" is no date`, { field });
  return day;
}

/** The day of a DateAndDateTimeChoice. */
function dateIn(element: Element | undefined, field: string): CalendarDate | null {
  return dayOf(textAt(element, 'Dt') ?? textAt(element, 'DtTm'), field);
}

/** A reference, unless it is the standard's word for none. */
function referenceAt(element: Element | undefined, ...path: string[]): string | null {
  const text = textAt(element, ...path);
  return text === 'NOTPROVIDED' ? null : text;
}

/** The IBAN, or the number in whatever form the version has for others. */
function accountNumber(account: Element | undefined): string | null {
  const id = find(account, 'Id');
  const iban = textAt(id, 'IBAN');
  if (iban !== null) return iban.replaceAll(' ', '');
  return textAt(id, 'Othr', 'Id') ?? textAt(id, 'PrtryAcct', 'Id') ?? textAt(id, 'BBAN') ?? textAt(id, 'UPIC');
}

/** The BIC, or the member number in the country's clearing system. */
function bankId(agent: Element | undefined): string | null {
  const institution = find(agent, 'FinInstnId', 'CmbndId') ?? find(agent, 'FinInstnId');
  const member = find(institution, 'ClrSysMmbId');
  return textAt(institution, 'BICFI') ?? textAt(institution, 'BIC') ?? textAt(member, 'MmbId') ?? textAt(member, 'Id');
}

function ownerOf(head: Element): AccountOwner {
  const account = find(head, 'Acct');
  return { account: accountNumber(account), name: textAt(account, 'Ownr', 'Nm') };
}

// ---- Head

interface Balance extends StatementBalance<RawAmount> {
  readonly currency: string | null;
}

/**
 * The balance of the first code that occurs. A report of several days prints a pair for each: the opening is the earliest,
 * the closing the latest. Balances in other currencies than the account's own belong to its sub-accounts.
 */
function balanceOf(balances: Element[], codes: readonly string[], accountCurrency: string | null, latest: boolean): Balance | null {
  for (const code of codes) {
    let chosen: Balance | null = null;
    for (const element of balances) {
      if (balanceCode(element) !== code) continue;
      const amount = find(element, 'Amt');
      if (amount === undefined) throw new Failure('malformed', `the balance ${code} has no Amt`, { field: 'Bal/Amt' });
      const debit = isDebit(element, 'Bal/CdtDbtInd') ?? false;
      const balance = { amount: signed(amountOf(amount, 'Bal/Amt'), debit), date: dateIn(find(element, 'Dt'), 'Bal/Dt'), currency: amount.currency };
      if (chosen === null) chosen = balance;
      else if (balance.currency !== chosen.currency) {
        if (balance.currency === accountCurrency) chosen = balance;
      } else if (balance.date !== null && chosen.date !== null && (latest ? balance.date >= chosen.date : balance.date < chosen.date)) chosen = balance;
    }
    if (chosen !== null) return chosen;
  }
  return null;
}

/** The balances between which the entries lie. A single interim balance is one edge of a page, the one that the other balance leaves. */
function edgesOf(balances: Element[], message: Message, accountCurrency: string | null): { opening: Balance | null; closing: Balance | null } {
  const interim = balances.filter((element) => balanceCode(element) === INTERIM);
  const without = (codes: readonly string[]): readonly string[] => codes.filter((code) => code !== INTERIM);
  const opening = balanceOf(balances, without(message.opening), accountCurrency, false);
  const closing = balanceOf(balances, without(message.closing), accountCurrency, true);
  const pageBegins = opening === null && message.opening.includes(INTERIM) && interim.length > (closing === null ? 1 : 0);
  return {
    opening: pageBegins ? balanceOf(interim.slice(0, 1), [INTERIM], accountCurrency, false) : opening,
    closing: closing ?? (message.closing.includes(INTERIM) ? balanceOf(pageBegins ? interim.slice(1) : interim, [INTERIM], accountCurrency, true) : null),
  };
}

function balanceCode(balance: Element): string | null {
  return textAt(balance, 'Tp', 'CdOrPrtry', 'Cd') ?? textAt(balance, 'Tp', 'Cd');
}

function readHead(statement: Statement): Extract<RawPart, { part: 'end' }>['head'] {
  const { head, message } = statement;
  const account = find(head, 'Acct');
  const balances = all(head, 'Bal');
  const accountCurrency = textAt(account, 'Ccy');
  const { opening, closing } = edgesOf(balances, message, accountCurrency);
  const currencies = new Set(statement.entryCurrencies);
  for (const balance of balances) currencies.add(find(balance, 'Amt')?.currency ?? null);
  const currency = accountCurrency ?? (currencies.size === 1 ? [...currencies][0]! : null);
  const number = textAt(head, 'ElctrncSeqNb') ?? textAt(head, 'LglSeqNb');
  const page = textAt(find(head, 'StmtPgntn') ?? find(head, 'RptPgntn') ?? find(head, 'NtfctnPgntn'), 'PgNb');
  const period = find(head, 'FrToDt');
  const totals = printedTotals(find(head, 'TxsSummry'));
  return {
    format: message.format,
    extractor: EXTRACTOR,
    account: accountNumber(account),
    bank: bankId(find(account, 'Svcr')),
    currency,
    statement_id: textAt(head, 'Id'),
    sequence: number === null || page === null ? number : `${number}/${page}`,
    from: dayOf(textAt(period, 'FrDtTm'), 'FrToDt/FrDtTm'),
    to: dayOf(textAt(period, 'ToDtTm'), 'FrToDt/ToDtTm'),
    opening_balance: opening && { amount: opening.amount, date: opening.date },
    closing_balance: closing && { amount: closing.amount, date: closing.date },
    printed_totals: statement.booked ? totals : [],
    newest_first: false,
    reader_checks: [
      ...(statement.booked ? [] : totalChecks(totals, statement.sums)),
      ...currencyCheck([opening, closing].flatMap((balance) => (balance === null ? [] : [balance.currency])), statement.entryCurrencies, currency),
    ],
  };
}

/** TxsSummry (TotalTransactions). TtlNtries/Sum is left out: some banks add amounts there, others net them. */
function printedTotals(summary: Element | undefined): PrintedTotal[] {
  const totals: PrintedTotal[] = [];
  const all = find(summary, 'TtlNtries');
  const net = find(all, 'TtlNetNtry') ?? all;
  const netAmount = find(all, 'TtlNetNtry', 'Amt') ?? find(all, 'TtlNetNtryAmt');
  if (net !== undefined && netAmount !== undefined) {
    const field = 'TxsSummry/TtlNtries/TtlNetNtry';
    totals.push({ kind: 'net', amount: signed(amountOf(netAmount, field), isDebit(net, field) ?? false) });
  }
  for (const [part, kind, countKind] of [['TtlCdtNtries', 'credits', 'credit_count'], ['TtlDbtNtries', 'debits', 'debit_count']] as const) {
    const sum = find(summary, part, 'Sum');
    if (sum !== undefined) totals.push({ kind, amount: amountOf(sum, `TxsSummry/${part}/Sum`) });
    addCount(totals, countKind, find(summary, part), part);
  }
  addCount(totals, 'count', all, 'TtlNtries');
  return totals;
}

function addCount(totals: PrintedTotal[], kind: 'count' | 'credit_count' | 'debit_count', element: Element | undefined, part: string): void {
  const text = textAt(element, 'NbOfNtries');
  if (text === null) return;
  if (!/^\d{1,15}$/.test(text)) {
    throw new Failure('malformed', `TxsSummry/${part}/NbOfNtries "${text.slice(0, 20)}" is no count`, { field: `TxsSummry/${part}/NbOfNtries` });
  }
  totals.push({ kind, count: Number(text) });
}

/** TxsSummry counts every entry, and `printed_totals` means booked ones only: where others stand among them, the reader itself checks. */
function totalChecks(totals: PrintedTotal[], sums: ProofBuilder): Check[] {
  return sums.finish({
    printed_totals: totals, from: null, to: null, opening_balance: null, closing_balance: null, newest_first: false, reader_checks: [],
  }).checks;
}

/** A sum over several currencies proves nothing; said only when it is so. */
function currencyCheck(balances: (string | null)[], entries: ReadonlySet<string | null>, currency: string | null): Check[] {
  const found = new Set([...balances, ...entries, ...(currency === null ? [] : [currency])]);
  if (found.size <= 1) return [];
  return [{ name: 'one_currency', ok: false, detail: `account, balances and entries are in ${[...found].map((c) => c ?? 'none').sort().join(', ')}` }];
}

// ---- Entries

const STATUS: ReadonlyMap<string, EntryStatus> = new Map([['BOOK', 'booked'], ['PDNG', 'pending'], ['FUTR', 'pending'], ['INFO', 'information']]);

/** Sts is mandatory. Where it is missing all the same, a statement (camt.053) is of booked entries; anything unknown must not be posted. */
function statusOf(entry: Element, format: Format): EntryStatus {
  const code = textAt(entry, 'Sts', 'Cd') ?? textAt(entry, 'Sts', 'Prtry') ?? textAt(entry, 'Sts');
  if (code === null) return format === 'camt.053' ? 'booked' : 'information';
  return STATUS.get(code) ?? 'information';
}

/** Some banks print a day only for the whole statement: then it is that of the closing balance, of the period's end, of the message. */
function bookingDate(entry: Element, head: Element): CalendarDate {
  const date =
    dateIn(find(entry, 'BookgDt'), 'Ntry/BookgDt') ??
    dateIn(find(entry, 'ValDt'), 'Ntry/ValDt') ??
    balanceOf(all(head, 'Bal'), ['CLBD', INTERIM], null, true)?.date ??
    dayOf(textAt(head, 'FrToDt', 'ToDtTm'), 'FrToDt/ToDtTm') ??
    dayOf(textAt(head, 'CreDtTm'), 'CreDtTm');
  if (date === null) throw new Failure('malformed', 'neither the entry nor its statement has a date', { field: 'Ntry/BookgDt' });
  return date;
}

/** RvslInd. It does not turn the sign: CdtDbtInd already says where the money of the reversal went. */
function isReversal(entry: Element): boolean {
  const indicator = textAt(entry, 'RvslInd');
  return indicator === 'true' || indicator === '1';
}

function readEntry(entry: OpenEntry, statement: Statement): RawEntry {
  const { element } = entry;
  const amount = find(element, 'Amt');
  if (amount === undefined) throw new Failure('malformed', 'the entry has no Amt', { field: 'Ntry/Amt' });
  const debit = isDebit(element, 'Ntry/CdtDbtInd');
  if (debit === undefined) throw new Failure('malformed', 'the entry has no CdtDbtInd, so its sign is not known', { field: 'Ntry/CdtDbtInd' });
  const own: Transaction<RawAmount> = {
    ...emptyTransaction(signed(amountOf(amount, 'Ntry/Amt'), debit), amount.currency),
    bank_reference: referenceAt(element, 'AcctSvcrRef'),
    customer_reference: referenceAt(find(element, 'NtryDtls', 'Btch') ?? find(element, 'Btch'), 'PmtInfId'),
    transaction_code: transactionCode(element),
    remittance: textAt(element, 'AddtlNtryInf'),
    ...amountDetails(element, debit, amount.currency),
    charges: chargesOf(element),
  };
  return {
    ...combine(own, entry),
    line: entry.number,
    booking_date: bookingDate(element, statement.head),
    value_date: dateIn(find(element, 'ValDt'), 'Ntry/ValDt'),
    status: statusOf(element, statement.message.format),
    reversal: isReversal(element),
    source: { page: null, line: entry.line },
    details: entry.details.length > 1 && !entry.incomplete ? entry.details : [],
    balance_after: null,
  };
}

/** What the entry says together with its details. A batch keeps them apart, unless one of them has no amount to stand on its own. */
function combine(own: Transaction<RawAmount>, entry: OpenEntry): Transaction<RawAmount> {
  const [detail, ...others] = entry.details;
  if (detail === undefined) return own;
  if (others.length === 0) {
    return {
      ...detail,
      amount: own.amount,
      currency: own.currency,
      bank_reference: own.bank_reference ?? detail.bank_reference,
      customer_reference: detail.customer_reference ?? own.customer_reference,
      transaction_code: own.transaction_code ?? detail.transaction_code,
      remittance: detail.remittance ?? own.remittance,
      instructed: detail.instructed ?? own.instructed,
      exchange_rate: detail.exchange_rate ?? own.exchange_rate,
      charges: own.charges.length > 0 ? own.charges : detail.charges,
    };
  }
  if (!entry.incomplete) return own;
  const words = entry.details.flatMap((d) => [d.structured_reference, d.remittance]).filter((text) => text !== null);
  return { ...own, remittance: words.length > 0 ? words.join(' ') : own.remittance };
}

/** One TxDtls. Its amount is the one in the entry's currency; amountKnown is false when it prints none at all (versions up to 3). */
function readDetail(element: Element, entry: Element, owner: AccountOwner): { transaction: Transaction<RawAmount>; amountKnown: boolean } {
  const currency = find(entry, 'Amt')?.currency ?? null;
  const debit = isDebit(element, 'TxDtls/CdtDbtInd') ?? isDebit(entry, 'Ntry/CdtDbtInd') ?? false;
  const details = find(element, 'AmtDtls');
  const amounts = [find(element, 'Amt'), ...['TxAmt', 'CntrValAmt', 'InstdAmt'].map((name) => find(details, name, 'Amt'))].filter((a) => a !== undefined);
  const amount = amounts.find((a) => a.currency === currency) ?? amounts[0];
  const references = find(element, 'Refs');
  const reversal = isReversal(entry) || find(element, 'RtrInf') !== undefined;
  const { counterparty, ultimate } = otherParty(element, owner, debit, reversal);
  const returned = find(element, 'RtrInf');
  const transaction: Transaction<RawAmount> = {
    amount: amount === undefined ? '0' : signed(amountOf(amount, 'TxDtls/Amt'), debit),
    currency: amount?.currency ?? currency,
    bank_reference: referenceAt(references, 'AcctSvcrRef'),
    end_to_end_id: referenceAt(references, 'EndToEndId'),
    mandate_id: referenceAt(references, 'MndtId'),
    customer_reference: ['InstrId', 'PmtInfId', 'TxId', 'ChqNb'].map((name) => referenceAt(references, name)).find((found) => found !== null) ?? null,
    transaction_code: transactionCode(element) ?? transactionCode(entry),
    return_reason: codeIn(find(returned, 'Rsn') ?? find(returned, 'RtrRsn')),
    counterparty,
    ultimate_counterparty: ultimate === null ? null : { name: ultimate },
    ...remittanceOf(element),
    ...amountDetails(element, debit, currency),
    charges: chargesOf(element),
  };
  return { transaction, amountKnown: amount !== undefined };
}

function codeIn(choice: Element | undefined): string | null {
  return textAt(choice, 'Cd') ?? textAt(choice, 'Prtry');
}

function transactionCode(element: Element): TransactionCode | null {
  const code = find(element, 'BkTxCd');
  if (code === undefined) return null;
  const domain = find(code, 'Domn');
  const family = find(domain, 'Fmly');
  return {
    domain: textAt(domain, 'Cd'),
    family: textAt(family, 'Cd'),
    subfamily: textAt(family, 'SubFmlyCd'),
    proprietary: textAt(code, 'Prtry', 'Cd'),
  };
}

/**
 * AmtDtls (AmountAndCurrencyExchange): what the payer ordered, else the transaction's or counter amount in another currency; and the rate,
 * which stands with whichever amount was converted.
 */
function amountDetails(element: Element, debit: boolean, currency: string | null): Pick<Transaction<RawAmount>, 'instructed' | 'exchange_rate'> {
  const details = find(element, 'AmtDtls');
  const foreign = ['TxAmt', 'CntrValAmt'].map((name) => find(details, name, 'Amt')).find((other) => other?.currency && other.currency !== currency);
  const amount = find(details, 'InstdAmt', 'Amt') ?? foreign;
  const instructedCurrency = amount?.currency ?? currency;
  const rates = ['InstdAmt', 'TxAmt', 'CntrValAmt'].map((name) => textAt(details, name, 'CcyXchg', 'XchgRate'));
  return {
    instructed:
      amount === undefined || instructedCurrency === null
        ? null
        : { amount: signed(amountOf(amount, 'AmtDtls/InstdAmt/Amt'), debit), currency: instructedCurrency },
    exchange_rate: rates.find((rate) => rate !== null) ?? null,
  };
}

/**
 * Chrgs: records since version 4, repeated elements before, a bare total where there is neither.
 * A charge is money out, unless it is credited (CRDT, a discount on charges).
 */
function chargesOf(element: Element): Charge<RawAmount>[] {
  const charges: Charge<RawAmount>[] = [];
  for (const group of all(element, 'Chrgs')) {
    const records = all(group, 'Rcrd');
    for (const record of records.length > 0 ? records : [group]) {
      const amount = find(record, 'Amt') ?? find(record, 'TtlChrgsAndTaxAmt');
      if (amount === undefined) continue;
      const debit = isDebit(record, 'Chrgs/CdtDbtInd') ?? true;
      charges.push({ amount: signed(amountOf(amount, 'Chrgs/Amt'), debit), currency: amount.currency, bearer: textAt(record, 'Br') });
    }
  }
  return charges;
}

interface Party {
  readonly name: string | null;
  readonly account: string | null;
  readonly bank: string | null;
  readonly ultimate: string | null;
}

function partyOf(element: Element, role: 'Dbtr' | 'Cdtr'): Party | null {
  const parties = find(element, 'RltdPties');
  const party = {
    name: nameOf(find(parties, role)),
    account: accountNumber(find(parties, `${role}Acct`)),
    bank: bankId(find(element, 'RltdAgts', `${role}Agt`)),
    ultimate: nameOf(find(parties, `Ultmt${role}`)),
  };
  return party.name === null && party.account === null && party.bank === null && party.ultimate === null ? null : party;
}

/** A party's name: direct, under Pty, or, since version 8, of a bank as the party. */
function nameOf(party: Element | undefined): string | null {
  const institution = find(party, 'Agt', 'FinInstnId');
  return textAt(party, 'Nm') ?? textAt(party, 'Pty', 'Nm') ?? textAt(institution, 'Nm');
}

function isOwner(party: Party, owner: AccountOwner): boolean {
  if (party.account !== null && owner.account !== null) return party.account === owner.account;
  return party.name !== null && owner.name !== null && party.name.toLowerCase() === owner.name.toLowerCase();
}

/**
 * The other side of the transaction: the debtor of money in, the creditor of money out. A return carries the parties of the payment
 * that comes back, so there it is the other way round. Whoever is recognised as the account's owner is never the other side.
 */
function otherParty(
  element: Element, owner: AccountOwner, debit: boolean, reversal: boolean,
): { counterparty: Transaction<RawAmount>['counterparty']; ultimate: string | null } {
  const [role, oppositeRole] = debit === reversal ? (['Dbtr', 'Cdtr'] as const) : (['Cdtr', 'Dbtr'] as const);
  const expected = partyOf(element, role);
  const opposite = partyOf(element, oppositeRole);
  const replaced = expected === null ? reversal : isOwner(expected, owner);
  const party = replaced && opposite !== null && !isOwner(opposite, owner) ? opposite : expected;
  if (party === null) return { counterparty: null, ultimate: null };
  const { name, account, bank, ultimate } = party;
  return { counterparty: name === null && account === null && bank === null ? null : { name, account, bank }, ultimate };
}

/**
 * RmtInf in document order. The first creditor reference has a field of its own; further ones, document numbers and additional texts
 * are words of the remittance. Banks break Ustrd at 35 or 140 characters; the breaks are kept as single spaces.
 */
function remittanceOf(element: Element): Pick<Transaction<RawAmount>, 'remittance' | 'structured_reference'> {
  let reference: string | null = null;
  const words: string[] = [];
  const add = (text: string | null): void => {
    if (text !== null) words.push(text);
  };
  for (const part of all(find(element, 'RmtInf'))) {
    if (part.name === 'Ustrd') add(part.text.trim() || null);
    if (part.name !== 'Strd') continue;
    const printed = textAt(part, 'CdtrRefInf', 'Ref') ?? textAt(part, 'CdtrRefInf', 'CdtrRef');
    if (reference === null) reference = printed;
    else add(printed);
    for (const document of all(part, 'RfrdDocInf')) add(textAt(document, 'Nb') ?? textAt(document, 'RfrdDocNb'));
    for (const text of all(part, 'AddtlRmtInf')) add(text.text.trim() || null);
  }
  const returned = find(element, 'RtrInf');
  for (const text of [...all(returned, 'AddtlInf'), ...all(returned, 'AddtlRtrRsnInf')]) add(text.text.trim() || null);
  if (words.length === 0) add(textAt(element, 'AddtlTxInf'));
  return { remittance: words.length === 0 ? null : words.join(' '), structured_reference: reference };
}
