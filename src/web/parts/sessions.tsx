import { ActionIcon, Badge, Button, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call, reading } from '../app/call.ts';
import { formatTime, wordsOf } from '../app/format.ts';
import { Icon } from './icon.tsx';
import { useSend } from './send.ts';
import { Loaded, Panel } from './states.tsx';

/** Where one is signed in: one's own sessions, to be ended from here. */
export function Sessions(): ReactNode {
  const query = useQuery(reading('GET /api/sessions', {}));
  const { busy, send } = useSend();
  const others = (query.data?.items ?? []).filter((one) => !one.current).length;
  const end = (session_id: string): void => void send(() => call('DELETE /api/sessions/:session_id', { params: { session_id } }), { done: 'Ended.', failed: 'It was not ended' }).then(() => query.refetch());
  const endOthers = (): void => void send(() => call('DELETE /api/sessions', {}), { done: ({ ended }) => `${ended} ended.`, failed: 'They were not ended' }).then(() => query.refetch());
  return (
    <Panel title="Your sessions" padded={false} aside={others > 0 && <Button size="compact-xs" variant="default" loading={busy} onClick={endOthers}>End all others</Button>}>
      <Loaded query={query} rows={2}>
        {({ items }) => (
          <Table.ScrollContainer minWidth={480}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>Signed in</Table.Th><Table.Th>By</Table.Th><Table.Th>Last used</Table.Th><Table.Th>Until</Table.Th><Table.Th aria-label="End" /></Table.Tr></Table.Thead>
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.session_id}>
                    <Table.Td>{formatTime(one.created_at)}</Table.Td><Table.Td>{wordsOf(one.method)}</Table.Td><Table.Td>{formatTime(one.seen_at)}</Table.Td><Table.Td>{formatTime(one.expires_at)}</Table.Td>
                    <Table.Td>{one.current ? <Badge>this one</Badge> : <ActionIcon variant="subtle" color="red" loading={busy} aria-label={`End the session of ${formatTime(one.created_at)}`} onClick={() => end(one.session_id)}><Icon name="close" size={12} /></ActionIcon>}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Loaded>
    </Panel>
  );
}
