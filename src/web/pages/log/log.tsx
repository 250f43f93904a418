import { Alert, Anchor, Button, Group, Menu, Select, Stack, Table, Text, TextInput, Tooltip } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { LogFilter, ReplayResult, VerifyResult } from '../../../api/schemas.ts';
import { linkTo } from '../../app/address.ts';
import { call } from '../../app/call.ts';
import { formatCount, formatCounted, formatTime, wordsOf } from '../../app/format.ts';
import { Keys, useKeys } from '../../app/keys.tsx';
import { useMay } from '../../app/session.ts';
import { Actor } from '../../parts/actor.tsx';
import { Amount } from '../../parts/amount.tsx';
import { useSend } from '../../parts/send.ts';
import { Empty, Loaded, PageHead, Panel } from '../../parts/states.tsx';
import { BulkUndo } from '../overview/run.tsx';

/** The log: everything that was decided and done, searched, taken out, recomputed. */

const FIELDS = [
  { name: 'entry_id', label: 'Entry' }, { name: 'invoice_number', label: 'Invoice' }, { name: 'party_id', label: 'Party' }, { name: 'actor', label: 'Person' }, { name: 'rule_id', label: 'Rule' }, { name: 'ruleset', label: 'Ruleset version' },
  { name: 'run_id', label: 'Run' }, { name: 'from', label: 'From', type: 'date' }, { name: 'to', label: 'To', type: 'date' }, { name: 'min_amount', label: 'At least' }, { name: 'max_amount', label: 'At most' },
] as const satisfies readonly { name: keyof LogFilter; label: string; type?: string }[];
const ACTIONS = ['decide', 'accept', 'assign', 'undo', 'not_ours', 'quarantine_statement', 'accept_statement', 'set_automatic', 'approve', 'reject', 'learn'];

export type LogSearch = { [Name in keyof LogFilter]?: string };

export function parseLogSearch(search: Record<string, unknown>): LogSearch {
  const known: Record<string, string> = {};
  for (const name of [...FIELDS.map((field) => field.name), 'action', 'company']) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') known[name] = value;
  }
  return known as LogSearch;
}

export default function Log(): ReactNode {
  const search = parseLogSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const may_export = useMay('export');
  const may_verify = useMay('verify');
  const may_act = useMay('act');
  const [typed, setTyped] = useState<LogSearch>(search);
  const [undoing, setUndoing] = useState(false);
  const { busy, send } = useSend();
  const [verified, setVerified] = useState<VerifyResult | null>(null);
  const [replayed, setReplayed] = useState<ReplayResult | null>(null);
  const query = useInfiniteQuery({
    queryKey: ['GET /api/log', search], initialPageParam: null as string | null, getNextPageParam: (last: { next_cursor: string | null }) => last.next_cursor,
    queryFn: ({ pageParam, signal }) => call('GET /api/log', { query: { ...search, limit: 100, ...(pageParam && { cursor: pageParam }) } as object }, { signal }),
  });
  const show = (next: LogSearch): void => void navigate({ to: '/log', search: next as never });
  const verify = async (): Promise<void> => {
    const result = await send(() => call('POST /api/log/verify', { body: {} }), { done: (one) => (one.fault ? 'The log is broken.' : `${formatCounted(one.records, 'record')}, all as written.`), failed: 'The log was not verified' });
    setVerified(result ?? null);
  };
  const replay = async (): Promise<void> => {
    const result = await send(() => call('POST /api/log/replay', { body: { run_id: search.run_id, entry_id: search.entry_id } }), { done: (one) => `${formatCount(one.decisions)} decided again, ${formatCount(one.different.length)} differently.`, failed: 'It was not replayed' });
    setReplayed(result ?? null);
  };
  const can_replay = search.run_id !== undefined || search.entry_id !== undefined;
  const can_undo = may_act && search.rule_id !== undefined && search.ruleset !== undefined;
  useKeys('Log', may_verify ? [{ keys: 'v', label: 'Verify the chain', run: () => void verify() }, ...(can_replay ? [{ keys: 'p', label: 'Replay the run or entry', run: () => void replay() }] : [])] : []);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    show(Object.fromEntries(Object.entries(typed).filter(([, value]) => value)));
  };
  return (
    <div className="page">
      <PageHead title="Log" hint="Everything that was decided and done, in a chain that shows any later change.">
        {may_verify && <Button variant="default" loading={busy} onClick={() => void verify()} rightSection={<Keys of="v" />}>Verify</Button>}
        {may_verify && <Tooltip label="Search for a run or an entry first" disabled={can_replay}><Button variant="default" loading={busy} data-disabled={!can_replay || undefined} aria-disabled={!can_replay} onClick={() => can_replay && void replay()} rightSection={<Keys of="p" />}>Replay</Button></Tooltip>}
        {may_export && (
          <Menu>
            <Menu.Target><Button variant="default">Export</Button></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item component="a" download href={linkTo('GET /api/log/export', { query: { ...search, format: 'csv' } as object })}>What is shown, as CSV</Menu.Item>
              <Menu.Item component="a" download href={linkTo('GET /api/log/export', { query: { ...search, format: 'jsonl' } as object })}>What is shown, as JSON lines</Menu.Item>
              <Menu.Item component="a" download href={linkTo('GET /api/exports/journal', { query: { format: 'csv' } })}>The journal, as CSV</Menu.Item>
              <Menu.Item component="a" download href={linkTo('GET /api/exports/decisions', { query: { format: 'jsonl' } })}>All decisions, as JSON lines</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        {can_undo && <Button variant="default" color="red" onClick={() => setUndoing(true)}>Undo this rule version …</Button>}
      </PageHead>
      <Stack gap="sm">
        <Panel>
          <form onSubmit={submit}>
            <Group gap="xs" align="flex-end">
              <Select label="What" w={150} clearable placeholder="Anything" data={ACTIONS.map((action) => ({ value: action, label: wordsOf(action) }))} value={typed.action ?? null} onChange={(action) => setTyped({ ...typed, action: action ?? undefined })} />
              {FIELDS.map((field) => <TextInput key={field.name} label={field.label} type={'type' in field ? field.type : undefined} w={'type' in field ? 132 : field.name === 'ruleset' ? 140 : 96} value={typed[field.name] ?? ''} onChange={(event) => { const { value } = event.currentTarget; setTyped((before) => ({ ...before, [field.name]: value || undefined })); }} />)}
              <Button type="submit">Search</Button>
              <Button variant="subtle" onClick={() => { setTyped({}); show({}); }}>Clear</Button>
            </Group>
          </form>
        </Panel>
        {verified && (
          <Alert color={verified.fault ? 'red' : 'petrol'} variant="light" withCloseButton closeButtonLabel="Close" onClose={() => setVerified(null)} title={verified.fault ? `The log is broken at record ${verified.fault.seq}` : `${formatCounted(verified.records, 'record')}, all as written`}>
            {verified.fault ? verified.fault.fault : <Text className="break">Head {verified.head}</Text>}
          </Alert>
        )}
        {replayed && (
          <Alert color={replayed.different.length ? 'red' : 'petrol'} variant="light" withCloseButton closeButtonLabel="Close" onClose={() => setReplayed(null)} title={`${formatCounted(replayed.decisions, 'decision')} of the rules, decided again: ${formatCount(replayed.same)} the same, ${formatCount(replayed.different.length)} different`}>
            {replayed.different.slice(0, 20).map((one) => <Text key={one.seq}><Anchor component={Link} to={`/log/entries/${one.entry_id}`}>Entry {one.entry_id}</Anchor>: was {one.was}, is {one.is}</Text>)}
          </Alert>
        )}
        <Panel padded={false}>
          <Loaded query={query} rows={12}>
            {() => (rows.length === 0 ? <Empty title="No record fits">Fewer conditions find more.</Empty> : (
              <Table.ScrollContainer minWidth={760}>
                <Table highlightOnHover verticalSpacing={3}>
                  <Table.Thead><Table.Tr><Table.Th>Record</Table.Th><Table.Th>When</Table.Th><Table.Th>What</Table.Th><Table.Th>By</Table.Th><Table.Th>Entry</Table.Th><Table.Th ta="end">Amount</Table.Th><Table.Th>Summary</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {rows.map((row) => (
                      <Table.Tr key={row.seq}>
                        <Table.Td c="dimmed">{row.seq}</Table.Td><Table.Td style={{ whiteSpace: 'nowrap' }}>{formatTime(row.at)}</Table.Td><Table.Td>{wordsOf(row.action)}</Table.Td><Table.Td><Actor name={row.actor} /></Table.Td>
                        <Table.Td>{row.entry_id && <Anchor component={Link} to={`/log/entries/${row.entry_id}`} size="sm">{row.entry_id}</Anchor>}</Table.Td>
                        <Table.Td ta="end">{row.amount && row.currency && <Amount amount={row.amount} currency={row.currency} />}</Table.Td><Table.Td className="break">{row.summary}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            ))}
          </Loaded>
          {query.hasNextPage && <Button m="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Earlier records</Button>}
        </Panel>
      </Stack>
      {undoing && <BulkUndo title={`Undo rule ${search.rule_id} at this version`} selection={{ rule_id: search.rule_id!, ruleset: search.ruleset!, company: search.company }} close={() => setUndoing(false)} />}
    </div>
  );
}
