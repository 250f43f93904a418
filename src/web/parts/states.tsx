import { Alert, Button, Center, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { Refusal } from '../app/call.ts';
import { formatSentence } from '../app/format.ts';

/** What a page shows when it has nothing to show: not yet, nothing there, or not at all. */

export function Loading({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }): ReactNode {
  return (
    <Stack gap={16} p="md" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, n) => <Skeleton key={n} height={18} radius="sm" width={`${100 - (n % 4) * 12}%`} />)}
    </Stack>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <Center p="xl" mih={160}>
      <Stack gap={4} align="center" maw={440}>
        <Text fw={600} size="md">{title}</Text>
        {children && <Text c="dimmed" ta="center" component="div">{children}</Text>}
      </Stack>
    </Center>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }): ReactNode {
  const { message, remedy } = tell(error);
  return (
    <Alert color="red" variant="light" m="md" title={message} role="alert">
      <Group justify="space-between" wrap="nowrap" align="flex-end">
        <Text>{remedy}</Text>
        {retry && <Button variant="default" onClick={retry}>Try again</Button>}
      </Group>
    </Alert>
  );
}

/** An error in words for the person it stopped. */
export function tell(error: unknown): { message: string; remedy: string | null } {
  if (error instanceof Refusal) return { message: sentenceOf(error.message), remedy: error.remedy === null ? null : sentenceOf(error.remedy) };
  return { message: error instanceof Error ? error.message : String(error), remedy: 'This is a fault of the pages; loading them again may help.' };
}

/** What the server says in half a sentence, as a whole one with the user's amounts. */
export function sentenceOf(text: string): string {
  const capital = formatSentence(text.charAt(0).toUpperCase() + text.slice(1));
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

/** A query's three states around what it brings. */
export function Loaded<T>({ query, rows, children }: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown }; rows?: number; children: (data: T) => ReactNode;
}): ReactNode {
  if (query.data !== undefined) return children(query.data);
  return query.error ? <Failed error={query.error} retry={() => void query.refetch()} /> : <Loading rows={rows} />;
}

/** Names the window after what it shows. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · tieout`;
  }, [title]);
}

/** A page's title with what belongs beside it. */
export function PageHead({ title, hint, children }: { title: string; hint?: ReactNode; children?: ReactNode }): ReactNode {
  useTitle(title);
  return (
    <Group justify="space-between" align="flex-end" gap="xs" mb="sm">
      <div>
        <Title order={1}>{title}</Title>
        {hint && <Text c="dimmed" component="div">{hint}</Text>}
      </div>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}

/** A framed part of a page. */
export function Panel({ title, aside, children, padded = true }: { title?: string; aside?: ReactNode; children: ReactNode; padded?: boolean }): ReactNode {
  return (
    <section className="panel" aria-label={title}>
      {title && (
        <Group justify="space-between" px="sm" py={6} gap="xs" style={{ borderBottom: '1px solid var(--tieout-line)' }}>
          <Title order={2} size="h3">{title}</Title>
          {aside}
        </Group>
      )}
      <div style={padded ? { padding: '10px 12px' } : undefined}>{children}</div>
    </section>
  );
}
