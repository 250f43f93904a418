import type { CalendarDate } from '../../../core/date.ts';
import { addDays, calendarDate } from '../../../core/date.ts';
import type { DateOrder } from '../../../core/numerals.ts';
import type { DateToken, TokenLine } from './tokens.ts';

/** Printed dates to days: the year that a row leaves out is that of its statement. */

/** Days by which entries of a period may be dated outside it. */
const PERIOD_MARGIN_DAYS = 45;

/** Reads dates; a missing year is that of the period, else the last one that does not lie behind every full date of the heading. */
export function createDateReader(lines: readonly TokenLine[], heading: readonly TokenLine[], common: readonly TokenLine[], period: [DateToken, DateToken] | null, order: DateOrder, month: CalendarDate | null): (token: DateToken) => CalendarDate | undefined {
  const full = (token: DateToken): CalendarDate[] => {
    const date = token.readings.get(order);
    const found = date && date.year !== null ? calendarDate(date.year, date.month, date.day) : undefined;
    return found ? [found] : [];
  };
  const latestIn = (some: readonly TokenLine[]): CalendarDate | undefined => some.flatMap((line) => line.dates.flatMap(full)).toSorted().at(-1);
  let limit: CalendarDate | undefined | null = null;
  const [from] = period === null ? [] : full(period[0]);
  const [to] = period === null ? [] : full(period[1]);
  return (token) => {
    const date = token.readings.get(order);
    if (date === undefined) return undefined;
    if (date.year !== null) return calendarDate(date.year, date.month, date.day);
    if (from !== undefined && to !== undefined) {
      const inPeriod = [Number(to.slice(0, 4)), Number(from.slice(0, 4))].map((one) => calendarDate(one, date.month, date.day)).find((one) => one !== undefined && one >= from && one <= to);
      if (inPeriod !== undefined) return inPeriod;
    }
    if (limit === null) {
      const latest = to ?? latestIn(heading) ?? month ?? latestIn(lines) ?? latestIn(common);
      limit = latest && addDays(latest, PERIOD_MARGIN_DAYS);
    }
    if (limit === undefined) return undefined;
    const year = Number(limit.slice(0, 4));
    const inYear = calendarDate(year, date.month, date.day);
    return inYear !== undefined && inYear <= limit ? inYear : calendarDate(year - 1, date.month, date.day);
  };
}
