import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useSyncExternalStore, type ReactNode } from 'react';
import type { ItemSummary } from '../../../api/schemas.ts';
import { formatAge, formatDate, formatSentence, wordsOf } from '../../app/format.ts';
import { useKeys } from '../../app/keys.tsx';
import { useSession } from '../../app/session.ts';
import { sentenceOf } from '../../parts/states.tsx';
import { perform, type Performed } from './perform.tsx';

/** What a person is told whose act came too late: what has changed since the item was shown, and what can still be done. */

interface Stale { act: Performed; current: ItemSummary; message: string }

let stale: Stale | null = null;
const listeners = new Set<() => void>();

export function showStale(next: Stale | null): void {
  stale = next;
  for (const listener of listeners) listener();
}

export function StaleDialog(): ReactNode {
  const shown = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => stale);
  return shown && <Dialog {...shown} />;
}

function Dialog({ act, current, message }: Stale): ReactNode {
  const navigate = useNavigate();
  const close = (): void => showStale(null);
  useKeys('It has changed', [], { isDialog: true });
  const changes = changesOf(act.item, current);
  const { user_id } = useSession();
  const still_open = current.state !== 'done' && current.approval_id === null && (current.owner === null || current.owner === user_id);
  return (
    <Modal opened onClose={close} title="It has changed meanwhile" size="lg">
      <Stack>
        <Text>{sentenceOf(message)}</Text>
        <Text>Nothing was done.{changes.length > 0 && ' Since you saw the item:'}</Text>
        {changes.length > 0 && <Table withTableBorder>
          <Table.Thead><Table.Tr><Table.Th /><Table.Th>You saw</Table.Th><Table.Th>It is</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {changes.map(({ name, was, is }) => <Table.Tr key={name}><Table.Th scope="row">{name}</Table.Th><Table.Td>{was}</Table.Td><Table.Td fw={600}>{is}</Table.Td></Table.Tr>)}
          </Table.Tbody>
        </Table>}
        <Group justify="flex-end">
          {still_open && <Button variant="default" onClick={() => { close(); void perform({ ...act, item: current }, current.version); }}>{act.doing.charAt(0).toUpperCase() + act.doing.slice(1)} all the same</Button>}
          <Button variant="default" onClick={close}>Leave it</Button>
          <Button data-autofocus onClick={() => { close(); void navigate({ to: '/queue/$entry_id', params: { entry_id: current.entry_id }, search: (before: object) => before } as never); }}>Look at it as it is</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function changesOf(was: ItemSummary, is: ItemSummary): { name: string; was: string; is: string }[] {
  const facts: [string, (item: ItemSummary) => string][] = [
    ['State', (item) => wordsOf(item.state)], ['Outcome', (item) => wordsOf(item.outcome)], ['Reason', (item) => wordsOf(item.reason)], ['What happened', (item) => formatSentence(item.explanation)],
    ['Owner', (item) => item.owner_name ?? 'nobody'], ['Put off until', (item) => (item.deferred_until ? formatDate(item.deferred_until) : '–')],
    ['Best suggestion', (item) => (item.best_suggestion === null ? 'none' : formatSentence(item.best_suggestion))], ['In the queue since', (item) => formatAge(item.opened_at)], ['Version', (item) => String(item.version)],
  ];
  return facts.map(([name, of]) => ({ name, was: of(was), is: of(is) })).filter((change) => change.was !== change.is);
}
