import { Alert, Anchor, Button, Code, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { RulesView } from '../../api/schemas.ts';
import { call, reading } from '../app/call.ts';
import { formatTime } from '../app/format.ts';
import { useMay, useSession } from '../app/session.ts';
import { ReasonDialog } from './reason-dialog.tsx';
import { useSend } from './send.ts';
import { Loaded, Panel } from './states.tsx';

/** Which rules are in force, and what differs where others are offered: rules, too, take two people. */

type Files = NonNullable<RulesView['offered']>['files'];
const MARKS = { same: ' ', removed: '−', added: '+', gap: '…' } as const;
const COLOURS = { same: undefined, removed: 'var(--tieout-out)', added: 'var(--tieout-in)', gap: undefined } as const;

function Difference({ files }: { files: Files }): ReactNode {
  return files.map(({ file, lines }) => (
    <section key={file} aria-label={`Changes of ${file}`}>
      <Text fw={600} mt={6}>{file}</Text>
      <Code block tabIndex={0}>{lines.map(({ change, text }, n) => <div key={n} style={{ color: COLOURS[change] }}>{MARKS[change]} {text}</div>)}</Code>
    </section>
  ));
}

/** What a request for approval would change of the rules. */
export function AskedRules({ request }: { request: Record<string, unknown> }): ReactNode {
  const [from, to] = [request['replaces'] as string | null, request['version'] as string];
  const query = useQuery({ ...reading('GET /api/rules/compare', { query: { from: from ?? undefined, to } }), staleTime: Infinity });
  return <Loaded query={query} rows={4}>{({ files }) => <Difference files={files} />}</Loaded>;
}

/** The rules in force; where the folder has others, what differs, and the way to a second person. */
export function RulesPanel(): ReactNode {
  const query = useQuery({ ...reading('GET /api/rules', {}), refetchInterval: 30_000 });
  const may = useMay('rules') && useSession().companies === null;
  const [asking, setAsking] = useState(false);
  const { busy, send } = useSend();
  const propose = async (version: string, comment: string): Promise<void> => {
    const answer = await send(() => call('POST /api/rules/propose', { body: { version, comment } }), { done: (result) => (result.status === 'done' ? 'The new rules are in force.' : 'A second person is asked; until then the old rules decide.'), failed: 'The rules were not proposed' });
    if (answer) setAsking(false);
    void query.refetch();
  };
  return (
    <Loaded query={query} rows={2}>
      {({ in_force, offered, approval_id }) => (
        <Panel title="Rules" aside={offered?.version && approval_id === null && may && <Button size="compact-xs" onClick={() => setAsking(true)}>Propose the new rules</Button>}>
          <Text className="break">{in_force ? <>In force since {formatTime(in_force.since)}: {in_force.version}{in_force.approved_by && `, asked for by ${in_force.requested_by}, approved by ${in_force.approved_by}`}</> : 'The first batch puts the rules of the folder in force.'}</Text>
          {offered && (
            <>
              <Alert color="yellow" variant="light" my={8} title={offered.version === null ? 'The rules in the folder cannot be read' : 'The folder has other rules, which are not in force'}>
                {offered.problem ?? (approval_id === null ? 'Until a second person approves them, the rules above decide.' : <>They wait for a second person: <Anchor component={Link} to="/approvals">Approvals</Anchor>.</>)}
              </Alert>
              <Difference files={offered.files} />
            </>
          )}
          {asking && offered?.version && <ReasonDialog title="Propose the new rules" submit="Propose" busy={busy} onReason={(reason) => void propose(offered.version!, reason)} close={() => setAsking(false)}><Text>A second person has to approve exactly what is shown here.</Text></ReasonDialog>}
        </Panel>
      )}
    </Loaded>
  );
}
