import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ApprovalView, ItemDetail } from '../../api/schemas.ts';
import { reading } from '../app/call.ts';
import { formatAmount, formatDate, wordsOf } from '../app/format.ts';
import { Amount } from './amount.tsx';
import { Loaded } from './states.tsx';

/** What a request for approval would do to its entry: what of the entry goes where, as it was asked for. */

/** The act that is kept with the request (review/requests.ts). */
interface AskedAct {
  kind: string;
  suggestion?: number;
  invoices?: { invoice_number: string; party_id?: string; amount: string; discount?: string; charges?: string; write_off?: string }[];
  ledger?: { account: string; party_id?: string; amount: string }[];
  party_id?: string;
  account?: string;
  reason?: string;
}

interface Part { to: string; amount: string; beside: string }

export function Proposal({ approval }: { approval: ApprovalView }): ReactNode {
  const entry_id = approval.entry_id;
  const query = useQuery({ ...reading('GET /api/items/:entry_id', { params: { entry_id: entry_id ?? '' } }), enabled: entry_id !== null });
  if (entry_id === null) return null;
  return (
    <Loaded query={query} rows={2}>
      {(item) => {
        const act = approval.request['act'] as AskedAct | undefined;
        const parts = act ? partsOf(act, item) : [];
        return (
          <div>
            <Text><Amount amount={item.amount} currency={item.currency} /> of {item.counterparty_name ?? item.party_name ?? 'an unnamed payer'}, {formatDate(item.booking_date)}{item.remittance && `: ${item.remittance}`}</Text>
            {parts.length > 0 && (
              <Table verticalSpacing={2} withRowBorders={false}>
                <Table.Tbody>{parts.map((part, n) => <Table.Tr key={n}><Table.Td>{part.to}</Table.Td><Table.Td>{part.beside}</Table.Td><Table.Td ta="end"><Amount amount={part.amount} currency={item.currency} plain /></Table.Td></Table.Tr>)}</Table.Tbody>
              </Table>
            )}
          </div>
        );
      }}
    </Loaded>
  );
}

function partsOf(act: AskedAct, item: ItemDetail): Part[] {
  const beside = (part: { discount?: string; charges?: string; write_off?: string }): string =>
    (['discount', 'charges', 'write_off'] as const).filter((name) => Number(part[name] ?? 0) !== 0).map((name) => `${wordsOf(name).toLowerCase()} ${formatAmount(part[name]!, item.currency)}`).join(', ');
  const suggestion = act.kind === 'accept' ? item.suggestions.find((one) => one.number === act.suggestion) : undefined;
  const invoices = suggestion?.invoices ?? act.invoices ?? [];
  const parts: Part[] = invoices.map((part) => ({ to: `${part.invoice_number}${part.party_id ? ` of ${part.party_id}` : ''}`, amount: part.amount, beside: beside(part) }));
  for (const part of act.ledger ?? []) parts.push({ to: `${wordsOf(part.account)}${part.party_id ? ` of ${part.party_id}` : ''}`, amount: part.amount, beside: '' });
  if (suggestion && Number(suggestion.rest) !== 0) parts.push({ to: 'On account', amount: suggestion.rest, beside: '' });
  if (suggestion && suggestion.invoices.length === 0 && suggestion.ledger_account) parts.push({ to: wordsOf(suggestion.ledger_account), amount: item.amount, beside: '' });
  if (act.kind === 'on_account') parts.push({ to: `On account of ${act.party_id}`, amount: item.amount, beside: '' });
  if (act.kind === 'ledger_account') parts.push({ to: wordsOf(act.account ?? ''), amount: item.amount, beside: '' });
  return parts;
}
