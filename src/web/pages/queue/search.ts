import type { ItemFilter, ItemQuery } from '../../../api/schemas.ts';

/** What of the queue is shown, as it stands in the address bar: the API's own names, so that an address can be read. */

const FILTERS = ['company', 'state', 'reason', 'rule_id', 'owner', 'account', 'party_id', 'currency', 'search', 'from', 'to', 'min_amount', 'max_amount', 'direction', 'run_id'] as const;
const ORDER = ['sort', 'order'] as const;

export type QueueSearch = { [Name in (typeof FILTERS)[number] | (typeof ORDER)[number]]?: string };

/** Keeps what is known; what the API would not take is refused there, in words. */
export function parseQueueSearch(search: Record<string, unknown>): QueueSearch {
  const known: QueueSearch = {};
  for (const name of [...FILTERS, ...ORDER]) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') known[name] = value;
  }
  return known;
}

export function filterOf(search: QueueSearch): Partial<ItemFilter> {
  const { sort: _sort, order: _order, ...filter } = search;
  return filter as Partial<ItemFilter>;
}

export function queryOf(search: QueueSearch): Partial<ItemQuery> {
  return search as Partial<ItemQuery>;
}

// A screenful and what is drawn around it; who scrolls on is given more at a time.
const FIRST_ITEMS = 60;

/** What is asked of the API for the list's first view. */
export function firstItemsOf(search: QueueSearch): Partial<ItemQuery> {
  return { ...queryOf(search), limit: FIRST_ITEMS };
}

/** The groups are those of the filters without the group that is chosen, so that one can go from one to the next. */
export function groupsOf(search: QueueSearch): Partial<ItemFilter> {
  const { reason: _reason, rule_id: _rule, ...rest } = filterOf(search);
  return rest;
}

/** Names of what narrows the queue, for the line that says so. */
export const FILTER_NAMES: Record<(typeof FILTERS)[number], string> = {
  company: 'Company', state: 'State', reason: 'Reason', rule_id: 'Rule', owner: 'Owner', account: 'Account', party_id: 'Party', currency: 'Currency', search: 'Search', from: 'From',
  to: 'To', min_amount: 'At least', max_amount: 'At most', direction: 'Direction', run_id: 'Run',
};
