import { Alert, Anchor, Badge, Button, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { z } from 'zod';
import type { QuarantineDetail, QuarantinedStatement } from '../../api/schemas.ts';
import { linkTo } from '../app/address.ts';
import { call, reading } from '../app/call.ts';
import { formatCount, formatCounted, formatDate, formatFigures, formatTime, wordsOf } from '../app/format.ts';
import { Keys, useKeys } from '../app/keys.tsx';
import { useMay } from '../app/session.ts';
import { Amount } from '../parts/amount.tsx';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { useSend } from '../parts/send.ts';
import { Empty, Loaded, PageHead, Panel, sentenceOf } from '../parts/states.tsx';

/** Statements that failed a check and are on no books: which check, what differs, and what a person decides. */
export default function Quarantine(): ReactNode {
  const { statement_id } = useParams({ strict: false }) as { statement_id?: string };
  return <div className="page">{statement_id === undefined ? <List /> : <Detail statement_id={statement_id} />}</div>;
}

function List(): ReactNode {
  const { company } = useSearch({ strict: false }) as { company?: string };
  const query = useQuery({ ...reading('GET /api/quarantine', { query: { company } }), refetchInterval: 30_000 });
  return (
    <>
      <PageHead title="Quarantine" hint="Statements that failed a check. None of their entries is on the books." />
      <Loaded query={query}>
        {({ items, total }) => (items.length === 0 ? <Panel><Empty title="Nothing is quarantined">Every statement ties out and continues the books.</Empty></Panel> : (
          <Panel padded={false}>
            <Table.ScrollContainer minWidth={640}>
              <Table highlightOnHover>
                <Table.Thead><Table.Tr><Table.Th>Document</Table.Th><Table.Th>Account</Table.Th><Table.Th>Period</Table.Th><Table.Th>Failed check</Table.Th><Table.Th ta="end">Entries</Table.Th><Table.Th>Since</Table.Th></Table.Tr></Table.Thead>
                <Table.Tbody>
                  {items.map((one) => (
                    <Table.Tr key={one.statement_id}>
                      <Table.Td><Anchor component={Link} to={`/quarantine/${one.statement_id}`}>{one.path.slice(one.path.lastIndexOf('/') + 1)}</Anchor></Table.Td>
                      <Table.Td>{one.account}<Text size="xs" c="dimmed">{one.company}</Text></Table.Td><Table.Td>{periodOf(one)}</Table.Td>
                      <Table.Td>{wordsOf(one.failed_check ?? 'unknown')} {one.rejected && <Badge color="gray">rejected</Badge>}{one.acceptable && !one.rejected && <Badge color="yellow">re-issued</Badge>}</Table.Td>
                      <Table.Td ta="end">{formatCount(one.entry_count)}</Table.Td><Table.Td>{formatTime(one.submitted_at)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
            {total > items.length && <Text c="dimmed" p="xs">The first {formatCount(items.length)} of {formatCount(total)}.</Text>}
          </Panel>
        ))}
      </Loaded>
    </>
  );
}

function periodOf(one: z.infer<typeof QuarantinedStatement>): string {
  return one.from_date === null && one.to_date === null ? 'not printed' : [one.from_date, one.to_date].filter((date) => date !== null).map((date) => formatDate(date)).filter((date, at, all) => all.indexOf(date) === at).join(' – ');
}

function Detail({ statement_id }: { statement_id: string }): ReactNode {
  const query = useQuery(reading('GET /api/quarantine/:statement_id', { params: { statement_id } }));
  return <Loaded query={query}>{(data) => <Shown one={data} />}</Loaded>;
}

interface CheckLine { name: string; ok: boolean; detail: string }

function Shown({ one }: { one: z.infer<typeof QuarantineDetail> }): ReactNode {
  const navigate = useNavigate();
  const may_act = useMay('act');
  const { busy, send } = useSend();
  const [dialog, setDialog] = useState<'accept' | 'reject' | null>(null);
  const can_accept = may_act && one.acceptable && !one.rejected;
  const can_reject = may_act && !one.rejected;
  useKeys('Quarantined statement', [
    ...(can_accept ? [{ keys: 'a', label: 'Accept with a reason', run: () => setDialog('accept') }] : []),
    ...(can_reject ? [{ keys: 'r', label: 'Reject', run: () => setDialog('reject') }] : []),
    { keys: 'Escape', label: 'Back to the list', run: () => void navigate({ to: '/quarantine' }) },
  ]);
  const params = { statement_id: one.statement_id };
  const accept = async (reason: string): Promise<void> => {
    const answer = await send(() => call('POST /api/quarantine/:statement_id/accept', { params, body: { reason } }), { done: 'A second person is asked to let it replace the one on the books.', failed: 'It was not accepted' });
    if (answer) setDialog(null);
  };
  const reject = async (reason: string): Promise<void> => {
    const answer = await send(() => call('POST /api/quarantine/:statement_id/reject', { params, body: { reason } }), { done: 'Rejected: it stays off the books.', failed: 'It was not rejected' });
    if (answer) setDialog(null);
  };
  const failed = (one.checks as CheckLine[]).find((check) => !check.ok);
  const changed = one.diff.filter((line) => line.change !== 'same');
  return (
    <Stack gap="sm">
      <PageHead title={one.path.slice(one.path.lastIndexOf('/') + 1)} hint={<><Anchor component={Link} to="/quarantine" underline="always">Quarantine</Anchor> · {one.account}, {one.company} · {periodOf(one)}</>}>
        <Anchor size="sm" href={linkTo('GET /api/documents/:document_id/content', { params: { document_id: one.document_id } })} download>The document</Anchor>
        {can_reject && <Button variant="default" onClick={() => setDialog('reject')} rightSection={<Keys of="r" />}>Reject</Button>}
        {can_accept && <Button onClick={() => setDialog('accept')} rightSection={<Keys of="a" />}>Accept with a reason</Button>}
      </PageHead>
      <Alert color={one.rejected ? 'gray' : 'red'} variant="light" title={one.rejected ? 'Rejected' : `Failed: ${wordsOf(one.failed_check ?? 'a check').toLowerCase()}`}>{failed ? formatFigures(failed.detail, one.currency) : sentenceOf(one.explanation)}</Alert>
      <Panel title="Checks" padded={false}>
        <Table>
          <Table.Tbody>
            {(one.checks as CheckLine[]).map((check) => <Table.Tr key={check.name}><Table.Td w={90}><Badge color={check.ok ? 'petrol' : 'red'}>{check.ok ? 'holds' : 'fails'}</Badge></Table.Td><Table.Td w={220}>{wordsOf(check.name)}</Table.Td><Table.Td className="break">{formatFigures(check.detail, one.currency)}</Table.Td></Table.Tr>)}
            <Table.Tr><Table.Td /><Table.Td>Opening and closing</Table.Td><Table.Td>{one.opening === null ? 'not printed' : <Amount amount={one.opening} currency={one.currency} plain />} → {one.closing === null ? 'not printed' : <Amount amount={one.closing} currency={one.currency} plain />} over {formatCount(one.entry_count)} entries</Table.Td></Table.Tr>
          </Table.Tbody>
        </Table>
      </Panel>
      {one.diff.length > 0 && (
        <Panel title={`Against the statement on the books: ${formatCount(changed.length)} of ${formatCounted(one.diff.length, 'line')} changed`} padded={false}>
          <Table.ScrollContainer minWidth={560}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>Change</Table.Th><Table.Th>Booked</Table.Th><Table.Th>Counterparty</Table.Th><Table.Th>Text</Table.Th><Table.Th ta="end">Amount</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {one.diff.map((line) => (
                  <Table.Tr key={line.change + line.entry_id} c={line.change === 'same' ? 'dimmed' : undefined}>
                    <Table.Td>{line.change === 'same' ? 'the same' : <Badge color={line.change === 'added' ? 'petrol' : 'red'}>{line.change === 'added' ? '+ added' : '− dropped'}</Badge>}</Table.Td><Table.Td>{formatDate(line.booking_date)}</Table.Td>
                    <Table.Td>{line.counterparty_name ?? '–'}</Table.Td><Table.Td className="break">{line.remittance ?? '–'}</Table.Td><Table.Td ta="end"><Amount amount={line.amount} currency={line.currency} /></Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Panel>
      )}
      {dialog === 'accept' && <ReasonDialog title="Accept the re-issued statement" submit="Ask for approval" busy={busy} onReason={(reason) => void accept(reason)} close={() => setDialog(null)}><Text>What was dropped is reversed and what was added is posted, once a second person has approved it.</Text></ReasonDialog>}
      {dialog === 'reject' && <ReasonDialog title="Reject the statement" submit="Reject" danger busy={busy} onReason={(reason) => void reject(reason)} close={() => setDialog(null)}><Text>It is set aside for good; the bank may send another.</Text></ReasonDialog>}
    </Stack>
  );
}
