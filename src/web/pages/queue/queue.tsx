import { ActionIcon, Badge, Button, Group, Menu, Modal, Pill, Select, Stack, Switch, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { ItemGroup, ItemSummary, SavedView } from '../../../api/schemas.ts';
import { linkTo } from '../../app/address.ts';
import { call, reading } from '../../app/call.ts';
import { decimalsOf, formatAmount, formatCount, formatCounted, formatDate, formatSentence, formatSpan, parseAmount, wordsOf } from '../../app/format.ts';
import { Keys, useKeys } from '../../app/keys.tsx';
import { useMay, useSession } from '../../app/session.ts';
import { Amount } from '../../parts/amount.tsx';
import { ActDialog } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Empty, Failed, Loading, tell, useTitle } from '../../parts/states.tsx';
import { Under, VirtualList, type Column } from '../../parts/virtual-list.tsx';
import { ActDialogs, claim, release, useOffered, type ActName } from '../item/acts.tsx';
import { BulkAccept } from './bulk-accept.tsx';
import { useItems, usePrefetched } from './items.ts';
import classes from './queue.module.css';
import { FILTER_NAMES, filterOf, groupsOf, type QueueSearch } from './search.ts';

/** The queue: what the night has left for people, worked from the keyboard. */

const STATES = [
  { value: 'open', label: 'Open' }, { value: 'deferred', label: 'Put off' }, { value: 'not_ours', label: 'Not ours' }, { value: 'done', label: 'Done' }, { value: 'all', label: 'All' },
];

/** What the list says of an item without a word of its own. */
const none = <span className="dim">–</span>;

const reasonOf = (item: ItemSummary): ReactNode => (
  <span title={formatSentence(item.explanation)}>
    {item.priority > 0 && <span className={classes['urgent']} title="Looked at first: it may be fraud, or paid twice"><Icon name="warning" size={13} /><span className="unseen">Looked at first: </span></span>}{wordsOf(item.reason)}
  </span>
);

const COLUMNS: readonly Column<ItemSummary>[] = [
  { id: 'date', title: 'Booked', width: '5.2rem', from: 'laptop', sort: 'booking_date', cell: (item) => formatDate(item.booking_date) },
  {
    id: 'counterparty', title: 'Counterparty', width: 'minmax(7rem, 2.8fr)', sort: 'counterparty',
    cell: (item) => <><span title={item.counterparty_name ?? undefined}>{item.counterparty_name ?? item.party_name ?? <span className="dim">unnamed</span>}</span><Under>{reasonOf(item)}</Under></>,
  },
  { id: 'amount', title: 'Amount', width: '8.8rem', align: 'end', sort: 'amount', cell: (item) => <><Amount amount={item.amount} currency={item.currency} /><Under>{formatDate(item.booking_date)}</Under></> },
  { id: 'reason', title: 'Reason', width: 'minmax(9.5rem, 1.5fr)', from: 'laptop', sort: 'reason', cell: reasonOf },
  { id: 'suggestion', title: 'Best suggestion', width: 'minmax(8rem, 1.7fr)', from: 'laptop', cell: (item) => (item.best_suggestion === null ? none : <>{suggestionOf(item.best_suggestion)}{item.suggestion_count > 1 && <span className="dim"> +{item.suggestion_count - 1}</span>}</>) },
  { id: 'account', title: 'Account', width: 'minmax(6rem, 1fr)', from: 'large', sort: 'account', cell: (item) => <span title={item.account}>{item.account_name ?? item.account}</span> },
  { id: 'age', title: 'Waits', width: '4.4rem', from: 'laptop', sort: 'opened_at', cell: (item) => formatSpan(item.opened_at) },
  {
    id: 'owner', title: 'Owner', width: 'minmax(4.5rem, 0.9fr)', from: 'laptop', sort: 'owner', cell: (item) => (
      <span className={classes['owner']}>
        {item.approval_id && <Badge size="sm" color="yellow">second person</Badge>}
        {item.owner_name ?? (item.approval_id ? null : none)}
        {item.comment_count > 0 && <small className="dim" title={formatCounted(item.comment_count, 'comment')}>✎ {item.comment_count}</small>}
      </span>
    ),
  },
];

/** The API names a ledger account by its code, and what belongs to nobody in small letters. */
function suggestionOf(text: string): string {
  return /^[a-z_ ]+$/.test(text) ? wordsOf(text) : formatSentence(text);
}

export default function Queue(): ReactNode {
  const search = useSearch({ strict: false }) as QueueSearch;
  const navigate = useNavigate();
  const me = useSession();
  const { query, rows, total } = useItems(search);
  const groups = useQuery({ ...reading('GET /api/items/groups', { query: groupsOf(search) }), refetchInterval: 30_000 });
  const [current, setCurrent] = useState(0);
  const [dialog, setDialog] = useState<ActName | null>(null);
  const [bulk, setBulk] = useState(false);
  const [saving, setSaving] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const item = rows[Math.min(current, rows.length - 1)];
  const offered = useOffered(item);
  useTitle(query.data ? `Queue (${formatCount(total)})` : 'Queue');
  usePrefetched(item?.entry_id);
  const may_act = useMay('act');
  const show = (change: Partial<QueueSearch>): void => {
    setCurrent(0);
    void navigate({ to: '/queue', search: { ...search, ...change } as never });
  };
  const open = (row: ItemSummary): void => void navigate({ to: '/queue/$entry_id', params: { entry_id: row.entry_id }, search: search as never });
  const start = (name: (typeof offered)[number]['name']): void => {
    if (!item) return;
    if (name === 'claim') claim(item, me);
    else if (name === 'release') release(item);
    else setDialog(name);
  };
  const group = groups.data?.groups.find((one) => one.reason === search.reason && (search.rule_id === undefined || one.rule_id === search.rule_id));
  const move = (by: number): void => setCurrent((at) => Math.max(0, Math.min(total - 1, at + by)));

  useKeys('Queue', [
    { keys: 'j', label: 'Next item', run: () => move(1) },
    { keys: 'k', label: 'Item before', run: () => move(-1) },
    { keys: 'Enter', label: 'Open the item', run: () => item && open(item) },
    ...offered.map((act) => ({ keys: act.keys, label: act.label, run: () => start(act.name) })),
    { keys: '/', label: 'Search', run: () => field.current?.focus() },
    { keys: 'f', label: 'Mine only, or everybody’s', run: () => show({ owner: search.owner === 'me' ? undefined : 'me' }) },
    { keys: 'G', label: 'Group by reason', run: () => show({ sort: search.sort === 'reason' ? undefined : 'reason', order: undefined }) },
    ...(may_act && group ? [{ keys: 'A', label: 'Accept all of this reason', run: () => setBulk(true) }] : []),
    { keys: 'x', label: 'Clear the filters', run: () => show(Object.fromEntries(Object.keys(FILTER_NAMES).map((name) => [name, undefined]))) },
  ]);

  const sort = search.sort === undefined ? undefined : (search.order === 'desc' ? '-' : '') + search.sort;
  const is_grouped = search.sort === 'reason';
  const list_groups = useMemo(() => (is_grouped ? {
    keyOf: (row: ItemSummary) => row.reason,
    head: (row: ItemSummary) => <>{wordsOf(row.reason)} <GroupSums groups={groups.data?.groups.filter((one) => one.reason === row.reason) ?? []} /></>,
  } : undefined), [is_grouped, groups.data]);

  return (
    <div className={classes['page']}>
      <GroupRail groups={groups.data?.groups ?? []} total={groups.data?.total} search={search} show={show} />
      <div className={classes['main']}>
        <Group gap="xs" px="sm" py={8} justify="space-between">
          <Group gap="xs" align="baseline">
            <Text component="h1" fw={600} size="lg">Queue</Text>
            <Text c="dimmed" role="status">{query.data ? `${formatCounted(total, 'item')}` : ''}</Text>
          </Group>
          <Group gap="xs" className={classes['tools']}>
            <SearchField value={search.search ?? ''} onSearch={(text) => show({ search: text || undefined })} field={field} />
            <Select aria-label="State" w={104} data={STATES} value={search.state ?? 'open'} allowDeselect={false} onChange={(state) => show({ state: state === 'open' ? undefined : state ?? undefined })} />
            <Switch label="Mine" checked={search.owner === 'me'} onChange={(event) => show({ owner: event.currentTarget.checked ? 'me' : undefined })} size="xs" />
            <ReasonChoice groups={groups.data?.groups ?? []} search={search} show={show} />
            <Filters search={search} show={show} />
            <Views search={search} save={() => setSaving(true)} />
          </Group>
        </Group>
        <Narrowed search={search} show={show}>
          {may_act && group && group.with_suggestion > 0 && <Button size="compact-xs" onClick={() => setBulk(true)} rightSection={<Keys of="A" />}>Accept {formatCount(group.with_suggestion)} …</Button>}
        </Narrowed>
        <div className={classes['list']}>
          {query.data === undefined
            ? query.error ? <Failed error={query.error} retry={() => void query.refetch()} /> : <Loading rows={14} label="Loading the queue" />
            : total === 0
              ? <Empty title={hasFilter(search) ? 'Nothing fits these filters' : 'The queue is empty'}>{hasFilter(search) ? 'Press x to clear them.' : 'Everything the night brought is posted, set aside or put off.'}</Empty>
              : <VirtualList label="Queue" columns={COLUMNS} rows={rows} total={total} keyOf={(row) => row.entry_id} current={current} onMove={setCurrent} onOpen={open}
                  onReach={(index) => { if (index >= rows.length && query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage(); }}
                  sort={sort} onSort={(next) => show({ sort: next.replace(/^-/, ''), order: next.startsWith('-') ? 'desc' : 'asc' })} groups={list_groups} />}
        </div>
        <Group className={classes['foot']} gap="md" px="sm" visibleFrom="sm">
          {offered.filter((act) => act.common).map((act) => <Text key={act.name} size="xs" c="dimmed"><Keys of={act.keys} /> {act.label}</Text>)}
          <Text size="xs" c="dimmed"><Keys of="Enter" /> Open</Text><Text size="xs" c="dimmed"><Keys of="?" /> All keys</Text>
        </Group>
      </div>
      {item && <ActDialogs entry_id={item.entry_id} name={dialog} close={() => setDialog(null)} onGone={() => setCurrent((at) => Math.min(at, Math.max(0, total - 2)))} />}
      {bulk && group && <BulkAccept group={group} company={search.company} close={() => setBulk(false)} />}
      {saving && <SaveView search={search} close={() => setSaving(false)} />}
    </div>
  );
}

function hasFilter(search: QueueSearch): boolean {
  return Object.keys(filterOf(search)).length > 0;
}

function GroupSums({ groups }: { groups: readonly ItemGroup[] }): ReactNode {
  const count = groups.reduce((sum, one) => sum + one.count, 0);
  return count === 0 ? null : <Text span c="dimmed" fw={400}>{formatCount(count)}</Text>;
}

function GroupRail({ groups, total, search, show }: { groups: readonly ItemGroup[]; total: number | undefined; search: QueueSearch; show: (change: Partial<QueueSearch>) => void }): ReactNode {
  const reasons = [...Map.groupBy(groups, (one) => one.reason)];
  return (
    <nav className={classes['rail']} aria-label="Reasons">
      <RailLine label="All reasons" count={total} chosen={search.reason === undefined} onClick={() => show({ reason: undefined, rule_id: undefined })} />
      {reasons.map(([reason, rules]) => (
        <div key={reason}>
          <RailLine label={wordsOf(reason)} count={rules.reduce((sum, one) => sum + one.count, 0)} chosen={search.reason === reason && search.rule_id === undefined}
            onClick={() => show({ reason, rule_id: rules.length === 1 ? rules[0]!.rule_id ?? undefined : undefined })} sums={rules.length === 1 ? rules[0]!.sums : undefined} />
          {rules.length > 1 && rules.map((one) => (
            <RailLine key={one.rule_id} inset label={one.rule_id ?? 'no rule'} count={one.count} chosen={search.reason === reason && search.rule_id === (one.rule_id ?? undefined)} onClick={() => show({ reason, rule_id: one.rule_id ?? undefined })} sums={one.sums} />
          ))}
        </div>
      ))}
    </nav>
  );
}

/** Where there is no room for the reasons beside the list. */
function ReasonChoice({ groups, search, show }: { groups: readonly ItemGroup[]; search: QueueSearch; show: (change: Partial<QueueSearch>) => void }): ReactNode {
  const counts = [...Map.groupBy(groups, (one) => one.reason)].map(([reason, rules]) => ({ value: reason, label: `${wordsOf(reason)} (${formatCount(rules.reduce((sum, one) => sum + one.count, 0))})` }));
  return <Select aria-label="Reason" hiddenFrom="md" w={170} clearable placeholder="All reasons" data={counts} value={search.reason ?? null} onChange={(reason) => show({ reason: reason ?? undefined, rule_id: undefined })} />;
}

function RailLine({ label, count, chosen, onClick, sums, inset = false }: { label: string; count: number | undefined; chosen: boolean; onClick: () => void; sums?: ItemGroup['sums']; inset?: boolean }): ReactNode {
  return (
    <UnstyledButton className={classes['reason']} data-chosen={chosen} data-inset={inset} aria-current={chosen ? 'true' : undefined} onClick={onClick}>
      <span className={classes['line']}><span className={classes['name']} title={label}>{label}</span><span>{count === undefined ? '' : formatCount(count)}</span></span>
      {sums?.map((sum) => <span key={sum.currency} className={`${classes['sum']} dim sums`}><Amount amount={sum.amount} currency={sum.currency} plain /></span>)}
    </UnstyledButton>
  );
}

function SearchField({ value, onSearch, field }: { value: string; onSearch: (text: string) => void; field: React.RefObject<HTMLInputElement | null> }): ReactNode {
  const [typed, setTyped] = useState(value);
  const send = useDebouncedCallback(onSearch, 250);
  useEffect(() => setTyped(value), [value]);
  return (
    <TextInput ref={field} aria-label="Search the queue" placeholder="Name, invoice or text" className={classes['search']} leftSection={<Icon name="search" size={13} />} rightSection={typed ? undefined : <Keys of="/" />}
      value={typed} onChange={(event) => { setTyped(event.currentTarget.value); send(event.currentTarget.value.trim()); }}
      onKeyDown={(event) => { if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur(); }} />
  );
}

function Filters({ search, show }: { search: QueueSearch; show: (change: Partial<QueueSearch>) => void }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<Icon name="filter" size={13} />} onClick={() => setOpen(true)}>Filter</Button>
      {isOpen && <FilterDialog search={search} close={() => setOpen(false)} apply={(change) => { show(change); setOpen(false); }} />}
    </>
  );
}

const TEXT_FILTERS: readonly { name: keyof QueueSearch; type?: string; placeholder?: string }[] = [
  { name: 'from', type: 'date' }, { name: 'to', type: 'date' }, { name: 'min_amount' }, { name: 'max_amount' }, { name: 'currency', placeholder: 'EUR' },
  { name: 'account', placeholder: 'IBAN or number' }, { name: 'party_id', placeholder: 'C0012' }, { name: 'run_id', placeholder: '1' },
];
const AMOUNT_FILTERS = ['min_amount', 'max_amount'] as const;

// An amount of any currency is read as one with two decimals.
const NO_CURRENCY = 'EUR';

function shownAmount(amount: string, currency = NO_CURRENCY): string {
  return /^-?\d+(\.\d+)?$/.test(amount) && (amount.split('.')[1]?.length ?? 0) <= decimalsOf(currency) ? formatAmount(amount, currency) : amount;
}

function FilterDialog({ search, close, apply }: { search: QueueSearch; close: () => void; apply: (change: Partial<QueueSearch>) => void }): ReactNode {
  // The address holds plain decimals; in the fields they are written as the user writes them.
  const [values, setValues] = useState<QueueSearch>(() => ({ ...search, ...Object.fromEntries(AMOUNT_FILTERS.flatMap((name) => (search[name] ? [[name, shownAmount(search[name], search.currency)]] : []))) }));
  const currency = values.currency?.trim().toUpperCase();
  const amounts = Object.fromEntries(AMOUNT_FILTERS.flatMap((name) => (values[name] ? [[name, parseAmount(values[name], currency ?? NO_CURRENCY)]] : [])));
  const misread = (name: keyof QueueSearch): string | null => (name in amounts && amounts[name] === undefined ? `Write it like ${formatAmount('1234.5', currency ?? NO_CURRENCY)}` : null);
  const colleagues = useQuery(reading('GET /api/colleagues', {}));
  const set = (name: keyof QueueSearch, value: string | null): void => setValues((before) => ({ ...before, [name]: value || undefined }));
  return (
    <ActDialog title="Filter the queue" submit="Show" onSubmit={() => apply({ ...values, ...amounts, currency })} close={close} disabled={AMOUNT_FILTERS.some((name) => misread(name) !== null)}>
      <Group grow align="flex-start">
        <Select label="Direction" clearable value={values.direction ?? null} data={[{ value: 'in', label: 'Money in' }, { value: 'out', label: 'Money out' }]} onChange={(value) => set('direction', value)} />
        <Select label="Owner" clearable searchable value={values.owner ?? null} data={[{ value: 'me', label: 'Me' }, { value: 'none', label: 'Nobody' }, ...(colleagues.data?.items ?? []).map((one) => ({ value: one.user_id, label: one.name }))]} onChange={(value) => set('owner', value)} />
      </Group>
      {[0, 2, 4, 6].map((at) => (
        <Group grow key={at} align="flex-start">
          {TEXT_FILTERS.slice(at, at + 2).map((one) => <TextInput key={one.name} label={FILTER_NAMES[one.name as keyof typeof FILTER_NAMES]} type={one.type} placeholder={one.placeholder} error={misread(one.name)} value={values[one.name] ?? ''} onChange={(event) => set(one.name, event.currentTarget.value)} />)}
        </Group>
      ))}
    </ActDialog>
  );
}

/** What narrows the list, each with a way out. */
function Narrowed({ search, show, children }: { search: QueueSearch; show: (change: Partial<QueueSearch>) => void; children: ReactNode }): ReactNode {
  const shown = Object.entries(filterOf(search)).filter(([name]) => !['state', 'company', 'search'].includes(name));
  if (shown.length === 0) return null;
  return (
    <Group gap={6} px="sm" pb={8}>
      {shown.map(([name, value]) => (
        <Pill key={name} withRemoveButton onRemove={() => show({ [name]: undefined })} removeButtonProps={{ 'aria-label': `Remove the filter ${FILTER_NAMES[name as keyof typeof FILTER_NAMES]}`, 'aria-hidden': false, tabIndex: 0 }}>
          {FILTER_NAMES[name as keyof typeof FILTER_NAMES]}: {shownFilter(name, String(value), search.currency)}
        </Pill>
      ))}
      {children}
    </Group>
  );
}

function shownFilter(name: string, value: string, currency: string | undefined): string {
  if (name === 'reason' || name === 'direction') return wordsOf(value);
  if (name === 'min_amount' || name === 'max_amount') return shownAmount(value, currency);
  return (name === 'from' || name === 'to') && /^\d{4}-\d{2}-\d{2}$/.test(value) ? formatDate(value) : value;
}

function Views({ search, save }: { search: QueueSearch; save: () => void }): ReactNode {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [deleting, setDeleting] = useState<SavedView | null>(null);
  const [isOpen, setOpen] = useState(false);
  const views = useQuery({ ...reading('GET /api/views', {}), enabled: isOpen });
  const mine = (views.data?.items ?? []).filter((view) => view.page === 'queue');
  const may_export = useMay('export');
  const remove = (view: SavedView): void => {
    setDeleting(null);
    call('DELETE /api/views/:view_id', { params: { view_id: view.view_id } })
      .then(() => client.invalidateQueries({ queryKey: ['GET /api/views'] }), (error: unknown) => notifications.show({ color: 'red', title: 'The view is still there', message: tell(error).message }));
  };
  return (
    <>
      <Menu position="bottom-end" width={240} opened={isOpen} onChange={setOpen}>
        <Menu.Target><Button variant="default" leftSection={<Icon name="star" size={13} />}>Views</Button></Menu.Target>
        <Menu.Dropdown>
          {mine.length === 0 && <Menu.Label>{views.isPending ? 'Loading the views' : 'No saved views yet'}</Menu.Label>}
          {mine.map((view) => (
            <Group key={view.view_id} gap={0} wrap="nowrap">
              <Menu.Item onClick={() => void navigate({ to: '/queue', search: view.query as never })}>{view.name}{view.shared && <Text span c="dimmed"> · {view.mine ? 'shared' : view.owner}</Text>}</Menu.Item>
              {view.mine && <ActionIcon variant="subtle" color="gray" aria-label={`Delete the view ${view.name}`} onClick={() => setDeleting(view)}><Icon name="close" size={12} /></ActionIcon>}
            </Group>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={save}>Save this view …</Menu.Item>
          {may_export && <Menu.Item component="a" href={linkTo('GET /api/items/export', { query: { ...filterOf(search), format: 'csv' } })} download>Export as CSV</Menu.Item>}
          {may_export && <Menu.Item component="a" href={linkTo('GET /api/items/export', { query: { ...filterOf(search), format: 'jsonl' } })} download>Export as JSON lines</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {deleting && (
        <Modal opened onClose={() => setDeleting(null)} title="Delete the view">
          <Stack><Text>“{deleting.name}” is deleted{deleting.shared ? ', for your colleagues too' : ''}.</Text><Group justify="flex-end"><Button variant="default" onClick={() => setDeleting(null)}>Cancel</Button><Button color="red" data-autofocus onClick={() => remove(deleting)}>Delete</Button></Group></Stack>
        </Modal>
      )}
    </>
  );
}

function SaveView({ search, close }: { search: QueueSearch; close: () => void }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = (): void => {
    call('POST /api/views', { body: { name, page: 'queue', query: search as Record<string, string>, shared } }).then(() => {
      void client.invalidateQueries({ queryKey: ['GET /api/views'] });
      close();
    }, (failure: unknown) => setError(tell(failure).message));
  };
  return (
    <ActDialog title="Save this view" submit="Save" onSubmit={submit} close={close} disabled={!name.trim()}>
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={100} error={error} data-autofocus required />
      <Switch label="Share it with colleagues" checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} />
    </ActDialog>
  );
}
