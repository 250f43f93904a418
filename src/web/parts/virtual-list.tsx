import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useId, useRef, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';
import classes from './virtual-list.module.css';

/**
 * A list of any length of which only what is seen is drawn. Rows come in pages; the scroll bar is that of all of them from the first on.
 * Its rows are one stop of the tab key: the arrow keys move the current row.
 */

export interface Column<Row> {
  id: string;
  title: string;
  /** A grid track: `8rem`, `minmax(10rem, 2fr)`. */
  width: string;
  align?: 'end';
  /** From which width of the screen on it is shown: a laptop's, or only a large one's. */
  from?: 'laptop' | 'large';
  sort?: string;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** As many as there are in all, loaded or not. */
  total: number;
  keyOf: (row: Row) => string;
  current: number;
  onMove: (index: number) => void;
  onOpen: (row: Row) => void;
  /** Wants rows up to this index. */
  onReach: (index: number) => void;
  sort?: string;
  onSort?: (sort: string) => void;
  /** What stands above the first row of each group. */
  groups?: { keyOf: (row: Row) => string; head: (row: Row) => ReactNode };
}

const ROW_PX = 34;
// On a phone a row has a second line, for what has no column there.
const PHONE_ROW_PX = 54;
const GROUP_PX = 28;
const HEAD_PX = 32;
// Rows drawn beyond the edges, so that a flick of the wheel meets no blank.
const OVERSCAN = 12;

export function VirtualList<Row>(props: Props<Row>): ReactNode {
  const { label, columns, rows, total, keyOf, current, onMove, onOpen, onReach, sort, onSort, groups } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const row_px = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false }) ? PHONE_ROW_PX : ROW_PX;
  const startsGroup = (index: number): boolean => groups !== undefined && rows[index] !== undefined && (index === 0 || groups.keyOf(rows[index - 1]!) !== groups.keyOf(rows[index]));
  const virtual = useVirtualizer({
    count: total, getScrollElement: () => scroller.current, overscan: OVERSCAN, scrollMargin: HEAD_PX, scrollPaddingStart: HEAD_PX,
    estimateSize: (index) => (startsGroup(index) ? GROUP_PX + row_px : row_px), getItemKey: (index) => (rows[index] ? keyOf(rows[index]) : index),
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => onReach(last + OVERSCAN), [last, rows.length]);
  useEffect(() => virtual.measure(), [groups === undefined, rows.length, row_px]);
  // A list that has just come is at its current row already; to scroll it all the same would lay out everything once more.
  const at = useRef(current);
  useEffect(() => {
    if (current !== at.current && current >= 0 && current < total) virtual.scrollToIndex(current, { align: 'auto' });
    at.current = current;
  }, [current]);

  // One function throughout, so that a row is drawn once and not with every frame in which the list moves.
  const acts = useRef({ onMove, onOpen });
  acts.current = { onMove, onOpen };
  const pick = useCallback((index: number, row: unknown): void => {
    acts.current.onMove(index);
    acts.current.onOpen(row as Row);
  }, []);

  const tracksOf = (...hidden: readonly Column<Row>['from'][]): string => columns.filter((column) => column.from === undefined || !hidden.includes(column.from)).map((column) => column.width).join(' ');
  const move = (to: number): void => onMove(Math.max(0, Math.min(total - 1, to)));
  const onKeyDown = (event: KeyboardEvent): void => {
    // A column's title is pressed like any button.
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / row_px) - 2);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -total, End: total };
    const step = steps[event.key];
    if (step === undefined) return;
    move(current + step);
    event.preventDefault();
  };

  return (
    <div className={classes['list']} style={{ '--phone': tracksOf('laptop', 'large'), '--laptop': tracksOf('large'), '--large': tracksOf(), '--row': `${row_px}px` } as CSSProperties}
      role="grid" aria-label={label} aria-rowcount={total + 1}
      tabIndex={0} aria-activedescendant={rows[current] ? `${id}-${current}` : undefined} onKeyDown={onKeyDown}>
      <div ref={scroller} className={classes['scroller']} role="presentation">
        <div role="rowgroup" className={classes['top']}>
          <div role="row" aria-rowindex={1} className={classes['head']}>
            {columns.map((column) => {
              const sorted = column.sort !== undefined && sort?.replace(/^-/, '') === column.sort ? (sort.startsWith('-') ? 'descending' : 'ascending') : undefined;
              return (
                <span key={column.id} role="columnheader" aria-sort={sorted} data-align={column.align} data-from={column.from}>
                  {column.sort && onSort
                    ? <button type="button" onClick={() => onSort(sorted === 'ascending' ? `-${column.sort}` : column.sort!)}>{column.title}{sorted === 'ascending' ? ' ↑' : sorted === 'descending' ? ' ↓' : ''}</button>
                    : column.title}
                </span>
              );
            })}
          </div>
        </div>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
          {shown.map((item) => {
            const row = rows[item.index];
            const group = startsGroup(item.index);
            return (
              <div key={item.key} role="presentation" className={classes['place']} style={{ transform: `translateY(${item.start - HEAD_PX}px)`, height: item.size }}>
                {group && <div className={classes['group']} role="presentation">{groups!.head(row!)}</div>}
                {row === undefined
                  ? <div role="row" aria-rowindex={item.index + 2} aria-busy className={classes['row']}><span role="gridcell" className={classes['blank']} /></div>
                  : <DrawnRow row={row} index={item.index} id={`${id}-${item.index}`} is_current={item.index === current} columns={columns as readonly Column<unknown>[]} pick={pick} />}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps { row: unknown; index: number; id: string; is_current: boolean; columns: readonly Column<unknown>[]; pick: (index: number, row: unknown) => void }

const DrawnRow = memo(function DrawnRow({ row, index, id, is_current, columns, pick }: RowProps): ReactNode {
  return (
    <div role="row" id={id} aria-rowindex={index + 2} aria-selected={is_current} data-current={is_current} className={classes['row']} onClick={() => pick(index, row)}>
      {columns.map((column) => <span key={column.id} role="gridcell" data-align={column.align} data-from={column.from}>{column.cell(row)}</span>)}
    </div>
  );
});

/** A cell's second line, on a phone: what has no column of its own there. */
export function Under({ children }: { children: ReactNode }): ReactNode {
  return <span className={classes['under']}>{children}</span>;
}
