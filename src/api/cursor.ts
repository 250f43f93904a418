import { Failure } from '../core/failure.ts';

/** Lists that are read from the newest id down go on before an id. */
export function beforeId(cursor: string | undefined): bigint | null {
  if (cursor === undefined) return null;
  if (!/^\d{1,18}$/.test(cursor)) throw new Failure('invalid_input', 'the cursor is not one that a page gave; begin with the first page');
  return BigInt(cursor);
}

/** A page out of one row more than was asked for. */
export function pageOf<Row, View>(rows: readonly Row[], limit: number, idOf: (row: Row) => bigint, view: (row: Row) => View): { items: View[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  return { items: shown.map(view), next_cursor: rows.length > limit ? String(idOf(shown.at(-1)!)) : null };
}
