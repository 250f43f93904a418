import { Badge, Box, Button, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { OpenItem, SuggestionView } from '../../../api/schemas.ts';
import { formatDate, wordsOf } from '../../app/format.ts';
import { Keys } from '../../app/keys.tsx';
import { Amount } from '../../parts/amount.tsx';
import { Icon } from '../../parts/icon.tsx';

/** One explanation of the entry: what it would settle, what speaks for it and what against. */

/** What a suggestion comes to, in a few words. */
export function titleOf(suggestion: SuggestionView): string {
  switch (suggestion.kind) {
    case 'invoices': return suggestion.invoices.length === 1 ? `Settles ${suggestion.invoices[0]!.invoice_number}` : `Settles ${suggestion.invoices.length} invoices`;
    case 'ledger_account': return `Posts to ${wordsOf(suggestion.ledger_account ?? '').toLowerCase()}`;
    case 'return': return `Takes back entry ${suggestion.returned_entry_id}, which the bank returned`;
    case 'not_ours': return 'Is none of ours: sets it aside';
  }
}

const DIFFERENCES = ['discount', 'charges', 'withholding', 'write_off'] as const;

export function Suggestion({ suggestion, currency, open_items, onAccept }: { suggestion: SuggestionView; currency: string; open_items: readonly OpenItem[]; onAccept: (() => void) | null }): ReactNode {
  const differences = DIFFERENCES.filter((name) => suggestion.invoices.some((part) => Number(part[name]) !== 0));
  return (
    <Box component="article" aria-label={`Suggestion ${suggestion.number}`} p="sm" style={{ borderBottom: '1px solid var(--tieout-line)' }}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="xs" wrap="nowrap"><Badge color="gray" circle>{suggestion.number}</Badge><Text fw={600}>{titleOf(suggestion)}</Text></Group>
        {onAccept && <Button variant={suggestion.number === 1 ? 'filled' : 'default'} size="compact-xs" onClick={onAccept} rightSection={<Keys of={suggestion.number === 1 ? 'a' : String(suggestion.number)} />}>Accept</Button>}
      </Group>
      {suggestion.invoices.length > 0 && (
        <Table.ScrollContainer minWidth={300} mt={6}>
          <Table verticalSpacing={2} withRowBorders={false} fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Invoice</Table.Th><Table.Th>Due</Table.Th><Table.Th ta="end">Open</Table.Th><Table.Th ta="end">Gets</Table.Th>
                {differences.map((name) => <Table.Th key={name} ta="end">{wordsOf(name)}</Table.Th>)}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {suggestion.invoices.map((part) => {
                const open = open_items.find((one) => one.invoice_id === part.invoice_id);
                return (
                  <Table.Tr key={part.invoice_id}>
                    <Table.Td><span className="figures">{part.invoice_number}</span><Text size="xs" c="dimmed">{open?.party_name ?? part.party_id}</Text></Table.Td><Table.Td className="figures">{open?.due_date ? formatDate(open.due_date) : '–'}</Table.Td>
                    <Table.Td ta="end">{open ? <Amount amount={open.open} currency={open.currency} plain /> : '–'}</Table.Td>
                    <Table.Td ta="end"><Amount amount={part.amount} currency={currency} plain /></Table.Td>
                    {differences.map((name) => <Table.Td key={name} ta="end"><Amount amount={part[name]} currency={part.currency} plain /></Table.Td>)}
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {Number(suggestion.rest) !== 0 && <Text mt={4}>The rest, <Amount amount={suggestion.rest} currency={currency} plain />, goes on account.</Text>}
      <SimpleGrid cols={2} spacing="lg" mt={6}>
        <Reasons title="For it" icon="tick" colour="var(--tieout-in)" texts={suggestion.reasons.map((reason) => wordsOf(reason))} none="Nothing in particular" />
        <Reasons title="Against it" icon="warning" colour="var(--tieout-out)" texts={suggestion.against.map((one) => one.text)} none="Nothing" />
      </SimpleGrid>
    </Box>
  );
}

function Reasons({ title, icon, colour, texts, none }: { title: string; icon: 'tick' | 'warning'; colour: string; texts: readonly string[]; none: string }): ReactNode {
  return (
    <div>
      <Text size="xs" c="dimmed" fw={600}>{title}</Text>
      <Stack gap={2}>
        {texts.length === 0 ? <Text c="dimmed">{none}</Text> : texts.map((text) => (
          <Group key={text} gap={6} wrap="nowrap" align="flex-start"><span style={{ color: colour, paddingTop: 2 }}><Icon name={icon} size={13} /></span><Text className="break">{text}</Text></Group>
        ))}
      </Stack>
    </div>
  );
}
