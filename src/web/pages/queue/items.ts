import { infiniteQueryOptions, useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { ItemDetail, ItemPage, ItemSummary } from '../../../api/schemas.ts';
import { call, reading } from '../../app/call.ts';
import { queries } from '../../app/queries.ts';
import { firstItemsOf, queryOf, type QueueSearch } from './search.ts';

/** The queue as it was fetched, and what acts change of it before the server has answered. */

// The end of ten thousand is eleven answers away.
const MORE_ITEMS = 1_000;
// New work of a worker shows up by itself; a list that was scrolled far is not fetched again as a whole.
const REFRESH_MS = 20_000;
const REFRESHED_PAGES = 2;

const LIST_KEY = 'GET /api/items';
const DETAIL_KEY = 'GET /api/items/:entry_id';

function itemsQuery(search: QueueSearch) {
  return infiniteQueryOptions({
    queryKey: [LIST_KEY, search] as const,
    queryFn: ({ pageParam, signal }) => call('GET /api/items', { query: pageParam === null ? firstItemsOf(search) : { ...queryOf(search), limit: MORE_ITEMS, cursor: pageParam } }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last: ItemPage) => last.next_cursor,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= REFRESHED_PAGES ? REFRESH_MS : false),
  });
}

export function useItems(search: QueueSearch) {
  const query = useInfiniteQuery(itemsQuery(search));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return { query, rows, total: Math.max(query.data?.pages.at(-1)?.total ?? 0, rows.length) };
}

// Whoever leafs through the list with a key held down wants none of those in between.
const PREFETCH_MS = 120;

/** Has the item on its way before it is opened or acted upon. */
export function usePrefetched(entry_id: string | undefined): void {
  useEffect(() => {
    if (entry_id === undefined) return undefined;
    const timer = setTimeout(() => void queries.prefetchQuery(reading(DETAIL_KEY, { params: { entry_id } })), PREFETCH_MS);
    return () => clearTimeout(timer);
  }, [entry_id]);
}

type Lists = InfiniteData<ItemPage, string | null>;
export type Undo = () => void;

/** Shows an item changed, everywhere at once; a list that does not hold its new state loses it. Returns what puts everything back. */
export function showChanged(entry_id: string, change: Partial<ItemSummary>): Undo {
  void queries.cancelQueries({ queryKey: [LIST_KEY] });
  const lists = queries.getQueriesData<Lists>({ queryKey: [LIST_KEY] });
  const detail_key = [DETAIL_KEY, { params: { entry_id } }];
  const detail = queries.getQueryData<ItemDetail>(detail_key);
  for (const [key, list] of lists) {
    if (!list) continue;
    const shown = (key[1] as QueueSearch).state ?? 'open';
    const leaves = change.state !== undefined && shown !== 'all' && change.state !== shown;
    const removed = leaves && list.pages.some((page) => page.items.some((item) => item.entry_id === entry_id)) ? 1 : 0;
    queries.setQueryData<Lists>(key, {
      ...list,
      pages: list.pages.map((page) => ({
        ...page, total: page.total - removed,
        items: leaves ? page.items.filter((item) => item.entry_id !== entry_id) : page.items.map((item) => (item.entry_id === entry_id ? { ...item, ...change } : item)),
      })),
    });
  }
  if (detail) queries.setQueryData<ItemDetail>(detail_key, { ...detail, ...change });
  return () => {
    for (const [key, list] of lists) queries.setQueryData(key, list);
    if (detail) queries.setQueryData(detail_key, detail);
  };
}

/** Has everything that an act may have changed fetched again: the books' sums, the groups, other suggestions of the same invoices. */
export function refetchBooks(): void {
  void queries.invalidateQueries({ predicate: ({ queryKey: [name] }) => name !== 'session' && name !== LIST_KEY });
  void queries.invalidateQueries({ queryKey: [LIST_KEY], refetchType: 'none' });
}
