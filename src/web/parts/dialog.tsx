import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { type FormEvent, type ReactNode } from 'react';
import { Keys, useKeys } from '../app/keys.tsx';

/** A dialog with one thing to do: Enter does it, Escape leaves. */
export function ActDialog({ title, submit, onSubmit, close, children, disabled = false, danger = false, size = 'md', note, busy = false }: {
  title: string; submit: string; onSubmit: () => void; close: () => void; children: ReactNode; disabled?: boolean; danger?: boolean; size?: string; note?: ReactNode; busy?: boolean;
}): ReactNode {
  const submitIfReady = (): void => {
    if (!disabled && !busy) onSubmit();
  };
  // Whoever types ahead of the drawing has the focus not in here yet.
  useKeys(title, [{ keys: 'Enter', label: submit, run: submitIfReady }], { isDialog: true });
  const send = (event: FormEvent): void => {
    event.preventDefault();
    submitIfReady();
  };
  return (
    <Modal opened onClose={close} title={title} size={size}>
      <form onSubmit={send}>
        <Stack gap="sm">
          {children}
          <Group justify="space-between" mt="xs">
            <Text c="dimmed" component="div">{note}</Text>
            <Group gap="xs">
              <Button variant="default" onClick={close}>Cancel</Button>
              <Button type="submit" color={danger ? 'red' : undefined} disabled={disabled} loading={busy} data-autofocus rightSection={<Keys of="Enter" />}>{submit}</Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
