import { Failure } from '../../core/failure.ts';
import { createProof, type ProofBuilder } from '../../core/proof.ts';
import { CHUNK_ENTRIES, type RawAmount, type RawEntry, type RawPart, type RawStatement, type Transaction } from '../../core/statement.ts';
import { accountNumber, currencyOf, find, newElement, textAt, type Element } from './camt-element.ts';
import { entryContext, readEntry } from './camt-entry.ts';
import { INTERIM, readHead, type Message } from './camt-head.ts';
import { readTransaction, type AccountOwner, type EntryContext } from './camt-transaction.ts';
import type { DocumentSource, Reader } from './contract.ts';
import { encodingOf, utf8Blocks, XmlTokenizer, type XmlAttribute, type XmlHandler } from './xml.ts';

/**
 * ISO 20022 bank-to-customer cash management: camt.053 (BankToCustomerStatement), camt.052 (BankToCustomerAccountReport) and
 * camt.054 (BankToCustomerDebitCreditNotification), versions 001.01 to 001.14. Messages are told apart by their elements' local
 * names, not by namespace: banks send prefixes, none at all, or an envelope around them. What changed between the versions
 * (Sts/Cd, Pty, BICFI, Chrgs/Rcrd, NtryDtls) is read in all its forms.
 */
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
/** The last part of `urn:iso:std:iso:20022:tech:xsd:pain.001.001.09`. */
const MESSAGE_TYPE = /[a-z]{4}\.\d{3}\.\d{3}\.\d{2}/;

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
  /** Read when it is needed first: it stands before the transactions. */
  context: EntryContext | undefined;
  readonly details: Transaction<RawAmount>[];
  /** A detail without an amount of its own: what it says is then said by the entry. */
  incomplete: boolean;
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
      this.#entry = { line: position.line, number: ++this.#entryCount, element, context: undefined, details: [], incomplete: false };
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
    const { transaction, amountKnown } = readTransaction(element, (entry.context ??= entryContext(entry.element)), (statement.owner ??= ownerOf(statement.head)));
    entry.details.push(transaction);
    if (!amountKnown) entry.incomplete = true;
  }

  #finishEntry(statement: Statement, entry: OpenEntry): void {
    const read = readEntry(entry, entry.context ?? entryContext(entry.element), statement.head, statement.message.format);
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
      const head = detached(readHead(statement.head, statement.message, statement));
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

function ownerOf(head: Element): AccountOwner {
  const account = find(head, 'Acct');
  return { account: accountNumber(account), name: textAt(account, 'Ownr', 'Nm') };
}

/** The same without a hold on the document: a text cut out of a block keeps all of the block in memory, and a head outlives its entries. */
function detached(head: RawStatement): RawStatement {
  return JSON.parse(JSON.stringify(head)) as RawStatement;
}

/** `BkToCstmrStmt` for the `BkToCstmrStmtV01` of the first versions. */
function messageName(name: string): string {
  return name.replace(/V\d\d$/, '');
}
