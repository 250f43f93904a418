import { ActionIcon, Alert, Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { ItemDetail, OpenItem } from '../../../api/schemas.ts';
import { call, reading } from '../../app/call.ts';
import { formatAmount, formatDate, fromMinorUnits, minorUnits, parseAmount } from '../../app/format.ts';
import { useSession } from '../../app/session.ts';
import { Amount } from '../../parts/amount.tsx';
import { ActDialog } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icon.tsx';
import { LedgerAccountPicker, PartyPicker } from '../../parts/pickers.tsx';
import type { Performed } from './perform.tsx';

/**
 * Allocation by hand: the entry is given to any number of invoices, with what settles them beside the money, and to ledger accounts. It
 * can be sent when the parts add up to the entry.
 */

interface InvoiceLine { invoice: OpenItem; amount: string; discount: string; charges: string; write_off: string }
interface LedgerLine { id: number; account: string | null; party_id: string | null; amount: string }
const BESIDE = ['discount', 'charges', 'write_off'] as const;
const BESIDE_NAMES = { discount: 'Discount', charges: 'Charges', write_off: 'Write-off' };

interface Props { item: ItemDetail; split: boolean; close: () => void; act: (performed: Omit<Performed, 'item'>, leaves: boolean) => void }

export function AllocateDialog({ item, split, close, act }: Props): ReactNode {
  const { currency } = item;
  const [invoices, setInvoices] = useState<InvoiceLine[]>(() => (split ? [] : suggested(item)));
  const [ledger, setLedger] = useState<LedgerLine[]>(() => (split ? [1, 2].map((id) => ({ id, account: null, party_id: item.party_id, amount: '' })) : []));
  const [comment, setComment] = useState('');
  const [typed, setTyped] = useState('');
  const { limits } = useSession();

  const total = minorUnits(item.amount, currency);
  const amountOf = (text: string): bigint | undefined => {
    const amount = text.trim() === '' ? '0' : parseAmount(text, currency);
    return amount === undefined ? undefined : minorUnits(amount, currency);
  };
  const amounts = [...invoices, ...ledger].map((line) => amountOf(line.amount));
  const rest = amounts.some((amount) => amount === undefined) ? undefined : total - amounts.reduce<bigint>((sum, amount) => sum + amount!, 0n);
  const besides_read = invoices.every((line) => BESIDE.every((name) => amountOf(line[name]) !== undefined));
  const write_off = besides_read ? invoices.reduce((sum, line) => sum + amountOf(line.write_off)!, 0n) : 0n;
  const limit = limits.find((one) => one.currency === currency);
  const above = limit !== undefined && (abs(total) > minorUnits(limit.amount, currency) || write_off > minorUnits(limit.write_off, currency));
  const ready = rest === 0n && besides_read && amounts.length > 0 && amounts.every((amount) => amount !== 0n)
    && ledger.every((line) => line.account !== null && (line.account !== 'on_account' || line.party_id !== null));

  const add = (invoice: OpenItem): void => {
    const sign = signOf(invoice);
    const open = minorUnits(invoice.open, currency) * sign;
    // As much as is open, and no more than is left of the entry.
    const left = rest === undefined ? 0n : rest;
    const amount = left * sign > 0n && abs(left) < abs(open) ? left : open;
    setInvoices((lines) => [...lines, { invoice, amount: typedAs(amount, currency), discount: '', charges: '', write_off: '' }]);
    setTyped('');
  };
  const change = (n: number, name: 'amount' | (typeof BESIDE)[number], value: string): void => setInvoices((lines) => lines.map((line, at) => (at === n ? { ...line, [name]: value } : line)));
  const changeLedger = (id: number, part: Partial<LedgerLine>): void => setLedger((lines) => lines.map((line) => (line.id === id ? { ...line, ...part } : line)));
  const addLedger = (account: string | null): void => setLedger((lines) => [...lines, { id: Math.max(0, ...lines.map((line) => line.id)) + 1, account, party_id: item.party_id, amount: rest && rest !== 0n ? typedAs(rest, currency) : '' }]);

  const plain = (text: string): string => parseAmount(text, currency)!;
  const submit = (): void => act({
    doing: 'allocate', done: 'Allocated', becomes: { state: 'done', outcome: 'manual' },
    send: (version) => call('POST /api/items/:entry_id/allocate', {
      params: { entry_id: item.entry_id },
      body: {
        version, comment: comment || null,
        invoices: invoices.map((line) => ({
          invoice_number: line.invoice.invoice_number, party_id: line.invoice.party_id, amount: plain(line.amount),
          ...Object.fromEntries(BESIDE.filter((name) => line[name].trim() !== '').map((name) => [name, plain(line[name])])),
        })),
        ledger: ledger.map((line) => ({ account: line.account!, ...(line.party_id && line.account === 'on_account' && { party_id: line.party_id }), amount: plain(line.amount) })),
      },
    }),
  }, true);

  return (
    <ActDialog title={split ? 'Split' : 'Allocate by hand'} submit="Allocate" onSubmit={submit} close={close} disabled={!ready} size="56rem"
      note={above ? 'Above your limit: a second person is asked.' : rest === undefined ? 'An amount cannot be read.' : rest === 0n ? 'Adds up.' : <>Left: <Amount amount={fromMinorUnits(rest, currency)} currency={currency} plain /></>}>
      <Text><Amount amount={item.amount} currency={currency} /> of {item.counterparty_name ?? item.party_name ?? 'an unnamed payer'}</Text>
      {invoices.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table verticalSpacing={3}>
            <Table.Thead><Table.Tr><Table.Th>Invoice</Table.Th><Table.Th ta="end">Open</Table.Th><Table.Th w={120}>Gets</Table.Th>{BESIDE.map((name) => <Table.Th key={name} w={96}>{BESIDE_NAMES[name]}</Table.Th>)}<Table.Th w={30} aria-label="Remove" /></Table.Tr></Table.Thead>
            <Table.Tbody>
              {invoices.map((line, n) => (
                <Table.Tr key={line.invoice.invoice_id}>
                  <Table.Td>{line.invoice.invoice_number}<Text size="xs" c="dimmed">{line.invoice.party_name ?? line.invoice.party_id}</Text></Table.Td>
                  <Table.Td ta="end"><Amount amount={line.invoice.open} currency={line.invoice.currency} plain /></Table.Td>
                  <Table.Td><TextInput aria-label={`Amount for ${line.invoice.invoice_number}`} value={line.amount} error={amountOf(line.amount) === undefined} onChange={(event) => change(n, 'amount', event.currentTarget.value)} inputMode="decimal" /></Table.Td>
                  {BESIDE.map((name) => <Table.Td key={name}><TextInput aria-label={`${BESIDE_NAMES[name]} of ${line.invoice.invoice_number}`} value={line[name]} error={amountOf(line[name]) === undefined} onChange={(event) => change(n, name, event.currentTarget.value)} inputMode="decimal" /></Table.Td>)}
                  <Table.Td><Remove label={`Remove ${line.invoice.invoice_number}`} onClick={() => setInvoices((lines) => lines.filter((_, at) => at !== n))} /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {ledger.map((line) => (
        <Group key={line.id} gap="xs" align="flex-end">
          <LedgerAccountPicker label="Ledger account" value={line.account} onChange={(account) => changeLedger(line.id, { account })} required />
          {line.account === 'on_account' && <PartyPicker label="Party" company={item.company} value={line.party_id} onChange={(party_id) => changeLedger(line.id, { party_id })} known={item.party} required />}
          <TextInput label="Amount" w={120} value={line.amount} error={amountOf(line.amount) === undefined} onChange={(event) => changeLedger(line.id, { amount: event.currentTarget.value })} inputMode="decimal" />
          <Remove label="Remove this part" onClick={() => setLedger((lines) => lines.filter((one) => one.id !== line.id))} />
        </Group>
      ))}
      <OpenItemSearch item={item} typed={typed} setTyped={setTyped} taken={invoices.map((line) => line.invoice.invoice_id)} add={add} />
      <Group gap="xs">
        <Button variant="default" leftSection={<Icon name="plus" size={12} />} onClick={() => addLedger(null)}>Ledger account</Button>
        <Button variant="default" leftSection={<Icon name="plus" size={12} />} onClick={() => addLedger('on_account')}>Rest on account</Button>
      </Group>
      {rest !== undefined && rest !== 0n && amounts.length > 0 && <Alert color="yellow" variant="light" p="xs">The parts leave {formatAmount(fromMinorUnits(rest, currency), currency)} {currency}. Give it to an invoice or to a ledger account.</Alert>}
      <TextInput label="Comment" value={comment} onChange={(event) => setComment(event.currentTarget.value)} maxLength={2_000} />
    </ActDialog>
  );
}

function OpenItemSearch({ item, typed, setTyped, taken, add }: { item: ItemDetail; typed: string; setTyped: (text: string) => void; taken: readonly string[]; add: (invoice: OpenItem) => void }): ReactNode {
  const [search] = useDebouncedValue(typed.trim(), 150);
  const query = useQuery({ ...reading('GET /api/open-items', { query: { company: item.company, currency: item.currency, search, limit: 20 } }), enabled: search !== '', placeholderData: keepPreviousData });
  const found = (typed.trim() === '' ? item.open_items : query.data?.items ?? []).filter((one) => !taken.includes(one.invoice_id) && one.currency === item.currency && Number(one.open) !== 0).slice(0, 8);
  return (
    <Stack gap={4}>
      <TextInput label="Add an invoice" description="Its number, the party or the amount; Enter takes the first." value={typed} onChange={(event) => setTyped(event.currentTarget.value)} data-autofocus
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || typed.trim() === '') return;
          event.preventDefault();
          if (found[0] && search === typed.trim()) add(found[0]);
        }} />
      {typed.trim() !== '' && query.data && found.length === 0 && <Text c="dimmed">No open invoice fits.</Text>}
      <Group gap={6}>
        {found.map((one) => (
          <Button key={one.invoice_id} variant="default" size="compact-sm" fw={400} onClick={() => add(one)}>
            <b>{one.invoice_number}</b>&nbsp;· {one.party_name ?? one.party_id} ·&nbsp;<Amount amount={one.open} currency={one.currency} plain />{one.due_date && <>&nbsp;· due {formatDate(one.due_date)}</>}
          </Button>
        ))}
      </Group>
    </Stack>
  );
}

function Remove({ label, onClick }: { label: string; onClick: () => void }): ReactNode {
  return <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick}><Icon name="close" size={12} /></ActionIcon>;
}

/** Receivables and debit notes are settled by money in, the others by money out. */
function signOf(invoice: OpenItem): 1n | -1n {
  return invoice.kind === 'receivable' || invoice.kind === 'debit_note' ? 1n : -1n;
}

function suggested(item: ItemDetail): InvoiceLine[] {
  return (item.suggestions[0]?.invoices ?? []).flatMap((part) => {
    const invoice = item.open_items.find((one) => one.invoice_id === part.invoice_id);
    const beside = (amount: string): string => (Number(amount) === 0 ? '' : formatAmount(amount, item.currency));
    return invoice && invoice.currency === item.currency ? [{ invoice, amount: formatAmount(part.amount, item.currency), discount: beside(part.discount), charges: beside(part.charges), write_off: beside(part.write_off) }] : [];
  });
}

function typedAs(amount: bigint, currency: string): string {
  return formatAmount(fromMinorUnits(amount, currency), currency);
}

function abs(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
