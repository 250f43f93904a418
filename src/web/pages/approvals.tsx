import { Alert, Anchor, Badge, Button, Code, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { ApprovalView } from '../../api/schemas.ts';
import { call, reading } from '../app/call.ts';
import { formatCount, formatTime, wordsOf } from '../app/format.ts';
import { Keys, useKeys } from '../app/keys.tsx';
import { useMay, useSession } from '../app/session.ts';
import { Amount } from '../parts/amount.tsx';
import { ActDialog } from '../parts/dialog.tsx';
import { Proposal } from '../parts/proposal.tsx';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { AskedRules } from '../parts/rules.tsx';
import { useSend } from '../parts/send.ts';
import { Empty, Loaded, PageHead, Panel, sentenceOf } from '../parts/states.tsx';

/** What waits for a second person: what is asked, by whom, and why it takes two. What is approved is what is shown. */
export default function Approvals(): ReactNode {
  const { state = 'pending', company } = useSearch({ strict: false }) as { state?: ApprovalView['state'] | 'all'; company?: string };
  const navigate = useNavigate();
  const query = useQuery({ ...reading('GET /api/approvals', { query: { state, company } }), refetchInterval: 15_000 });
  const items = query.data?.items ?? [];
  const [current, setCurrent] = useState(0);
  const [dialog, setDialog] = useState<{ act: 'approve' | 'reject'; one: ApprovalView } | null>(null);
  const { busy, send } = useSend();
  const may_approve = useMay('approve');
  const { user_id } = useSession();
  const shown = items[Math.min(current, items.length - 1)];
  const can = (one: ApprovalView): boolean => may_approve && one.may_approve && one.state === 'pending';
  useKeys('Approvals', [
    { keys: 'j', label: 'Next', run: () => setCurrent((at) => Math.min(items.length - 1, at + 1)) },
    { keys: 'k', label: 'The one before', run: () => setCurrent((at) => Math.max(0, at - 1)) },
    ...(shown && can(shown) ? [{ keys: 'a', label: 'Approve', run: () => setDialog({ act: 'approve', one: shown }) }, { keys: 'r', label: 'Refuse', run: () => setDialog({ act: 'reject', one: shown }) }] : []),
  ]);
  const paramsOf = (one: ApprovalView) => ({ params: { approval_id: one.approval_id } });
  const approve = async (one: ApprovalView): Promise<void> => {
    const answer = await send(() => call('POST /api/approvals/:approval_id/approve', { ...paramsOf(one), body: { digest: one.digest } }), {
      done: (result) => `Approved: ${formatCount(result.decided)} done${result.left_out.length ? `, ${formatCount(result.left_out.length)} left out because they have changed` : ''}.`, failed: 'It was not approved',
    });
    if (answer) setDialog(null);
  };
  const reject = async (one: ApprovalView, reason: string): Promise<void> => {
    const answer = await send(() => call('POST /api/approvals/:approval_id/reject', { ...paramsOf(one), body: { reason } }), { done: 'Refused.', failed: 'It was not refused' });
    if (answer) setDialog(null);
  };
  const withdraw = (one: ApprovalView): void => void send(() => call('POST /api/approvals/:approval_id/withdraw', { ...paramsOf(one), body: {} }), { done: 'Withdrawn.', failed: 'It was not withdrawn' });
  return (
    <div className="page">
      <PageHead title="Approvals" hint="What takes two people. Nobody approves what they have asked for.">
        <SegmentedControl aria-label="State" value={state} data={[{ value: 'pending', label: 'Waiting' }, { value: 'approved', label: 'Approved' }, { value: 'rejected', label: 'Refused' }, { value: 'all', label: 'All' }]}
          onChange={(value) => void navigate({ to: '/approvals', search: (before: object) => ({ ...before, state: value === 'pending' ? undefined : value }) } as never)} />
      </PageHead>
      <Loaded query={query}>
        {() => (items.length === 0 ? <Panel><Empty title={state === 'pending' ? 'Nothing waits for a second person' : 'None'} /></Panel> : (
          <Stack gap="sm">
            {items.map((one, at) => (
              <section key={one.approval_id} className="panel" aria-label={one.summary} onFocus={() => setCurrent(at)} style={one === shown && state === 'pending' ? { borderColor: 'var(--mantine-primary-color-filled)' } : undefined}>
                <Group justify="space-between" p="sm" align="flex-start" gap="sm">
                  <div style={{ flex: '1 1 320px', minWidth: 0 }}>
                    <Group gap="xs"><Badge color="gray">{wordsOf(one.kind)}</Badge><Text fw={600} className="break">{sentenceOf(one.summary)}</Text>{one.state !== 'pending' && <Badge color={one.state === 'approved' ? 'petrol' : 'gray'}>{wordsOf(one.state)}</Badge>}</Group>
                    <Text mt={4}>Why two: {sentenceOf(one.why)}</Text>
                    <Text c="dimmed">Asked by {one.requested_by}, {formatTime(one.requested_at)}{one.company && `, ${one.company}`}{one.comment && `: ${one.comment}`}</Text>
                    {one.decided_by && <Text c="dimmed">{wordsOf(one.state)} by {one.decided_by}, {one.decided_at && formatTime(one.decided_at)}{one.decision_reason && `: ${one.decision_reason}`}</Text>}
                    {one.sums.length > 0 && (one.entry_id === null || one.state !== 'pending') && <Group gap="lg" mt={4}>{one.sums.map((sum) => <Text key={sum.currency} component="div">{formatCount(sum.count)} × <Amount amount={sum.amount} currency={sum.currency} /></Text>)}</Group>}
                    {one.entry_id && one.state === 'pending' && <Proposal approval={one} />}
                    {one.kind === 'rules' && <AskedRules request={one.request} />}
                    {one.entry_id && <Anchor component={Link} to={`/queue/${one.entry_id}`} size="sm">Look at the item</Anchor>}
                    <details><summary><Text span c="dimmed">Exactly what was asked for</Text></summary><Code block>{JSON.stringify(one.request, null, 2)}</Code></details>
                  </div>
                  {one.state === 'pending' && (
                    <Group gap="xs">
                      {one.requested_by === user_id && <Button variant="default" onClick={() => withdraw(one)}>Withdraw</Button>}
                      {can(one) && <Button variant="default" onClick={() => setDialog({ act: 'reject', one })} rightSection={<Keys of="r" />}>Refuse</Button>}
                      {can(one) && <Button onClick={() => setDialog({ act: 'approve', one })} rightSection={<Keys of="a" />}>Approve</Button>}
                    </Group>
                  )}
                </Group>
              </section>
            ))}
          </Stack>
        ))}
      </Loaded>
      {dialog?.act === 'approve' && (
        <ActDialog title="Approve" submit="Approve" busy={busy} onSubmit={() => void approve(dialog.one)} close={() => setDialog(null)} note="It is done at once.">
          <Text fw={600}>{sentenceOf(dialog.one.summary)}</Text>
          {dialog.one.entry_id ? <Proposal approval={dialog.one} /> : dialog.one.sums.map((sum) => <Text key={sum.currency}>{formatCount(sum.count)} × <Amount amount={sum.amount} currency={sum.currency} /></Text>)}
          <Alert color="gray" variant="light" p="xs">You approve what {dialog.one.requested_by} saw. If anything of it has changed since, it is left out or refused.</Alert>
        </ActDialog>
      )}
      {dialog?.act === 'reject' && <ReasonDialog title="Refuse" submit="Refuse" danger busy={busy} onReason={(reason) => void reject(dialog.one, reason)} close={() => setDialog(null)}><Text>{sentenceOf(dialog.one.summary)}</Text></ReasonDialog>}
    </div>
  );
}
