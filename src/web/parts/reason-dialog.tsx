import { Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ActDialog } from './dialog.tsx';

/** Asks for a reason, which goes into the log. */
export function ReasonDialog({ title, submit, danger, children, onReason, close, busy }: {
  title: string; submit: string; danger?: boolean; children?: ReactNode; onReason: (reason: string) => void; close: () => void; busy?: boolean;
}): ReactNode {
  const [reason, setReason] = useState('');
  return (
    <ActDialog title={title} submit={submit} danger={danger} busy={busy} onSubmit={() => onReason(reason)} close={close} disabled={!reason.trim()}>
      {children}
      <Textarea label="Reason" description="It is kept in the log." value={reason} onChange={(event) => setReason(event.currentTarget.value)} autosize minRows={2} maxLength={2_000} data-autofocus required />
    </ActDialog>
  );
}
