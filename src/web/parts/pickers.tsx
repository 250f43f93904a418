import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { reading } from '../app/call.ts';

/** Fields to choose a party, a colleague or a ledger account. */

interface Picker { value: string | null; onChange: (value: string | null) => void; label: string; required?: boolean; autoFocus?: boolean; hideLabel?: boolean }

export function PartyPicker({ company, known, hideLabel, label, ...field }: Picker & { company: string; known?: { party_id: string; name: string } | null }): ReactNode {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, 150);
  const { data } = useQuery({ ...reading('GET /api/parties', { query: { search, company, limit: 30 } }), placeholderData: keepPreviousData });
  const parties = [...(data?.items ?? [])];
  if (known && !parties.some((one) => one.party_id === known.party_id)) parties.unshift({ ...known, kind: 'customer', country: null, open_count: 0 });
  return (
    <Select {...field} {...(hideLabel ? { 'aria-label': label } : { label })} searchable searchValue={typed} onSearchChange={setTyped} filter={({ options }) => options} nothingFoundMessage="No party of that name" data-autofocus={field.autoFocus || undefined}
      data={parties.map((one) => ({ value: one.party_id, label: `${one.name} · ${one.party_id}` }))} placeholder="Name or number" />
  );
}

export function ColleaguePicker(field: Picker): ReactNode {
  const { data } = useQuery(reading('GET /api/colleagues', {}));
  return <Select {...field} searchable data-autofocus={field.autoFocus || undefined} nothingFoundMessage="Nobody of that name" data={(data?.items ?? []).map((one) => ({ value: one.user_id, label: `${one.name} · ${one.roles.join(', ')}` }))} />;
}

export function LedgerAccountPicker({ hideLabel, label, ...field }: Picker): ReactNode {
  const { data } = useQuery({ ...reading('GET /api/ledger-accounts', {}), staleTime: 300_000 });
  return (
    <Select {...field} {...(hideLabel ? { 'aria-label': label } : { label })} searchable data-autofocus={field.autoFocus || undefined} nothingFoundMessage="No such account" placeholder="Number or name"
      data={(data?.items ?? []).map((one) => ({ value: one.account, label: `${one.number ?? ''} ${one.name}`.trim() }))} />
  );
}
