import { Alert, Group, ScrollArea, Stack, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { z } from 'zod';
import type { ReactNode } from 'react';
import type { BulkPreview as Preview } from '../../api/schemas.ts';
import { formatCount, formatDate, formatSentence } from '../app/format.ts';
import { Amount } from './amount.tsx';

// More lines than one reads; the sums are of all.
const SHOWN_LINES = 200;

/** What an act upon many comes to: sums per currency, every entry, and what stands in the way. */
export function BulkPreview({ preview }: { preview: z.infer<typeof Preview> }): ReactNode {
  return (
    <Stack gap="sm">
      <Group gap="xl">
        <div><Text size="xs" c="dimmed">Entries</Text><Text fw={600} size="md">{formatCount(preview.count)}</Text></div>
        <div><Text size="xs" c="dimmed">Invoices</Text><Text fw={600} size="md">{formatCount(preview.invoices)}</Text></div>
        {preview.sums.map((sum) => <div key={sum.currency}><Text size="xs" c="dimmed">Sum of {formatCount(sum.count)} in {sum.currency}</Text><Text fw={600} size="md"><Amount amount={sum.amount} currency={sum.currency} /></Text></div>)}
      </Group>
      {preview.blocked_count > 0 && (
        <Alert color="yellow" variant="light" p="xs" title={preview.blocked_count === 1 ? '1 stands in the way and is left out' : `${formatCount(preview.blocked_count)} stand in the way and are left out`}>
          {preview.blocked.slice(0, 20).map((one) => <Text key={one.entry_id}><Link to="/log/entries/$entry_id" params={{ entry_id: one.entry_id }}>Entry {one.entry_id}</Link>: {formatSentence(one.why)}</Text>)}
        </Alert>
      )}
      {preview.lines.length > 0 && (
        <ScrollArea.Autosize mah={280} type="auto" viewportProps={{ tabIndex: 0, 'aria-label': 'Entries' }}>
          <Table stickyHeader>
            <Table.Thead><Table.Tr><Table.Th>Booked</Table.Th><Table.Th>Counterparty</Table.Th><Table.Th>What is done</Table.Th><Table.Th ta="end">Amount</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {preview.lines.slice(0, SHOWN_LINES).map((line) => (
                <Table.Tr key={line.entry_id}><Table.Td>{formatDate(line.booking_date)}</Table.Td><Table.Td>{line.counterparty_name ?? 'unnamed'}</Table.Td><Table.Td>{formatSentence(line.what)}</Table.Td><Table.Td ta="end"><Amount amount={line.amount} currency={line.currency} /></Table.Td></Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea.Autosize>
      )}
      {preview.count > Math.min(SHOWN_LINES, preview.lines.length) && preview.lines.length > 0 && <Text c="dimmed">The first {formatCount(Math.min(SHOWN_LINES, preview.lines.length))} of {formatCount(preview.count)}; the sums are of all.</Text>}
    </Stack>
  );
}
