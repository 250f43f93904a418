import type { TransactionCode } from '../../core/statement.ts';
import type { EntryFacts } from '../../core/evidence.ts';

type BankType = EntryFacts['bank_type'];

/**
 * What the bank itself calls a booking. Never read from words in the remittance: those are the payer's.
 * ISO 20022 external code set BankTransactionFamily/SubFamily: CHRG and the like are charges, INTR interest; RRTN, RPCR and others returns.
 */
const ISO_CHARGE_SUBFAMILIES = new Set(['CHRG', 'FEES', 'COMM', 'COMT', 'CHKC', 'MSCC', 'ACCB']);
const ISO_INTEREST_SUBFAMILIES = new Set(['INTR', 'ODIN', 'CINT', 'DINT', 'LINT']);
const ISO_RETURN_SUBFAMILIES = new Set(['RRTN', 'RPCR', 'RRCT', 'UPDD', 'UPCT', 'PRDD', 'RCDD', 'ARET', 'DRTN', 'UPCQ', 'CQRV']);
const ISO_CHARGE_FAMILIES = new Set(['MCRD/CHRG', 'MDOP/CHRG', 'MCOP/CHRG']);

/** German business transaction codes (GVC, DFÜ agreement annex 3, part "Datenformat MT 940"). */
const GVC: Record<string, BankType> = {
  '801': 'fee', '802': 'fee', '803': 'fee', '804': 'fee', '805': 'fee', '806': 'fee', '807': 'fee', '808': 'fee', '809': 'fee', '810': 'fee', '811': 'fee',
  '812': 'interest', '814': 'interest', '815': 'interest', '816': 'interest', '817': 'interest',
  '059': 'return', '108': 'return', '109': 'return', '159': 'return', '181': 'return', '182': 'return', '183': 'return', '184': 'return',
};

/** SWIFT transaction type identification codes (MT940 field 61, subfield 6). */
const SWIFT: Record<string, BankType> = { CHG: 'fee', COM: 'fee', INT: 'interest', RTI: 'return' };

/** OFX 2.2, section 11.4.4.3: TRNTYPE. */
const OFX: Record<string, BankType> = { FEE: 'fee', SRVCHG: 'fee', INT: 'interest' };

/** BAI2 type codes (ANSI X9.121): 564, 567, 661 and 698 fees, 354 and 654 interest, 255 to 266 and 555 to 566 returned items. */
const BAI2: Record<string, BankType> = {
  '564': 'fee', '567': 'fee', '661': 'fee', '698': 'fee', '354': 'interest', '654': 'interest',
  '255': 'return', '257': 'return', '266': 'return', '555': 'return', '557': 'return', '566': 'return',
};

/** Words of a CSV's booking-type column, folded to lower case; only the whole cell counts. */
const BOOKING_TYPES: Record<string, BankType> = {
  fee: 'fee', fees: 'fee', charge: 'fee', charges: 'fee', 'bank charge': 'fee', 'bank charges': 'fee', 'bank fee': 'fee', 'service charge': 'fee',
  'account fee': 'fee', 'monthly fee': 'fee', commission: 'fee',
  gebühr: 'fee', gebühren: 'fee', entgelt: 'fee', entgelte: 'fee', spesen: 'fee', kontoführung: 'fee', kontoführungsgebühr: 'fee', abschluss: 'fee',
  entgeltabschluss: 'fee', frais: 'fee', 'frais bancaires': 'fee', kosten: 'fee', bankkosten: 'fee', commissioni: 'fee', comisión: 'fee', comisiones: 'fee',
  provision: 'fee', provisionen: 'fee', kontogebühr: 'fee', bankgebühr: 'fee', bankgebühren: 'fee', buchungsgebühr: 'fee', 'bank fees': 'fee', 'service fee': 'fee', srvchg: 'fee', 'account charge': 'fee', 'maintenance fee': 'fee',
  'transaction fee': 'fee', 'frais de tenue de compte': 'fee', cotisation: 'fee', 'commission bancaire': 'fee', 'spese bancarie': 'fee', spese: 'fee', competenze: 'fee', 'comisión bancaria': 'fee', gastos: 'fee', comissão: 'fee', despesas: 'fee',
  provisie: 'fee', bankkostnader: 'fee', avgift: 'fee', avgifter: 'fee', gebyr: 'fee', gebyrer: 'fee', palvelumaksu: 'fee', opłata: 'fee', opłaty: 'fee', prowizja: 'fee', poplatek: 'fee', poplatky: 'fee',
  interest: 'interest', 'interest paid': 'interest', 'interest earned': 'interest', 'interest charged': 'interest', int: 'interest', 'credit interest': 'interest', 'debit interest': 'interest', zins: 'interest', zinsen: 'interest', habenzinsen: 'interest',
  sollzinsen: 'interest', intérêts: 'interest', rente: 'interest', interessi: 'interest', interés: 'interest', juros: 'interest', ränta: 'interest', renter: 'interest', korko: 'interest', odsetki: 'interest', úrok: 'interest', úroky: 'interest', zinsabschluss: 'interest', intereses: 'interest',
  return: 'return', returned: 'return', chargeback: 'return', 'returned payment': 'return', rückgabe: 'return', rücklastschrift: 'return',
  retoure: 'return', rückbuchung: 'return', rejet: 'return', storno: 'return', 'direct debit return': 'return',
};

/** ISO 20022 code set: families and sub-families that say nothing, so that the bank's own code may say more. */
const UNTELLING = new Set(['NTAV', 'OTHR']);

/** The bank's booking type from its codes; `other` where they say nothing of these kinds. */
export function bankTypeOf(code: TransactionCode | null): BankType {
  if (code === null) return 'other';
  const { domain, family, subfamily, proprietary } = code;
  const by_domain = ofSubfamily(family, subfamily);
  if (by_domain !== 'other') return by_domain;
  const is_telling = domain !== null && domain !== 'XTND' && family !== null && !UNTELLING.has(family) && subfamily !== null && !UNTELLING.has(subfamily);
  if (is_telling || proprietary === null) return 'other';
  const own = proprietary.trim();
  const whole = ofCode(own) ?? BOOKING_TYPES[own.toLowerCase()];
  if (whole !== undefined) return whole;
  // `NCHG+808+00916` of the German banks' camt, `PMNT-MDOP-CHRG` of others: codes in a row, of which one says it.
  if (!CODES_IN_A_ROW.test(own)) return 'other';
  const codes = own.split(/[^A-Z0-9]+/);
  return codes.map((part) => ofCode(part) ?? 'other').find((type) => type !== 'other') ?? ofSubfamily(codes[1] ?? null, codes[2] ?? null);
}

const CODES_IN_A_ROW = /^[A-Z0-9]{3,6}(?:[-+/.][A-Z0-9]{1,8})+$/;

function ofSubfamily(family: string | null, subfamily: string | null): BankType {
  if (subfamily === null) return 'other';
  if (ISO_RETURN_SUBFAMILIES.has(subfamily)) return 'return';
  if (ISO_INTEREST_SUBFAMILIES.has(subfamily)) return 'interest';
  return ISO_CHARGE_SUBFAMILIES.has(subfamily) || ISO_CHARGE_FAMILIES.has(`${family}/${subfamily}`) ? 'fee' : 'other';
}

function ofCode(code: string): BankType | undefined {
  return GVC[code] ?? SWIFT[code.replace(/^[NFS](?=[A-Z]{3}$)/, '')] ?? OFX[code] ?? BAI2[code];
}
