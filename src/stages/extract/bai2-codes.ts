/**
 * The type codes of BAI2: Cash Management Balance Reporting Specifications, Version 2 (BAI, 2005), Appendix A, "Uniform BAI Balance
 * Reporting Type Codes", continued as ANSI X9.121 (BTRS).
 */
export interface TypeCode {
  /** What the code's amount does to the account; null where it moves nothing. */
  readonly side: 'credit' | 'debit' | null;
  /**
   * `status`: a balance or another standing of the account. `summary`: a total, which belongs into a 03 record. `item`: one of the items of
   * which a deposit or disbursement is made up, that the bank may report as well. `detail`: a transaction. `note`: text without money.
   */
  readonly level: 'status' | 'summary' | 'item' | 'detail' | 'note';
  /** The transaction takes an earlier one back, by its name in the standard. */
  readonly reversal: boolean;
}

/** The ranges of the standard, first to last code: an assigned code and one that a bank has made up within its range are signed alike. */
const RANGES: readonly { first: number; last: number; side: TypeCode['side'] }[] = [
  { first: 1, last: 99, side: null },
  { first: 100, last: 399, side: 'credit' },
  { first: 400, last: 699, side: 'debit' },
  // Loan accounts, since 2001: standings, payments (720-728), disbursements (760).
  { first: 700, last: 719, side: null },
  { first: 720, last: 759, side: 'credit' },
  { first: 760, last: 799, side: 'debit' },
  // For a bank's own use.
  { first: 900, last: 919, side: null },
  { first: 920, last: 959, side: 'credit' },
  { first: 960, last: 999, side: 'debit' },
];

/** "Contains non-monetary information". */
const NOTE = 890;

/** The codes of level "summary"; all other credits and debits are details. */
const SUMMARIES: ReadonlySet<number> = new Set([
  100, 101, 105, 106, 107, 109, 110, 120, 130, 131, 140, 146, 150, 160, 162, 163, 167, 170, 178, 180, 182, 185, 186, 188, 190, 200, 205, 207,
  210, 215, 230, 231, 239, 245, 250, 251, 256, 260, 270, 271, 280, 285, 294, 302, 303, 304, 305, 307, 309, 310, 315, 316, 318, 319, 320, 321,
  324, 325, 326, 327, 328, 329, 330, 332, 336, 338, 340, 341, 343, 350, 352, 355, 356, 360, 361, 370, 385, 389, 390,
  400, 401, 403, 405, 406, 410, 412, 416, 420, 430, 446, 450, 463, 465, 467, 470, 471, 478, 480, 482, 486, 490, 500, 505, 507, 510, 515, 530,
  532, 534, 536, 537, 539, 550, 551, 556, 560, 570, 580, 583, 584, 585, 586, 587, 588, 590, 594, 596, 601, 602, 610, 611, 612, 613, 614, 615,
  617, 618, 621, 623, 625, 626, 628, 630, 632, 640, 646, 650, 655, 665, 670, 685, 689, 690,
  720, 760,
]);

/** "Item in …": of lockbox, DTC, ACH, PAC and brokers deposits, and of ACH disbursements. */
const ITEMS: ReadonlySet<number> = new Set([116, 136, 143, 156, 345, 452]);

/** Debit reversal, ACH reversal credit, check reversal; credit reversal, ACH reversal debit, deposit reversal. */
const REVERSALS: ReadonlySet<number> = new Set([252, 258, 395, 552, 558, 694]);

const CODES: ReadonlyMap<string, TypeCode> = new Map(
  RANGES.flatMap(({ first, last, side }) => Array.from({ length: last - first + 1 }, (_, i) => typeCode(first + i, side)))
    .concat([[String(NOTE), { side: null, level: 'note', reversal: false }]]),
);

function typeCode(code: number, side: TypeCode['side']): [string, TypeCode] {
  const level = side === null ? 'status' : SUMMARIES.has(code) ? 'summary' : ITEMS.has(code) ? 'item' : 'detail';
  return [String(code).padStart(3, '0'), { side, level, reversal: REVERSALS.has(code) }];
}

/** The code of three digits; undefined for what is none, or lies in no range of the standard. */
export function findTypeCode(code: string): TypeCode | undefined {
  return CODES.get(code);
}
