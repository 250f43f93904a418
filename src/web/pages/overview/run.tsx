import { Anchor, Badge, Button, Group, Stack, Table, Text, Textarea } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { z } from 'zod';
import type { RunView, UndoSelection } from '../../../api/schemas.ts';
import { linkTo } from '../../app/address.ts';
import { call, reading } from '../../app/call.ts';
import { formatCount, formatCounted, formatTime, wordsOf } from '../../app/format.ts';
import { useMay } from '../../app/session.ts';
import { Amount } from '../../parts/amount.tsx';
import { BulkPreview } from '../../parts/bulk-preview.tsx';
import { ActDialog } from '../../parts/dialog.tsx';
import { useSend } from '../../parts/send.ts';
import { Empty, Loaded, PageHead, Panel } from '../../parts/states.tsx';
import { Sankey } from './sankey.tsx';

/** A run: what was handed in, what became of it, and that nothing was lost on the way. */

export default function RunPage(): ReactNode {
  const { run_id } = useParams({ strict: false }) as { run_id: string };
  const query = useQuery(reading('GET /api/runs/:run_id', { params: { run_id } }));
  const [undoing, setUndoing] = useState(false);
  const may_act = useMay('act');
  const may_export = useMay('export');
  return (
    <div className="page">
      <Loaded query={query} rows={12}>
        {(run) => (
          <Stack gap="sm">
            <PageHead title={`Run ${run.run_id}`} hint={<><Anchor component={Link} to="/overview" underline="always">Overview</Anchor> · {formatTime(run.started_at)}{run.duration_ms !== null && `, ${(run.duration_ms / 1_000).toFixed(1)} s`}{run.schedule && `, schedule ${run.schedule}`}</>}>
              {may_export && <Anchor size="sm" href={linkTo('GET /api/exports/decisions', { query: { run_id, format: 'jsonl' } })} download>Its decisions</Anchor>}
              {may_act && <Button variant="default" onClick={() => setUndoing(true)}>Undo the run …</Button>}
            </PageHead>
            <Panel title="Where the entries went"><Flow run_id={run_id} /></Panel>
            <Panel title="Nothing is lost"><Conservation run={run} />{run.log_head && <Text c="dimmed" size="xs" mt="xs" className="break">Log head {run.log_head}</Text>}</Panel>
            <Panel title="Documents" padded={false}>
              <Table>
                <Table.Thead><Table.Tr><Table.Th>Document</Table.Th><Table.Th>State</Table.Th></Table.Tr></Table.Thead>
                <Table.Tbody>{run.deliveries.map((one, n) => <Table.Tr key={n}><Table.Td><Anchor href={linkTo('GET /api/documents/:document_id/content', { params: { document_id: one.document_id } })} download size="sm" className="break">{one.path.slice(one.path.lastIndexOf('/') + 1)}</Anchor></Table.Td><Table.Td>{one.is_duplicate ? 'handed in before' : wordsOf(one.state)}{one.failed_check && `: ${wordsOf(one.failed_check).toLowerCase()}`}</Table.Td></Table.Tr>)}</Table.Tbody>
              </Table>
            </Panel>
            {undoing && <BulkUndo title={`Undo run ${run_id}`} selection={{ run_id }} close={() => setUndoing(false)} />}
          </Stack>
        )}
      </Loaded>
    </div>
  );
}

/** Undo of everything that a run or a rule's version has decided: what it touches and what stands in the way is shown, and a second person approves exactly that. */
export function BulkUndo({ title, selection, close }: { title: string; selection: z.input<typeof UndoSelection>; close: () => void }): ReactNode {
  const [reason, setReason] = useState('');
  const { busy, send } = useSend();
  const preview = useQuery({ queryKey: ['POST /api/bulk/undo/preview', selection], queryFn: ({ signal }) => call('POST /api/bulk/undo/preview', { body: { selection } }, { signal }), staleTime: 0, gcTime: 0 });
  const submit = async (): Promise<void> => {
    const done = await send(() => call('POST /api/bulk/undo', { body: { selection, digest: preview.data!.digest, reason } }), { done: 'A second person is asked to approve the undo.', failed: 'Nothing was asked for' });
    if (done) close();
  };
  return (
    <ActDialog title={title} submit="Ask for approval" danger size="xl" busy={busy} onSubmit={() => void submit()} close={close} disabled={!preview.data || preview.data.count === 0 || !reason.trim()} note="Reversing entries; nothing is deleted.">
      <Loaded query={preview}>{(data) => (data.count === 0 && data.blocked_count === 0 ? <Text>There is nothing to undo: none of its decisions stands with something posted.</Text> : <BulkPreview preview={data} />)}</Loaded>
      <Textarea label="Reason" description="It is kept in the log." value={reason} onChange={(event) => setReason(event.currentTarget.value)} autosize minRows={2} maxLength={2_000} required data-autofocus />
    </ActDialog>
  );
}

/** Every entry has one outcome, and the amounts add up. */
export function Conservation({ run }: { run: RunView }): ReactNode {
  if (run.entries === null) return <Text c="dimmed">The run is under way.</Text>;
  return (
    <Stack gap="xs">
      <Group gap="xs"><Badge color={run.balanced ? 'petrol' : 'red'}>{run.balanced ? 'adds up' : 'DOES NOT ADD UP'}</Badge><Text>{formatCounted(run.entries.total, 'entry', 'entries')} in {formatCounted(run.documents?.submitted ?? 0, 'document')}, each with one outcome{run.documents?.quarantined ? `; ${formatCount(run.documents.quarantined)} quarantined` : ''}{run.documents?.dead_lettered ? `; ${formatCount(run.documents.dead_lettered)} dead` : ''}.</Text></Group>
      <Table.ScrollContainer minWidth={420}>
        <Table verticalSpacing={2}>
          <Table.Thead><Table.Tr><Table.Th>Currency</Table.Th><Table.Th>Outcome</Table.Th><Table.Th ta="end">Entries</Table.Th><Table.Th ta="end">Out</Table.Th><Table.Th ta="end">In</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{run.amounts.map((one) => <Table.Tr key={one.currency + one.outcome}><Table.Td>{one.currency}</Table.Td><Table.Td>{wordsOf(one.outcome)}</Table.Td><Table.Td ta="end">{formatCount(one.count)}</Table.Td><Table.Td ta="end"><Amount amount={one.debits} currency={one.currency} plain bare /></Table.Td><Table.Td ta="end"><Amount amount={one.credits} currency={one.currency} plain bare /></Table.Td></Table.Tr>)}</Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

export function Flow({ run_id }: { run_id: string }): ReactNode {
  const query = useQuery(reading('GET /api/runs/:run_id', { params: { run_id } }));
  return <Loaded query={query} rows={5}>{({ links }) => (links.length === 0 ? <Empty title="No entry in this run" /> : <Sankey links={links} />)}</Loaded>;
}

export function RunList(): ReactNode {
  const query = useInfiniteQuery({ queryKey: ['GET /api/runs'], queryFn: ({ pageParam, signal }) => call('GET /api/runs', { query: { limit: 30, ...(pageParam && { cursor: pageParam }) } }, { signal }), initialPageParam: null as string | null, getNextPageParam: (last) => last.next_cursor });
  const runs = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Runs" padded={false}>
      <Loaded query={query} rows={3}>
        {() => (runs.length === 0 ? <Empty title="No run yet">tieout run takes a folder of statements through the night.</Empty> : (
          <Table.ScrollContainer minWidth={680}>
            <Table highlightOnHover>
              <Table.Thead><Table.Tr><Table.Th>Run</Table.Th><Table.Th>Started</Table.Th><Table.Th>Kind</Table.Th><Table.Th ta="end">Documents</Table.Th><Table.Th ta="end">Entries</Table.Th><Table.Th ta="end">Automatic</Table.Th><Table.Th ta="end">Review</Table.Th><Table.Th ta="end">Duplicate</Table.Th><Table.Th>Adds up</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {runs.map((run) => (
                  <Table.Tr key={run.run_id}>
                    <Table.Td><Anchor component={Link} to={`/runs/${run.run_id}`}>Run {run.run_id}</Anchor></Table.Td><Table.Td>{formatTime(run.started_at)}</Table.Td><Table.Td>{wordsOf(run.kind)}</Table.Td><Table.Td ta="end">{run.documents ? formatCount(run.documents.submitted) : '–'}</Table.Td>
                    <Table.Td ta="end">{run.entries ? formatCount(run.entries.total) : '–'}</Table.Td><Table.Td ta="end">{run.entries ? formatCount(run.entries.auto) : '–'}</Table.Td><Table.Td ta="end">{run.entries ? formatCount(run.entries.review + run.entries.suspense) : '–'}</Table.Td><Table.Td ta="end">{run.entries ? formatCount(run.entries.duplicate) : '–'}</Table.Td>
                    <Table.Td>{run.balanced === null ? <Badge color="gray">{run.state}</Badge> : <Badge color={run.balanced ? 'petrol' : 'red'}>{run.balanced ? 'yes' : 'NO'}</Badge>}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        ))}
      </Loaded>
      {query.hasNextPage && <Button m="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Earlier runs</Button>}
    </Panel>
  );
}
