import { Alert, Badge, Button, Group, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { Modes as Shown } from '../../api/schemas.ts';
import { call, reading } from '../app/call.ts';
import { Keys, useKeys } from '../app/keys.tsx';
import { useMay } from '../app/session.ts';
import { ReasonDialog } from '../parts/reason-dialog.tsx';
import { RulesPanel } from '../parts/rules.tsx';
import { useSend } from '../parts/send.ts';
import { Loaded, PageHead, Panel } from '../parts/states.tsx';

/** What is posted without a person, and the switch that stops it. Lower is at once; higher takes a second person. */

type Mode = Shown['companies'][number]['mode'];
const MODES: readonly { value: Mode; label: string }[] = [{ value: 'off', label: 'Off' }, { value: 'suggest', label: 'Suggest' }, { value: 'auto', label: 'Automatic' }];
const RANK: Record<Mode, number> = { off: 0, suggest: 1, auto: 2 };

interface Asked { mode: Mode; company?: string; rule_id?: string; was: Mode }

export default function Modes(): ReactNode {
  const { company: only } = useSearch({ strict: false }) as { company?: string };
  const query = useQuery({ ...reading('GET /api/automatic', {}), refetchInterval: 30_000 });
  const may = useMay('automatic');
  const { busy, send } = useSend();
  const [asked, setAsked] = useState<Asked | null>(null);
  const companies = (query.data?.companies ?? []).filter((one) => only === undefined || one.company === only);
  const any_on = companies.some((one) => one.mode !== 'off');
  const stop = (): void => setAsked({ mode: 'off', company: only, was: 'auto' });
  useKeys('Modes', may && any_on ? [{ keys: 'S', label: 'Stop automatic posting', run: stop }] : []);
  const change = async ({ mode, company, rule_id }: Asked, reason: string): Promise<void> => {
    const answer = await send(() => call('POST /api/automatic', { body: { mode, company, rule_id, reason } }), { done: (result) => (result.status === 'done' ? 'Changed.' : 'A second person is asked; until then it stays as it is.'), failed: 'It was not changed' });
    if (answer) setAsked(null);
  };
  return (
    <div className="page">
      <PageHead title="Modes" hint="What is posted without a person. A mode is lowered at once; raising it takes a second person.">
        {may && any_on && <Button color="red" onClick={stop} rightSection={<Keys of="S" />}>Stop automatic posting</Button>}
      </PageHead>
      <Loaded query={query}>
        {({ rules }) => (
          <Stack gap="sm">
            {companies.length > 0 && !any_on && <Alert color="red" variant="light" title="Automatic posting is stopped">Everything goes to review.</Alert>}
            {companies.map((one) => (
              <Panel key={one.company} title={one.company} padded={false} aside={<Choice label={`Mode of ${one.company}`} value={one.mode} disabled={!may} onChange={(mode) => setAsked({ mode, company: one.company, was: one.mode })} />}>
                <Table.ScrollContainer minWidth={620}>
                  <Table>
                    <Table.Thead><Table.Tr><Table.Th>Rule</Table.Th><Table.Th>What it says</Table.Th><Table.Th>Owner</Table.Th><Table.Th w={250}>Mode</Table.Th></Table.Tr></Table.Thead>
                    <Table.Tbody>
                      {rules.map((rule) => {
                        const own = one.rules.find((mode) => mode.rule_id === rule.rule_id)?.mode;
                        return (
                          <Table.Tr key={rule.rule_id}>
                            <Table.Td>{rule.rule_id}</Table.Td><Table.Td>{rule.sentence}</Table.Td><Table.Td>{rule.owner}</Table.Td>
                            <Table.Td>{rule.outcome === 'auto' ? <Choice label={`Mode of ${rule.rule_id} for ${one.company}`} value={own ?? one.mode} disabled={!may} onChange={(mode) => setAsked({ mode, company: one.company, rule_id: rule.rule_id, was: own ?? one.mode })} /> : <Badge color="gray">always {rule.outcome}</Badge>}</Table.Td>
                          </Table.Tr>
                        );
                      })}
                    </Table.Tbody>
                  </Table>
                </Table.ScrollContainer>
              </Panel>
            ))}
            <RulesPanel />
          </Stack>
        )}
      </Loaded>
      {asked && (
        <ReasonDialog title={asked.mode === 'off' && !asked.rule_id ? 'Stop automatic posting' : 'Change the mode'} submit={asked.mode === 'off' && !asked.rule_id ? 'Stop' : 'Change'} danger={asked.mode === 'off'} busy={busy} onReason={(reason) => void change(asked, reason)} close={() => setAsked(null)}>
          <Text>{asked.rule_id ? `Rule ${asked.rule_id} of ${asked.company}` : asked.company ?? 'Every company'}: {MODES.find((one) => one.value === asked.mode)!.label.toLowerCase()}.</Text>
          <Group><Text c="dimmed">{RANK[asked.mode] > RANK[asked.was] ? 'A second person has to approve this.' : 'It holds from the next decision on.'}</Text></Group>
        </ReasonDialog>
      )}
    </div>
  );
}

function Choice({ label, value, disabled, onChange }: { label: string; value: Mode; disabled: boolean; onChange: (mode: Mode) => void }): ReactNode {
  return <SegmentedControl aria-label={label} size="xs" value={value} readOnly={disabled} data={[...MODES]} onChange={(next) => { if (next !== value) onChange(next as Mode); }} />;
}
