import { Badge, Box, Button, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { InvoicePart, OpenItem, SuggestionView } from '../../../api/schemas.ts';
import { formatAmount, formatCounted, formatDate, formatSentence, fromMinorUnits, minorUnits, wordsOf } from '../../app/format.ts';
import { Keys } from '../../app/keys.tsx';
import { Amount } from '../../parts/amount.tsx';
import { Icon } from '../../parts/icon.tsx';
import classes from './item.module.css';

/** One explanation of the entry: what it would settle, what speaks for it and what against. */

/** What a suggestion comes to, in a few words. */
export function titleOf(suggestion: SuggestionView): string {
  switch (suggestion.kind) {
    case 'invoices': return suggestion.invoices.length === 1 ? `Settles ${suggestion.invoices[0]!.invoice_number}` : `Settles ${formatCounted(suggestion.invoices.length, 'invoice')}`;
    case 'ledger_account': return `Posts to ${wordsOf(suggestion.ledger_account ?? '').toLowerCase()}`;
    case 'return': return `Takes back entry ${suggestion.returned_entry_id}, which the bank returned`;
    case 'not_ours': return 'Is none of ours: sets it aside';
  }
}

const DIFFERENCES = ['discount', 'charges', 'withholding', 'write_off'] as const;

/** What speaks for a suggestion, in words; facts that speak against it stand there, in the server's sentences. */
const REASONS: Record<string, string | null> = {
  named_by_reference: 'Carries the reference that we issued', named_by_end_to_end: 'Carries our own end-to-end id', named_by_mandate: 'Collected by the mandate', named_by_number: 'Names the invoice by its number',
  named_by_digits: 'Names the digits of the invoice’s number', named_by_typo: 'Names a number that is one slip away', named_by_none: null,
  payer_account: 'The account is on file', payer_name: 'The name is on file', payer_pays_for: 'Registered to pay for this party', payer_factor: 'Is the party’s factor',
  payer_assigned: 'The party itself pays, though a factor has its claims', payer_unknown: null, payer_contradicts: null,
  amount_exact: 'The amount is exact', amount_discount: 'The amount is exact less the discount, in time', amount_charges: 'The amount is exact less the charges that the bank shows', amount_withholding: 'The amount is exact less the tax withheld',
  amount_instalment: 'The amount is an agreed instalment', amount_discount_late: null, amount_short: null, amount_over: null, amount_none: null,
  exchange_instructed: 'The bank shows the amount in the invoice’s currency', exchange_rate: 'The bank shows the rate', exchange_contradicts: null, payment_out: null, nobody_we_know: 'Nobody we know is connected with it', none_of_ours: null,
};

const RULE_CODE = /^rule:/;

/** What stays open of an invoice once it has got its part; undefined where the invoice is not open any more. */
export function leftOpen(part: InvoicePart, open_items: readonly OpenItem[]): string | undefined {
  const item = open_items.find((one) => one.invoice_id === part.invoice_id);
  if (!item) return undefined;
  const settled = [part.settled, ...DIFFERENCES.map((name) => part[name])].reduce((sum, amount) => sum + minorUnits(amount, part.currency), 0n);
  return fromMinorUnits(minorUnits(item.open, item.currency) - settled, item.currency);
}

export function Suggestion({ suggestion, currency, open_items, onAccept }: { suggestion: SuggestionView; currency: string; open_items: readonly OpenItem[]; onAccept: (() => void) | null }): ReactNode {
  const differences = DIFFERENCES.filter((name) => suggestion.invoices.some((part) => Number(part[name]) !== 0));
  const for_it = suggestion.reasons.flatMap((reason) => (reason in REASONS ? REASONS[reason] ?? [] : wordsOf(reason)));
  const against = suggestion.against.filter((one) => !RULE_CODE.test(one.code)).map((one) => formatSentence(one.text));
  const rules = suggestion.against.filter((one) => RULE_CODE.test(one.code));
  return (
    <Box component="article" aria-label={`Suggestion ${suggestion.number}`} p="sm" className={classes['suggestion']}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="xs" wrap="nowrap"><Badge color="gray" circle>{suggestion.number}</Badge><Text fw={600}>{titleOf(suggestion)}</Text></Group>
        {onAccept && <Button variant={suggestion.number === 1 ? 'light' : 'default'} size="compact-xs" onClick={onAccept} rightSection={suggestion.number === 1 ? undefined : <Keys of={String(suggestion.number)} />}>Accept</Button>}
      </Group>
      {suggestion.invoices.length > 0 && (
        <Table.ScrollContainer minWidth={300} mt={6}>
          <Table verticalSpacing={2} horizontalSpacing={6} withRowBorders={false} fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Invoice</Table.Th><Table.Th visibleFrom="sm">Due</Table.Th><Table.Th ta="end" visibleFrom="sm">Open</Table.Th><Table.Th ta="end">Gets</Table.Th>
                {differences.map((name) => <Table.Th key={name} ta="end">{wordsOf(name)}</Table.Th>)}<Table.Th ta="end">Stays open</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {suggestion.invoices.map((part) => {
                const open = open_items.find((one) => one.invoice_id === part.invoice_id);
                const left = leftOpen(part, open_items);
                return (
                  <Table.Tr key={part.invoice_id}>
                    <Table.Td><span className="figures">{part.invoice_number}</span><Text size="xs" c="dimmed">{open?.party_name ?? part.party_id}</Text>{open && <Discount item={open} />}</Table.Td>
                    <Table.Td className="figures" visibleFrom="sm">{open?.due_date ? formatDate(open.due_date) : '–'}</Table.Td>
                    <Table.Td ta="end" visibleFrom="sm">{open ? <Amount amount={open.open} currency={open.currency} plain /> : '–'}</Table.Td>
                    <Table.Td ta="end"><Amount amount={part.amount} currency={currency} plain /></Table.Td>
                    {differences.map((name) => <Table.Td key={name} ta="end"><Amount amount={part[name]} currency={part.currency} plain /></Table.Td>)}
                    <Table.Td ta="end" fw={left !== undefined && Number(left) !== 0 ? 600 : undefined}>{left === undefined ? '–' : <Amount amount={left} currency={part.currency} plain />}</Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {Number(suggestion.rest) !== 0 && <Text mt={4}>The rest, <Amount amount={suggestion.rest} currency={currency} plain />, goes on account.</Text>}
      <SimpleGrid cols={2} spacing="lg" mt={6}>
        <Reasons title="For it" icon="tick" colour="var(--tieout-in)" texts={for_it} none="Nothing in particular" />
        <Reasons title="Against it" icon="warning" colour="var(--tieout-out)" texts={against} none="Nothing" />
      </SimpleGrid>
      {rules.length > 0 && (
        <details className={classes['rules']}>
          <summary><Text span c="dimmed" size="xs">Rules that came near</Text></summary>
          {rules.map((one) => <Text key={one.code} size="xs" c="dimmed" className="break">{one.text}</Text>)}
        </details>
      )}
    </Box>
  );
}

/** What was agreed as a discount, and until when. */
export function Discount({ item }: { item: OpenItem }): ReactNode {
  if (item.discount_amount === null || item.discount_until === null) return null;
  return <Text size="xs" c="dimmed">{formatAmount(item.discount_amount, item.currency)} discount until {formatDate(item.discount_until)}</Text>;
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
