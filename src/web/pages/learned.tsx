import { Anchor, Badge, Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { LearnedView } from '../../api/schemas.ts';
import { call, reading } from '../app/call.ts';
import { formatCounted, formatTime, wordsOf } from '../app/format.ts';
import { Keys, useKeys } from '../app/keys.tsx';
import { useMay } from '../app/session.ts';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { useSend } from '../parts/send.ts';
import { Empty, Loaded, PageHead, Panel } from '../parts/states.tsx';

/** Payer accounts and names that people's acceptances have proposed: confirmed by a second person, with their history. */
export default function Learned(): ReactNode {
  const { state = 'proposed', company } = useSearch({ strict: false }) as { state?: LearnedView['state'] | 'all'; company?: string };
  const navigate = useNavigate();
  const query = useQuery(reading('GET /api/learned', { query: { state, company } }));
  const may_approve = useMay('approve');
  const { busy, send } = useSend();
  const [current, setCurrent] = useState(0);
  const [dialog, setDialog] = useState<{ act: 'reject' | 'revoke'; one: LearnedView } | null>(null);
  const items = query.data?.items ?? [];
  const shown = items[Math.min(current, items.length - 1)];
  const paramsOf = (one: LearnedView) => ({ params: { proposal_id: one.proposal_id } });
  const confirm = (one: LearnedView): void => void send(() => call('POST /api/learned/:proposal_id/confirm', { ...paramsOf(one), body: {} }), { done: `Learned: ${one.value} is ${one.party_name}.`, failed: 'It was not learned' });
  const refuse = async (reason: string): Promise<void> => {
    if (!dialog) return;
    const { act, one } = dialog;
    const answer = await send(() => (act === 'reject' ? call('POST /api/learned/:proposal_id/reject', { ...paramsOf(one), body: { reason } }) : call('POST /api/learned/:proposal_id/revoke', { ...paramsOf(one), body: { reason } })),
      { done: act === 'reject' ? 'Not learned.' : 'Forgotten.', failed: 'Nothing was changed' });
    if (answer) setDialog(null);
  };
  useKeys('Learned accounts', [
    { keys: 'j', label: 'Next', run: () => setCurrent((at) => Math.min(items.length - 1, at + 1)) },
    { keys: 'k', label: 'The one before', run: () => setCurrent((at) => Math.max(0, at - 1)) },
    ...(may_approve && shown?.state === 'proposed' && shown.may_confirm ? [{ keys: 'a', label: 'Confirm', run: () => confirm(shown) }] : []),
    ...(may_approve && shown?.state === 'proposed' ? [{ keys: 'r', label: 'Do not learn', run: () => setDialog({ act: 'reject', one: shown }) }] : []),
  ]);
  return (
    <div className="page">
      <PageHead title="Learned accounts" hint="Accounts and names of payers, proposed by what people have accepted. Nothing is learned from automatic postings.">
        <SegmentedControl aria-label="State" value={state} data={[{ value: 'proposed', label: 'Proposed' }, { value: 'confirmed', label: 'Learned' }, { value: 'rejected', label: 'Refused' }, { value: 'all', label: 'All' }]}
          onChange={(value) => void navigate({ to: '/learned', search: (before: object) => ({ ...before, state: value === 'proposed' ? undefined : value }) } as never)} />
      </PageHead>
      <Loaded query={query}>
        {() => (items.length === 0 ? <Panel><Empty title={state === 'proposed' ? 'Nothing is proposed' : 'None'}>{state === 'proposed' && 'A payer’s account or name is proposed when somebody accepts a payment of a payer who was not known.'}</Empty></Panel> : (
          <Stack gap="xs">
            {items.map((one, at) => (
              <section key={one.proposal_id} className="panel" aria-label={`${one.value} is ${one.party_name}`} onFocus={() => setCurrent(at)} style={one === shown ? { borderColor: 'var(--mantine-primary-color-filled)' } : undefined}>
                <Group justify="space-between" p="sm" gap="sm" align="flex-start">
                  <div style={{ flex: '1 1 300px', minWidth: 0 }}>
                    <Group gap="xs"><Badge color="gray">{one.kind === 'account' ? 'Account' : 'Name'}</Badge><Text fw={600} className="break">{one.value}</Text><Text>is</Text><Text fw={600}>{one.party_name}</Text><Text c="dimmed">{one.party_id}</Text>{one.state !== 'proposed' && <Badge color={one.state === 'confirmed' ? 'petrol' : 'gray'}>{wordsOf(one.state)}</Badge>}</Group>
                    <Text c="dimmed">Given to this party by people {one.seen === 1 ? 'once' : formatCounted(one.seen, 'time')}; proposed by {one.proposed_by}, {formatTime(one.proposed_at)} · <Anchor component={Link} to={`/log/entries/${one.entry_id}`} size="sm" underline="always">the payment</Anchor></Text>
                    {one.history.length > 0 && <details><summary><Text span c="dimmed">History</Text></summary>{one.history.map((step) => <Text key={step.at + step.action}>{formatTime(step.at)}: {wordsOf(step.action).toLowerCase()} by {step.by}{step.reason && `, ${step.reason}`}</Text>)}</details>}
                  </div>
                  {may_approve && (
                    <Group gap="xs">
                      {one.state === 'proposed' && <Button variant="default" onClick={() => setDialog({ act: 'reject', one })} rightSection={<Keys of="r" />}>Do not learn</Button>}
                      {one.state === 'proposed' && one.may_confirm && <Button loading={busy} onClick={() => confirm(one)} rightSection={<Keys of="a" />}>Confirm</Button>}
                      {one.state === 'confirmed' && <Button variant="default" onClick={() => setDialog({ act: 'revoke', one })}>Forget</Button>}
                    </Group>
                  )}
                </Group>
              </section>
            ))}
          </Stack>
        ))}
      </Loaded>
      {dialog && <ReasonDialog title={dialog.act === 'reject' ? 'Do not learn' : 'Forget'} submit={dialog.act === 'reject' ? 'Do not learn' : 'Forget'} danger busy={busy} onReason={(reason) => void refuse(reason)} close={() => setDialog(null)}><Text>{dialog.one.value} is {dialog.one.party_name}</Text></ReasonDialog>}
    </div>
  );
}
