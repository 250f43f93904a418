import type { RawEntry, RawStatement } from '../../src/core/statement.ts';

/** Writes statements in other formats than they came in, as far as those carry them. */

export interface ReadStatement { head: RawStatement; entries: readonly RawEntry[] }

/** What a format without a field for structured references prints in its text. */
export function textOf({ remittance, structured_reference }: Pick<RawEntry, 'remittance' | 'structured_reference'>): string | null {
  return [remittance, structured_reference].filter((text) => text !== null).join(' ') || null;
}

const debit = (amount: string): boolean => amount.startsWith('-');
const unsigned = (amount: string): string => amount.replace('-', '');

/** MT940 with field 86 as in Germany. Lines break at 65 characters, subfields at 27. */
export function asMt940({ head, entries }: ReadStatement): string {
  const day = (date: string): string => date.slice(2).replaceAll('-', '');
  const amount = (text: string): string => (text.includes('.') ? unsigned(text).replace('.', ',') : `${unsigned(text)},`);
  const balance = (tag: string, { amount: printed, date }: { amount: string; date: string | null }): string => `:${tag}:${debit(printed) ? 'D' : 'C'}${day(date!)}${head.currency}${amount(printed)}`;
  const lines = [`:20:${head.statement_id ?? 'STARTUMS'}`, `:25:${head.account}`, `:28C:${(head.sequence ?? '1').split('/')[0]}/1`, balance('60F', head.opening_balance!)];
  for (const entry of entries) {
    lines.push(`:61:${day(entry.value_date ?? entry.booking_date)}${day(entry.booking_date).slice(2)}${debit(entry.amount) ? 'D' : 'C'}R${amount(entry.amount)}NTRFNONREF${entry.bank_reference === null ? '' : `//${entry.bank_reference}`}`);
    const texts = [...(entry.end_to_end_id === null ? [] : [`EREF+${entry.end_to_end_id}`]), `SVWZ+${textOf(entry) ?? ''}`].flatMap((text) => pieces(text, 27));
    const subfields = [...texts.slice(0, 10).map((text, i) => `?${20 + i}${text}`), ...texts.slice(10, 14).map((text, i) => `?${60 + i}${text}`)];
    if (entry.counterparty?.account) subfields.push(`?31${entry.counterparty.account}`);
    subfields.push(...pieces(entry.counterparty?.name ?? '', 27).slice(0, 2).map((text, i) => `?${32 + i}${text}`));
    lines.push(...pieces(`:86:166?100001${subfields.join('')}`, 65));
  }
  return `${[...lines, balance('62F', head.closing_balance!), '-'].join('\n')}\n`;
}

function pieces(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, i) => text.slice(i * length, (i + 1) * length));
}

export function asOfx({ head, entries }: ReadStatement): string {
  const day = (date: string): string => date.replaceAll('-', '');
  const safe = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const element = (name: string, text: string | null | undefined): string => (text ? `<${name}>${safe(text)}` : '');
  return 'OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:UTF-8\nCHARSET:NONE\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>'
    + `<CURDEF>${head.currency}<BANKACCTFROM><BANKID>1<ACCTID>${head.account}<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>${element('DTSTART', head.from && day(head.from))}${element('DTEND', head.to && day(head.to))}\n`
    + entries.map((entry) => `<STMTTRN><TRNTYPE>OTHER<DTPOSTED>${day(entry.booking_date)}<TRNAMT>${entry.amount}${element('FITID', entry.bank_reference)}`
      + `${element('NAME', entry.counterparty?.name)}<MEMO>${safe(textOf(entry) ?? '')}</STMTTRN>\n`).join('')
    + `</BANKTRANLIST><LEDGERBAL><BALAMT>${head.closing_balance!.amount}<DTASOF>${day(head.closing_balance!.date!)}</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n`;
}

/** Semicolons and a balance on every row. */
export function asCsv({ head, entries }: ReadStatement): string {
  const cell = (text: string | null | undefined): string => `"${(text ?? '').replaceAll('"', '""')}"`;
  const decimals = head.opening_balance!.amount.split('.')[1]?.length ?? 0;
  let balance = BigInt(head.opening_balance!.amount.replace('.', ''));
  const money = (units: bigint): string => {
    const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0');
    return `${units < 0n ? '-' : ''}${decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`}`;
  };
  const rows = entries.map((entry) => {
    balance += BigInt(entry.amount.replace('.', ''));
    return [head.account, entry.booking_date, entry.value_date, entry.amount, head.currency, money(balance), entry.counterparty?.name, entry.counterparty?.account,
      textOf(entry), entry.bank_reference, entry.end_to_end_id].map(cell).join(';');
  });
  return `${['Own account;Booking date;Value date;Amount;Currency;Balance;Counterparty name;Counterparty account;Description;Bank reference;End to end id', ...rows].join('\n')}\n`;
}

/** BAI2: a group for each booking date, amounts in minor units, text in continuation records. It has no field for the other side. */
export function asBai2({ head, entries }: ReadStatement): string {
  const day = (date: string): string => date.slice(2).replaceAll('-', '');
  const units = (amount: string): bigint => BigInt(amount.replace('.', ''));
  const dates = [...new Set(entries.length === 0 ? [head.closing_balance!.date!] : entries.map((entry) => entry.booking_date))];
  const lines = [`01,BANK,CUSTOMER,${day(dates.at(-1)!)},0600,1,,,2/`];
  let balance = units(head.opening_balance!.amount);
  let file_total = 0n;
  for (const date of dates) {
    const own = entries.filter((entry) => entry.booking_date === date);
    const opening = balance;
    balance += own.reduce((sum, entry) => sum + units(entry.amount), 0n);
    const records = own.flatMap((entry) => {
      const [text = '', ...more] = pieces(textOf(entry) ?? '', 60);
      const funds = entry.value_date === null ? ',' : `V,${day(entry.value_date)},`;
      return [`16,${debit(entry.amount) ? 451 : 142},${unsigned(entry.amount).replace('.', '')},${funds},${entry.bank_reference ?? ''},,${text}`, ...more.map((piece) => `88,${piece}`)];
    });
    const total = opening + balance + own.reduce((sum, entry) => sum + units(unsigned(entry.amount)), 0n);
    file_total += total;
    lines.push(
      `02,CUSTOMER,BANK,1,${day(date)},,${head.currency},2/`, `03,${head.account},${head.currency},010,${opening},,,015,${balance},,/`, ...records,
      `49,${total},${records.length + 2}/`, `98,${total},1,${records.length + 4}/`,
    );
  }
  return `${[...lines, `99,${file_total},${dates.length},${lines.length + 1}/`].join('\n')}\n`;
}

/** QIF has a day, an amount, a payee and a memo; the account stands in a record of its own, the currency nowhere. */
export function asQif({ head, entries }: ReadStatement): string {
  const field = (letter: string, text: string | null | undefined): string => (text ? `${letter}${text}\n` : '');
  return `!Account\nN${head.account}\nTBank\n^\n!Type:Bank\n${entries.map((entry) =>
    `D${entry.booking_date}\nT${entry.amount}\n${field('P', entry.counterparty?.name)}${field('M', textOf(entry))}^\n`).join('')}`;
}
