import { Anchor, Badge, Button, Code, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { DeadLetterView } from '../../api/schemas.ts';
import { linkTo } from '../app/address.ts';
import { call, reading } from '../app/call.ts';
import { formatCounted, formatTime, wordsOf } from '../app/format.ts';
import { Keys, useKeys } from '../app/keys.tsx';
import { useMay } from '../app/session.ts';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { useSend } from '../parts/send.ts';
import { Empty, Loaded, PageHead, Panel, sentenceOf } from '../parts/states.tsx';

/** Documents that could not be worked on: why, what to do about it, and again or never. */
export default function DeadLetters(): ReactNode {
  const query = useQuery({ ...reading('GET /api/dead-letters', {}), refetchInterval: 30_000 });
  const may_operate = useMay('operate');
  const { busy, send } = useSend();
  const [current, setCurrent] = useState(0);
  const [discarding, setDiscarding] = useState<DeadLetterView | null>(null);
  const waiting = (query.data?.items ?? []).filter((one) => one.resolution === null);
  const shown = waiting[Math.min(current, waiting.length - 1)];
  const retry = (one: DeadLetterView): void => void send(() => call('POST /api/dead-letters/:dead_letter_id/retry', { params: { dead_letter_id: one.dead_letter_id }, body: {} }), {
    done: (answer) => (answer.run_id === null ? 'It is tried again.' : `It is tried again in run ${answer.run_id}.`), failed: 'It could not be tried again',
  });
  const discard = async (one: DeadLetterView, reason: string): Promise<void> => {
    const done = await send(() => call('POST /api/dead-letters/:dead_letter_id/discard', { params: { dead_letter_id: one.dead_letter_id }, body: { reason } }), { done: 'Discarded.', failed: 'It was not discarded' });
    if (done) setDiscarding(null);
  };
  useKeys('Dead letters', [
    { keys: 'j', label: 'Next', run: () => setCurrent((at) => Math.min(waiting.length - 1, at + 1)) },
    { keys: 'k', label: 'The one before', run: () => setCurrent((at) => Math.max(0, at - 1)) },
    ...(may_operate && shown ? [{ keys: 'r', label: 'Try again', run: () => retry(shown) }, { keys: 'x', label: 'Discard', run: () => setDiscarding(shown) }] : []),
  ]);
  return (
    <div className="page">
      <PageHead title="Dead letters" hint="Documents that could not be worked on, each with what to do about it." />
      <Loaded query={query}>
        {() => (waiting.length === 0 ? <Panel><Empty title="No dead letters">Every document could be worked on.</Empty></Panel> : (
          <Stack gap="sm">
            {waiting.map((one, at) => (
              <section key={one.dead_letter_id} className="panel" aria-label={nameOf(one)} data-current={one === shown} onFocus={() => setCurrent(at)} style={one === shown ? { borderColor: 'var(--mantine-primary-color-filled)' } : undefined}>
                <Group justify="space-between" p="sm" align="flex-start" gap="sm">
                  <div style={{ flex: '1 1 320px', minWidth: 0 }}>
                    <Group gap="xs"><Text fw={600} className="break">{nameOf(one)}</Text><Badge color="red">{wordsOf(one.code)}</Badge><Text size="xs" c="dimmed">{one.stage}, {formatCounted(one.attempts, 'attempt')}, {formatTime(one.died_at)}</Text></Group>
                    <Text mt={4} className="break">{sentenceOf(one.message)}</Text>
                    <Text mt={4} c="dimmed" className="break">What to do: {sentenceOf(one.remedy)}</Text>
                  </div>
                  <Group gap="xs">
                    {one.document_id && <Anchor size="sm" href={linkTo('GET /api/documents/:document_id/content', { params: { document_id: one.document_id } })} download>The document</Anchor>}
                    {may_operate && <Button variant="default" onClick={() => setDiscarding(one)} rightSection={<Keys of="x" />}>Discard</Button>}
                    {may_operate && <Button loading={busy} onClick={() => retry(one)} rightSection={<Keys of="r" />}>Try again</Button>}
                  </Group>
                </Group>
                <History dead_letter_id={one.dead_letter_id} />
              </section>
            ))}
          </Stack>
        ))}
      </Loaded>
      {discarding && <ReasonDialog title="Discard" submit="Discard" danger busy={busy} onReason={(reason) => void discard(discarding, reason)} close={() => setDiscarding(null)}><Text>{nameOf(discarding)} is given up for good. It stays in the log.</Text></ReasonDialog>}
    </div>
  );
}

function nameOf(one: DeadLetterView): string {
  return one.path ? one.path.slice(one.path.lastIndexOf('/') + 1) : `the batch of ${one.company ?? 'a company'} in run ${one.run_id}`;
}

function History({ dead_letter_id }: { dead_letter_id: string }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const query = useQuery({ ...reading('GET /api/dead-letters/:dead_letter_id', { params: { dead_letter_id } }), enabled: isOpen });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)} style={{ padding: '0 12px 10px' }}>
      <summary><Text span c="dimmed">Attempts</Text></summary>
      {isOpen && <Loaded query={query} rows={2}>{({ failures }) => <Table><Table.Tbody>{failures.map((one) => <Table.Tr key={one.attempt}><Table.Td w={40}>{one.attempt}</Table.Td><Table.Td w={170}>{formatTime(one.failed_at)}</Table.Td><Table.Td><Code>{one.code}</Code> <span className="break">{one.message}</span></Table.Td></Table.Tr>)}</Table.Tbody></Table>}</Loaded>}
    </details>
  );
}
