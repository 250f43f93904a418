import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Failure } from '../../../src/core/failure.ts';
import { createProof } from '../../../src/core/proof.ts';
import type { RawEntry, RawPart, RawStatement } from '../../../src/core/statement.ts';
import { csvReader } from '../../../src/stages/extract/csv.ts';
import type { StatementProfile } from '../../../src/stages/extract/profile.ts';
import { statementProfileSchema } from '../../../src/stages/extract/profile.ts';

interface Statement { head: RawStatement | null; entries: RawEntry[]; failed: Extract<RawPart, { part: 'failed' }> | null; ties_out: boolean | null }

async function readCsv(document: string | Buffer, profiles: StatementProfile[] = [], blockBytes = 1 << 16): Promise<Statement[]> {
  const bytes = Buffer.from(document as string);
  async function* blocks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += blockBytes) yield bytes.subarray(at, at + blockBytes);
  }
  const statements: Statement[] = [];
  for await (const part of csvReader.read({ size: bytes.length, read: blocks }, { profiles })) {
    const statement = (statements[part.statement] ??= { head: null, entries: [], failed: null, ties_out: null });
    if (part.part === 'entries') statement.entries.push(...part.entries);
    else if (part.part === 'failed') statement.failed = part;
    else {
      const proof = createProof();
      proof.entries(statement.entries);
      statement.head = part.head;
      statement.ties_out = proof.finish(part.head).ties_out;
    }
  }
  return statements;
}

async function failure(document: string | Buffer, profiles: StatementProfile[] = []): Promise<Failure> {
  return await readCsv(document, profiles).then(() => expect.fail('it was read'), (error: Failure) => error);
}

/** The profile that a message shows, as finance would paste it. */
function profileIn(message: string): StatementProfile {
  return statementProfileSchema.parse(parse(message.slice(message.indexOf('\nid:') + 1)));
}

const amounts = (statement: Statement | undefined): string[] => statement!.entries.map((entry) => entry.amount);
const dates = (statement: Statement | undefined): string[] => statement!.entries.map((entry) => entry.booking_date);

describe('layouts', () => {
  test('German: preamble, semicolons, decimal comma, payer and payee, newest first', async () => {
    const [statement] = await readCsv([
      '"Girokonto";"DE02120300000000202051"', '"Zeitraum:";"01.03.2024 - 31.03.2024"', '"Kontostand vom 31.03.2024:";"2.135,56 €"', '""',
      '"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)";"Mandatsreferenz";"Kundenreferenz"',
      '"05.03.24";"06.03.24";"Gebucht";"Muster GmbH";"Wir AG";"RE 2024-17";"Eingang";"DE75512108001245126199";"1.234,56";"";"K1"',
      '"04.03.24";"04.03.24";"Vorgemerkt";"Wir AG";"Werk KG";"Rechnung 77";"Ausgang";"DE89370400440532013000";"-99";"M-1";""',
    ].join('\r\n'));
    expect(statement!.head).toMatchObject({
      account: 'DE02120300000000202051', currency: 'EUR', from: '2024-03-01', to: '2024-03-31', newest_first: true,
      closing_balance: { amount: '2135.56', date: '2024-03-31' }, opening_balance: null,
    });
    expect(statement!.entries).toMatchObject([
      {
        line: 1, booking_date: '2024-03-05', value_date: '2024-03-06', amount: '1234.56', currency: 'EUR', status: 'booked', remittance: 'RE 2024-17', customer_reference: 'K1',
        counterparty: { name: 'Muster GmbH', account: 'DE75512108001245126199' }, transaction_code: { proprietary: 'Eingang' }, source: { line: 6 },
      },
      { amount: '-99', status: 'pending', mandate_id: 'M-1', counterparty: { name: 'Werk KG' } },
    ]);
  });

  test('Dutch: unsigned amounts and a word, running balances that prove them', async () => {
    const [statement] = await readCsv([
      'Datum;Naam / Omschrijving;Rekening;Tegenrekening;Code;Af Bij;Bedrag (EUR);Mededelingen;Saldo na mutatie',
      '20240305;Klant BV;NL91ABNA0417164300;NL20INGB0001234567;OV;Bij;100,00;Factuur 2024-1;1100,00',
      '20240304;Leverancier;NL91ABNA0417164300;NL20INGB0001234567;IC;Af;50,00;Termijn;1000,00',
    ].join('\n'));
    expect([amounts(statement), statement!.ties_out, statement!.head!.account]).toEqual([['100.00', '-50.00'], true, 'NL91ABNA0417164300']);
    expect(statement!.entries[0]!.counterparty).toEqual({ name: 'Klant BV', account: 'NL20INGB0001234567', bank: null });
  });

  test('British: columns for both directions, balance rows and totals that are no entries', async () => {
    const [statement] = await readCsv([
      'Account Number,12345678', '', 'Date,Type,Details,Paid out,Paid in,Balance',
      '01 Mar 2024,,Balance brought forward,,,"1,000.00"', '04 Mar 2024,DD,Electric,"1,200.50",,(200.50)', '', '05 Mar 2024,BGC,Invoice 5,,500.00,299.50',
      'Total,,,"1,200.50",500.00,', 'Number of transactions,,,2,,', '31 Mar 2024,,Closing balance,,,299.50',
    ].join('\n'));
    expect([amounts(statement), statement!.ties_out]).toEqual([['-1200.50', '500.00'], true]);
    expect(statement!.head).toMatchObject({
      account: '12345678', opening_balance: { amount: '1000.00', date: '2024-03-01' }, closing_balance: { amount: '299.50', date: '2024-03-31' },
      printed_totals: [{ kind: 'debits', amount: '1200.50' }, { kind: 'credits', amount: '500.00' }, { kind: 'count', count: 2 }],
    });
    expect(statement!.entries[1]!.source.line).toBe(7);
  });

  test('Polish: labels in one row and their values in the next, titles with a hash, spaces in numbers', async () => {
    const [statement] = await readCsv([
      '#Waluta;#Rachunek;', 'PLN;11 1140 2004 0000 3002 0135 5387;', '#Za okres:;01.03.2024;31.03.2024;', '#Saldo początkowe;1 000,00 PLN;', '',
      '#Data operacji;#Data księgowania;#Opis operacji;#Tytuł;#Nadawca/Odbiorca;#Numer konta;#Kwota;#Saldo po operacji;',
      "2024-03-05;2024-03-05;PRZELEW;FV 12/2024;KLIENT;'61109010140000071219812874';1 234,56;2 234,56;", "2024-03-06;2024-03-06;PRZELEW;CZYNSZ;DOM;'';-234,56;2 000,00;",
      '', ';;;;;;#Saldo końcowe;2 000,00 PLN;',
    ].join('\n'));
    expect(statement!.head).toMatchObject({ account: '11 1140 2004 0000 3002 0135 5387', currency: 'PLN', from: '2024-03-01', to: '2024-03-31', opening_balance: { amount: '1000.00' }, closing_balance: { amount: '2000.00' } });
    expect(statement!.ties_out).toBe(true);
    expect(statement!.entries.map((entry) => [entry.remittance, entry.counterparty!.account])).toEqual([['PRZELEW FV 12/2024', '61109010140000071219812874'], ['PRZELEW CZYNSZ', null]]);
  });

  test.each([
    ['French', 'Date;Libellé;Débit euros;Crédit euros', '03/04/2024;LOYER;-1 234,56;', '05/04/2024;ACME;;12,00'],
    ['Italian', 'Data;Descrizione;Dare;Avere', '03/04/2024;AFFITTO;1.234,56;', '05/04/2024;ACME;;12,00'],
    ['Spanish', 'Fecha;Concepto;Cargo;Abono', '03/04/2024;ALQUILER;1.234,56;', '05/04/2024;ACME;;12,00'],
    ['Swedish', 'Bokföringsdag;Meddelande;Belopp', '2024-04-03;HYRA;-1 234,56', '2024-04-05;KUND;12,00'],
    ['without titles', '', '03.04.2024;MIETE;-1.234,56;EUR', '05.04.2024;KUNDE;12,00;EUR'],
    ['indicator', 'Datum;Text;Betrag;S/H', '03.04.2024;MIETE;1.234,56;S', '05.04.2024;KUNDE;12,00;H'],
    ['ISO 20022 words', 'booking_date;amount;cdtDbtInd;remittance info', '2024-04-03;1234,56;DBIT;rent', '2024-04-05;12,00;CRDT;x'],
    ['sign behind', 'Datum\tText\tUmsatz', '03.04.2024\tMIETE\t1.234,56-', '05.04.2024\tKUNDE\t12,00+'],
  ])('%s', async (_, ...lines) => {
    const [statement] = await readCsv(lines.filter((line) => line !== '').join('\n'));
    expect([dates(statement), amounts(statement)]).toEqual([['2024-04-03', '2024-04-05'], ['-1234.56', '12.00']]);
  });

  test.each([
    ['Greek', 'Ημερομηνία;Valeur;Αιτιολογία;Ποσό;Υπόλοιπο'], ['Greek', 'Ημερομηνία Συναλλαγής;Τοκοφόρος Ημερομηνία;Περιγραφή;Ποσό;Υπόλοιπο'], ['Croatian', 'Datum knjiženja;Datum valute;Opis;Iznos;Stanje'],
    ['Romanian', 'Data înregistrării;Data valutei;Descriere;Suma;Sold'], ['Danish', 'Dato;Valørdato;Tekst;Beløb;Saldo'], ['Norwegian', 'Bokføringsdato;Valuteringsdato;Tekst;Beløp;Saldo'],
    ['Finnish', 'Kirjauspäivä;Arvopvm;Selite;Määrä;Saldo'], ['Hungarian', 'Könyvelés dátuma;Értékdátum;Közlemény;Összeg;Egyenleg'], ['Bulgarian', 'Дата;Вальор;Основание;Сума;Салдо'],
    ['Portuguese', 'Data lançamento;Data de valor;Descrição;Montante;Saldo'], ['Estonian', 'Kuupäev;Väärtuspäev;Selgitus;Summa;Saldo'],
    ['a booking date whose title nobody knows', 'Xyz;Data valuta;Descrizione;Importo;Saldo'],
  ])('%s: the value date beside the booking date (%s)', async (_, titles) => {
    const [statement] = await readCsv([titles, '20.11.2026;23.11.2026;RENT;-1.234,56;8.765,44', '21.11.2026;24.11.2026;ACME;12,00;8.777,44', '22.11.2026;25.11.2026;ACME;13,00;8.790,44'].join('\n'));
    expect(statement!.entries.map(({ booking_date, value_date }) => [booking_date, value_date])).toEqual([['2026-11-20', '2026-11-23'], ['2026-11-21', '2026-11-24'], ['2026-11-22', '2026-11-25']]);
  });

  test('of a Polish export the day of the booking counts, not the day of the operation, and neither is a value date', async () => {
    const [statement] = await readCsv(['Data operacji;Data księgowania;Opis operacji;Kwota;Saldo po operacji', '2026-11-20;2026-11-23;CZYNSZ;-1 234,56;8 765,44'].join('\n'));
    expect(statement!.entries.map(({ booking_date, value_date }) => [booking_date, value_date])).toEqual([['2026-11-23', null]]);
  });

  test('several accounts and currencies are a statement each', async () => {
    const statements = await readCsv([
      'account,date,description,amount,currency', 'DE02120300000000202051,2024-03-05,a,1.00,EUR', 'DE75512108001245126199,2024-03-05,b,-2.00,EUR', 'DE02120300000000202051,2024-03-06,c,-3.00,USD',
      'DE02120300000000202051,2024-03-06,d,4.00,EUR',
    ].join('\n'));
    expect(statements.map((s) => [s.head!.account, s.head!.currency, s.entries.map((e) => `${e.line} ${e.amount}`)])).toEqual([
      ['DE02120300000000202051', 'EUR', ['1 1.00', '4 4.00']], ['DE75512108001245126199', 'EUR', ['2 -2.00']], ['DE02120300000000202051', 'USD', ['3 -3.00']],
    ]);
  });

  test('a row without its currency, an account whose balance row stands first', async () => {
    const statements = await readCsv('account,date,description,amount,currency,balance\nDE02120300000000202051,2024-03-01,Opening balance,,,10.00\nDE02120300000000202051,2024-03-05,a,1.00,EUR,11.00\nDE02120300000000202051,2024-03-06,b,-2.00,,9.00\n');
    expect(statements.map((s) => [s.head!.currency, amounts(s), s.head!.opening_balance!.amount, s.ties_out])).toEqual([['EUR', ['1.00', '-2.00'], '10.00', true]]);
  });

  test('a description that begins like a label is an entry', async () => {
    const [statement] = await readCsv('Date,Description,Amount\n2024-03-01,Opening balance payment for invoice 7,-5.00\n2024-03-02,Total Energies,-6.00\n2024-03-03,Closing balance transfer fee,7.00\n');
    expect(amounts(statement)).toEqual(['-5.00', '-6.00', '7.00']);
  });

  test('one account that cannot be read leaves the others', async () => {
    const [good, bad] = await readCsv('account,date,text,amount\nDE02120300000000202051,2024-03-05,a,-1.00\nDE75512108001245126199,2024-03-05,b,1..2\nDE02120300000000202051,2024-03-06,c,2.00');
    expect(amounts(good)).toEqual(['-1.00', '2.00']);
    expect(bad!.failed).toMatchObject({ account: 'DE75512108001245126199', code: 'malformed', location: { line: 3 } });
  });

  test('a file of several tables, each with its own account and balances', async () => {
    const tables = [['DE02120300000000202051', '100,00', '-10,00', '90,00'], ['DE75512108001245126199', '5,00', '1,00', '6,00']].map(([account, opening, amount, closing]) => (
      `Account:;${account}\nOpening balance;${opening}\nDate;Description;Amount\n01.03.2024;x;${amount}\nClosing balance;${closing}\n\n`));
    const statements = await readCsv(tables.join(''));
    expect(statements.map((s) => [s.head!.account, s.head!.closing_balance!.amount, s.ties_out])).toEqual([['DE02120300000000202051', '90.00', true], ['DE75512108001245126199', '6.00', true]]);
  });

  test('texts that go on in the next row, stray and doubled quotation marks, text over two lines', async () => {
    const [statement] = await readCsv('Date,Description,Amount\n2024-03-05,FIRST,-1.00\n,goes on,\n2024-03-06,"say ""yes""\nor no",2.00\n2024-03-07,"Foo" bar,3.00\n2024-03-08,5" pipe,4.00\n');
    expect(statement!.entries.map((entry) => [entry.source.line, entry.remittance])).toEqual([[2, 'FIRST goes on'], [4, 'say "yes"\nor no'], [6, '"Foo" bar'], [7, '5" pipe']]);
  });

  test('a quotation mark that encloses nothing is a character', async () => {
    const [statement] = await readCsv('Date;Description;Amount\n2024-03-05;"FIRST;-1.00\n2024-03-06;SECOND;2.00\n');
    expect(statement!.entries.map((entry) => entry.remittance)).toEqual(['"FIRST', 'SECOND']);
  });

  test('a cell of several lines where the first look at the document ends', async () => {
    const [statement] = await readCsv(`Date,Description,Amount\n${'2024-03-05,"line one\nline two\nline three\nline four",-1.00\n'.repeat(3_000)}`);
    expect([statement!.entries.length, statement!.entries.at(-1)!.source.line]).toEqual([3_000, 11_998]);
  });

  test('a fee beside the amount is part of what moves the account where the balances say so', async () => {
    const csv = 'Completed Date,Description,Amount,Fee,Currency,Balance\n2024-03-02,a,-3.50,0.00,EUR,96.50\n2024-03-03,b,-20.00,0.50,EUR,76.00\n';
    expect(amounts((await readCsv(csv))[0])).toEqual(['-3.50', '-20.50']);
    expect((await readCsv(csv.replace('76.00', '76.50')))[0]!.entries[1]).toMatchObject({ amount: '-20.00', charges: [{ amount: '-0.50', currency: 'EUR' }] });
  });

  test('what was refused is information, a zero is an entry', async () => {
    const [statement] = await readCsv('Date,Description,Amount,State\n2024-03-02,a,-3.50,DECLINED\n2024-03-03,b,0.00,COMPLETED\n2024-03-03,c,1.00,PENDING\n');
    expect(statement!.entries.map((entry) => [entry.amount, entry.status])).toEqual([['-3.50', 'information'], ['0.00', 'booked'], ['1.00', 'pending']]);
  });
});

describe('encodings', () => {
  const text = 'Datum;Empfänger;Betrag\n05.03.2024;Müller & Söhne;-1,00\n06.03.2024;Bäcker €;2,00\n';
  const western = Buffer.from(text.replace('€', '\u0080'), 'latin1');
  test.each([
    ['UTF-8', Buffer.from(text)], ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)], ['UTF-16LE', Buffer.from(text, 'utf16le')], ['UTF-16LE with a mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16BE', Buffer.from(text, 'utf16le').swap16()], ['Windows-1252', western],
  ])('%s, in blocks that cut characters', async (_, bytes) => {
    expect(csvReader.recognise(bytes)).toBe(true);
    for (const blockBytes of [7, 1 << 16]) {
      const [statement] = await readCsv(bytes, [], blockBytes);
      expect(statement!.entries.map((entry) => [entry.amount, entry.counterparty!.name])).toEqual([['-1.00', 'Müller & Söhne'], ['2.00', 'Bäcker €']]);
    }
  });

  test('a code page that only the titles give away', async () => {
    // `Data księgowania;Tytuł;Kwota` in Windows-1250.
    const bytes = Buffer.concat([Buffer.from('Data ksi'), Buffer.from([0xea]), Buffer.from('gowania;Tytu'), Buffer.from([0xb3]), Buffer.from(';Kwota\n05.03.2024;Zap'), Buffer.from([0xb3]), Buffer.from('ata;-1,00\n')]);
    expect((await readCsv(bytes))[0]!.entries[0]!.remittance).toBe('Zapłata');
  });

  test('an accent far behind the first megabyte still decides', async () => {
    const row = '05.03.2024;x;-1,00\n';
    const bytes = Buffer.concat([Buffer.from(`Datum;Text;Betrag\n${row.repeat(60_000)}`), Buffer.from('06.03.2024;Caf\u00e9;2,00\n', 'latin1')]);
    expect((await readCsv(bytes))[0]!.entries.at(-1)!.remittance).toBe('Café');
  });
});

describe('what cannot be settled is refused with the profile that settles it', () => {
  test('dates that read both ways', async () => {
    const csv = 'Date,Description,Amount\n03/04/2024,x,-1.00\n05/04/2024,y,2.00\n';
    const error = await failure(csv);
    expect([error.code, error.location]).toEqual(['ambiguous', { line: 2 }]);
    const profile = profileIn(error.message);
    expect(dates((await readCsv(csv, [profile]))[0])).toEqual(['2024-04-03', '2024-04-05']);
    expect(dates((await readCsv(csv, [{ ...profile, date_order: 'mdy' }]))[0])).toEqual(['2024-03-04', '2024-05-04']);
  });

  test('one row far below settles the dates of all', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => `0${1 + (i % 9)}/04/2024,x,-1.00\n`).join('');
    expect((await failure(`Date,Description,Amount\n${rows}`)).code).toBe('ambiguous');
    const [statement] = await readCsv(`Date,Description,Amount\n${rows}13/04/2024,x,1.00\n`);
    expect([statement!.entries.length, dates(statement).slice(0, 2)]).toEqual([5_001, ['2024-04-01', '2024-04-02']]);
  });

  test.each([
    ['a title in another language', 'Datum,Text,Betrag\n03/04/2024,x,-1.00\n', '2024-04-03'],
    ['a decimal comma', 'Date;Description;Amount\n03/04/2024;x;-1,00\n', '2024-04-03'],
    ['years that are none', 'Date,Description,Amount\n24/03/05,x,-1.00\n24/03/31,y,-1.00\n', '2024-03-05'],
  ])('%s settles them too', async (_, csv, date) => {
    expect(dates((await readCsv(csv))[0])[0]).toBe(date);
  });

  test('dates that contradict each other', async () => {
    expect((await failure('Date,Description,Amount\n13/04/2024,x,-1.00\n04/15/2024,y,2.00\n')).code).toBe('ambiguous');
  });

  test('numbers that may be thousands, unless the currency has no thousandths', async () => {
    const csv = 'Date,Description,Amount\n2024-04-03,x,"-1,234"\n2024-04-05,y,"2,500"\n';
    const error = await failure(csv);
    expect(error.code).toBe('ambiguous');
    expect(amounts((await readCsv(csv, [profileIn(error.message)]))[0])).toEqual(['-1234', '2500']);
    expect(amounts((await readCsv(csv, [{ ...profileIn(error.message), decimal: ',' }]))[0])).toEqual(['-1.234', '2.500']);
    expect(amounts((await readCsv(csv.replace('Amount', 'Amount (JPY)')))[0])).toEqual(['-1234', '2500']);
    expect((await failure(csv.replace('Amount', 'Amount (KWD)'))).code).toBe('ambiguous');
  });

  test('a card account without signs, unless its balances say which way money went', async () => {
    const csv = 'Date,Merchant,Card Number,Amount\n2024-04-13,x,1234,12.00\n2024-04-15,y,1234,15.00\n';
    const error = await failure(csv);
    expect(error.code).toBe('ambiguous');
    expect(amounts((await readCsv(csv, [profileIn(error.message)]))[0])).toEqual(['-12.00', '-15.00']);
    const balances = csv.replace('Amount\n', 'Amount,Balance\n').replace('12.00\n', '12.00,88.00\n').replace('15.00\n', '15.00,73.00\n');
    expect(amounts((await readCsv(balances))[0])).toEqual(['-12.00', '-15.00']);
  });

  test('where one side alone is marked, the other is the rule', async () => {
    expect(amounts((await readCsv('Date,Description,Amount\n13-Dec-2024,x,£12.00\n14-Dec-2024,y,£15.00 CR\n'))[0])).toEqual(['-12.00', '15.00']);
    expect(amounts((await readCsv('Date,Description,Amount\n13-Dec-2024,x,12.00\n14-Dec-2024,y,15.00 DR\n'))[0])).toEqual(['12.00', '-15.00']);
    expect((await failure('Date,Description,Amount\n13-Dec-2024,x,12.00\n14-Dec-2024,y,+15.00\n')).code).toBe('ambiguous');
  });

  test('a few balances that add up the other way do not overrule printed signs', async () => {
    expect(amounts((await readCsv('Date,Description,Amount,Balance\n2024-04-19,x,-350,2345.56\n2024-04-17,y,1290,1055.56\n'))[0])).toEqual(['-350', '1290']);
  });

  test('a word in the indicator column that nobody knows', async () => {
    const csv = 'Datum;Text;Betrag;Kennzeichen\n05.03.2024;a;1,00;S\n06.03.2024;b;2,00;H\n07.03.2024;c;3,00;Q\n';
    // The whole column must hold known words, or it says nothing.
    const profile: StatementProfile = { id: 'x', owner: 'finance', format: 'csv', match: { header: ['Kennzeichen'] }, debit_words: ['S', 'Q'], credit_words: ['H'] };
    expect(amounts((await readCsv(csv, [profile]))[0])).toEqual(['-1.00', '2.00', '-3.00']);
  });

  test('columns without titles, named by their number', async () => {
    const csv = '05.03.2024;a;;12,00\n06.03.2024;b;5,00;\n';
    const error = await failure(csv);
    expect(error.code).toBe('ambiguous');
    const profile: StatementProfile = { id: 'x', owner: 'finance', format: 'csv', match: { text: '05.03.2024' }, columns: { debit: '3', credit: '4' } };
    expect(amounts((await readCsv(csv, [profile]))[0])).toEqual(['12.00', '-5.00']);
  });

  test('amounts without titles whose balances fit only the opposite sign', async () => {
    const rows = ['2026-03-02,sale,-100.00,1100.00', '2026-03-03,rent,40.00,1060.00', '2026-03-04,sale,-10.00,1070.00'];
    const reversed = rows.toReversed();
    for (const csv of [rows, reversed, rows.slice(0, 2), rows.map((row) => row.replace(/-0[234],/, '-02,'))]) {
      const error = await failure(`${csv.join('\n')}\n`);
      expect(error.code).toBe('ambiguous');
      expect(error.message).toContain('balance: "4"');
    }
    const shown = (await failure(`${rows.join('\n')}\n`)).message.replace('…', '2026-03-02');
    const [statement] = await readCsv(`${rows.join('\n')}\n`, [profileIn(shown)]);
    expect(amounts(statement)).toEqual(['100.00', '-40.00', '10.00']);
    expect(statement!.ties_out).toBe(true);
  });

  test('a profile overrides what would be recognised', async () => {
    const csv = 'Date,Amount,Other amount,Note,Description\n2024-03-13,-1.00,-2.00,n,d\n';
    const profile: StatementProfile = {
      id: 'x', owner: 'finance', format: 'csv', match: { header: ['other amount'] }, account: '4711', currency: 'USD', inverted: true, newest_first: true,
      columns: { amount: 'Other amount', description: ['Note'] },
    };
    const [statement] = await readCsv(csv, [profile]);
    expect(statement).toMatchObject({ head: { account: '4711', currency: 'USD', newest_first: true }, entries: [{ amount: '2.00', remittance: 'n', currency: 'USD' }] });
  });
});

describe('what is no statement or is broken', () => {
  test.each([
    ['invoices', 'company,kind,invoice_number,party_id,currency,amount,issue_date,due_date\nx,receivable,R1,P1,EUR,1.00,2024-01-01,2024-02-01\n', 'not_a_statement'],
    ['measurements', 'date,temperature\n2024-01-01,-3.5\n2024-01-02,4.5\n', 'not_a_statement'],
    ['prose', 'hello, world\nthis is text, really\n', 'not_a_statement'],
    ['titles alone', 'Date,Description,Amount\n', 'not_a_statement'],
    ['an amount that is none', 'Date,Description,Amount\n2024-04-02,a,-100.00\n2024-04-03,b,12..34\n', 'malformed'],
    ['a row that is broken altogether', 'Date,Description,Amount\n2024-04-02,a,-100.00\n2024-04-3x,b,12..34\n', 'malformed'],
    ['an amount without a date', 'Date,Description,Amount\n2024-04-02,a,-100.00\n,b,12.34\n', 'malformed'],
    ['a date without an amount', 'Date,Description,Amount\n2024-04-02,a,-100.00\n2024-04-02,b,\n', 'malformed'],
    ['both directions at once', 'Date,Description,Debit,Credit\n2024-04-02,a,1.00,\n2024-04-03,b,1.00,2.00\n', 'malformed'],
    ['a quotation mark never closed', `Date,Description,Amount\n${'2024-04-02,"a",-100.00\n'.repeat(4_000)}2024-04-03,"b,12.34\n2024-04-04,c,1.00\n`, 'truncated'],
    ['a row without end', `Date,Description,Amount\n2024-04-02,a,-1.00\n2024-04-03,${'x'.repeat(300_000)},1.00\n`, 'too_large'],
    ['a row of nothing but delimiters', `Date,Description,Amount\n2024-04-02,a,-1.00\n${','.repeat(1_000)}\n`, 'too_large'],
  ])('%s', async (_, csv, code) => {
    expect((await failure(csv)).code).toBe(code);
  });

  test.each(['<?xml version="1.0"?><a>,</a>', '{1:F01X}', ':20:X\n:25:a,b', 'OFXHEADER:100\na,b', '!Type:Bank\nD1,2', '01,A,B,240305,1200,1/', '{"a":1,"b":2}', '%PDF-1.4 ,', 'no delimiter at all'])('%s is not claimed', (text) => {
    expect(csvReader.recognise(Buffer.from(text))).toBe(false);
  });
});

test('whatever the blocks of the source, the same parts; chunks stay small', async () => {
  const csv = `Datum;Empfänger;Betrag;Saldo\n${Array.from({ length: 4_500 }, (_, i) => `${1 + (i % 28)}.03.2024;Kunde „${i}“;${i % 2 ? '-' : ''}1,00;${i % 2 ? '0,00' : '1,00'}\n`).join('')}`;
  const whole = await readCsv(csv);
  expect(whole[0]!.entries).toHaveLength(4_500);
  await fc.assert(fc.asyncProperty(fc.integer({ min: 50, max: 100_000 }), async (blockBytes) => {
    expect(await readCsv(csv, [], blockBytes)).toEqual(whole);
  }), { numRuns: 5 });
});
