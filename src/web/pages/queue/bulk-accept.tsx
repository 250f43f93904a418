import { Select, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { ItemGroup } from '../../../api/schemas.ts';
import { call } from '../../app/call.ts';
import { formatCounted, wordsOf } from '../../app/format.ts';
import { useCompanies } from '../../app/session.ts';
import { BulkPreview } from '../../parts/bulk-preview.tsx';
import { ActDialog } from '../../parts/dialog.tsx';
import { Loaded, tell } from '../../parts/states.tsx';
import { refetchBooks } from './items.ts';

/** Accepting the best suggestion of everything that shares a rule and a reason: what it comes to is shown, and a second person approves exactly that. */
export function BulkAccept({ group, company: shown, close }: { group: ItemGroup; company: string | undefined; close: () => void }): ReactNode {
  const companies = useCompanies();
  const [company, setCompany] = useState(shown ?? companies[0] ?? '');
  const [comment, setComment] = useState('');
  const [busy, setBusy] = useState(false);
  const selection = { company, reason: group.reason, rule_id: group.rule_id };
  const preview = useQuery({ queryKey: ['POST /api/bulk/accept/preview', selection], queryFn: ({ signal }) => call('POST /api/bulk/accept/preview', { body: selection }, { signal }), enabled: company !== '', staleTime: 0, gcTime: 0 });
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      await call('POST /api/bulk/accept', { body: { ...selection, digest: preview.data!.digest, comment: comment || null } });
      notifications.show({ color: 'yellow', title: 'A second person is asked', message: `${formatCounted(preview.data!.count, 'item')} to be approved, as you saw them.` });
      refetchBooks();
      close();
    } catch (error) {
      const { message, remedy } = tell(error);
      notifications.show({ color: 'red', title: 'Nothing was asked for', message: `${message} ${remedy ?? ''}`, autoClose: false });
      void preview.refetch();
    } finally {
      setBusy(false);
    }
  };
  return (
    <ActDialog title={`Accept all: ${wordsOf(group.reason)}${group.rule_id ? `, ${group.rule_id}` : ''}`} submit="Ask for approval" size="xl" busy={busy} onSubmit={() => void submit()} close={close}
      disabled={!preview.data || preview.data.count === 0} note="A second person approves exactly what you see.">
      {shown === undefined && companies.length > 1 && <Select label="Company" data={[...companies]} value={company} allowDeselect={false} onChange={(value) => setCompany(value ?? company)} />}
      <Text>The best suggestion of each item is taken.</Text>
      <Loaded query={preview}>{(data) => <BulkPreview preview={data} />}</Loaded>
      <TextInput label="Comment" value={comment} onChange={(event) => setComment(event.currentTarget.value)} maxLength={2_000} />
    </ActDialog>
  );
}
