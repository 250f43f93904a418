import { Anchor, Badge, Button, Code, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { StoryStep } from '../../../api/schemas.ts';
import { linkTo } from '../../app/address.ts';
import { call, reading } from '../../app/call.ts';
import { formatCounted, formatDate, formatSentence, formatTime, wordsOf } from '../../app/format.ts';
import { Keys, useKeys } from '../../app/keys.tsx';
import { useMay } from '../../app/session.ts';
import { Actor } from '../../parts/actor.tsx';
import { Amount } from '../../parts/amount.tsx';
import { useSend } from '../../parts/send.ts';
import { Empty, Loaded, PageHead, Panel } from '../../parts/states.tsx';

/** A decision's whole story: every decision about the entry with its evidence, the rule's text of that day, what was refused, posted, approved and reversed. */
export default function Story(): ReactNode {
  const { entry_id } = useParams({ strict: false }) as { entry_id: string };
  const navigate = useNavigate();
  const query = useQuery(reading('GET /api/items/:entry_id/story', { params: { entry_id } }));
  const may_verify = useMay('verify');
  const may_export = useMay('export');
  const { busy, send } = useSend();
  const replay = (): void => void send(() => call('POST /api/log/replay', { body: { entry_id } }), {
    done: (one) => (one.different.length === 0 ? `Decided again from the log: ${formatCounted(one.decisions, 'decision')}, the same.` : `Decided again: ${one.different.map((other) => `was ${other.was}, is ${other.is}`).join('; ')}`), failed: 'It was not replayed',
  });
  useKeys('Story', [
    { keys: 'i', label: 'The item', run: () => void navigate({ to: '/queue/$entry_id', params: { entry_id } } as never) },
    ...(may_verify ? [{ keys: 'p', label: 'Replay', run: replay }] : []),
  ]);
  return (
    <div className="page">
      <Loaded query={query} rows={12}>
        {(story) => (
          <Stack gap="sm">
            <PageHead title={`Entry ${story.entry_id}`} hint={<>{story.counterparty_name ?? 'An unnamed payer'}, <Amount amount={story.amount} currency={story.currency} />, {formatDate(story.booking_date)}, {story.company} · {story.document.slice(story.document.lastIndexOf('/') + 1)}</>}>
              {may_export && <Anchor size="sm" href={linkTo('GET /api/log/export', { query: { entry_id, format: 'jsonl' } })} download>Its records</Anchor>}
              {may_verify && <Button variant="default" loading={busy} onClick={replay} rightSection={<Keys of="p" />}>Replay</Button>}
              <Button variant="default" component={Link} to={`/queue/${entry_id}`} rightSection={<Keys of="i" />}>The item</Button>
            </PageHead>
            {story.remittance && <Text className="pre" c="dimmed">{story.remittance}</Text>}
            {story.steps.length === 0 && <Panel><Empty title="Nothing was decided">Its document is in quarantine or still under way.</Empty></Panel>}
            {story.steps.map((step, at) => <Step key={step.decision_id} step={step} currency={story.currency} stands={at === story.steps.length - 1} />)}
            {story.approvals.length > 0 && (
              <Panel title="Approvals">
                {story.approvals.map((one) => <Text key={one.approval_id}><b>{wordsOf(one.state)}</b>: {formatSentence(one.summary)}; asked by {one.requested_by}, {formatTime(one.requested_at)}{one.decided_by && `; decided by ${one.decided_by}`}{one.decision_reason && `: ${one.decision_reason}`}</Text>)}
              </Panel>
            )}
            {story.comments.length > 0 && <Panel title="Comments">{story.comments.map((one) => <Text key={one.comment_id} className="pre"><b>{one.author}</b>, {formatTime(one.at)}: {one.text}</Text>)}</Panel>}
            <Panel title="Its records in the log" padded={false}>
              <Table.ScrollContainer minWidth={620}>
                <Table verticalSpacing={3}>
                  <Table.Thead><Table.Tr><Table.Th>Record</Table.Th><Table.Th>When</Table.Th><Table.Th>What</Table.Th><Table.Th>By</Table.Th><Table.Th>Summary</Table.Th><Table.Th>Hash</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>{story.log.map((one) => <Table.Tr key={one.seq}><Table.Td>{one.seq}</Table.Td><Table.Td style={{ whiteSpace: 'nowrap' }}>{formatTime(one.at)}</Table.Td><Table.Td>{wordsOf(one.action)}</Table.Td><Table.Td><Actor name={one.actor} /></Table.Td><Table.Td className="break">{one.summary}</Table.Td><Table.Td><Code title={one.hash}>{one.hash.replace(/^sha256:/, '').slice(0, 12)}</Code></Table.Td></Table.Tr>)}</Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            </Panel>
          </Stack>
        )}
      </Loaded>
    </div>
  );
}

function Step({ step, currency, stands }: { step: StoryStep; currency: string; stands: boolean }): ReactNode {
  return (
    <Panel title={`${wordsOf(step.outcome)}: ${wordsOf(step.reason).toLowerCase()}`} aside={<Group gap="xs"><Badge color={stands ? 'petrol' : 'gray'}>{stands ? 'stands' : 'superseded'}</Badge><Text size="xs" c="dimmed">{formatTime(step.decided_at)}</Text></Group>}>
      <Stack gap="xs">
        <Text className="break">{formatSentence(step.explanation)}</Text>
        <Text c="dimmed">By {step.decided_by === 'rule' ? 'the rules' : step.decided_by}{step.approved_by && `, approved by ${step.approved_by}`}{step.rule_id && <>; rule <Anchor component={Link} to="/log" search={{ rule_id: step.rule_id, ruleset: step.ruleset ?? undefined } as never} size="sm" underline="always">{step.rule_id}</Anchor></>}{step.log_seq && `; record ${step.log_seq}`}</Text>
        {step.invoices.length > 0 && (
          <Table.ScrollContainer minWidth={380}>
            <Table verticalSpacing={2}>
              <Table.Thead><Table.Tr><Table.Th>Invoice</Table.Th><Table.Th>Party</Table.Th><Table.Th ta="end">Gets</Table.Th><Table.Th ta="end">Settles</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{step.invoices.map((one) => <Table.Tr key={one.invoice_id}><Table.Td>{one.invoice_number}</Table.Td><Table.Td>{one.party_id}</Table.Td><Table.Td ta="end"><Amount amount={one.amount} currency={currency} plain /></Table.Td><Table.Td ta="end"><Amount amount={one.settled} currency={one.currency} plain /></Table.Td></Table.Tr>)}</Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        {step.journal.map((entry) => (
          <div key={entry.journal_entry_id}>
            <Text size="xs" c="dimmed" fw={600}>Journal entry {entry.journal_entry_id}, {wordsOf(entry.kind).toLowerCase()}, posted {formatDate(entry.posting_date)}{entry.reverses && `, reverses ${entry.reverses}`}{entry.reversed_by && `, reversed by ${entry.reversed_by}`}</Text>
            <Table verticalSpacing={1} withRowBorders={false}><Table.Tbody>{entry.lines.map((line, n) => <Table.Tr key={n}><Table.Td w="36%">{wordsOf(line.account)}</Table.Td><Table.Td className="break">{[line.party_id, line.invoice_number].filter(Boolean).join(', ')}</Table.Td><Table.Td ta="end"><Amount amount={line.amount} currency={line.currency} /></Table.Td></Table.Tr>)}</Table.Tbody></Table>
          </div>
        ))}
        {step.candidates.length > 0 && (
          <details open={stands}>
            <summary><Text span fw={600}>What was weighed: {formatCounted(step.candidates.length, 'candidate')}</Text></summary>
            <Stack gap="xs" mt={6}>
              {step.candidates.map((candidate, n) => <Candidate key={n} candidate={candidate} />)}
            </Stack>
          </details>
        )}
        {step.refused.length > 0 && <div><Text size="xs" c="dimmed" fw={600}>Named and set aside</Text>{step.refused.map((one) => <Text key={one.invoice_number + one.party_id}>{one.invoice_number} of {one.party_id}: {wordsOf(one.reason).toLowerCase()}</Text>)}</div>}
        {step.rule_text && <details><summary><Text span fw={600}>The rule at that version</Text></summary><Code block tabIndex={0} mt={6}>{step.rule_text}</Code>{step.ruleset && <Text size="xs" c="dimmed" className="break">Ruleset {step.ruleset}</Text>}</details>}
        {step.facts && <details><summary><Text span fw={600}>The entry’s facts</Text></summary><FactList facts={step.facts} /></details>}
      </Stack>
    </Panel>
  );
}

function Candidate({ candidate }: { candidate: StoryStep['candidates'][number] }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const matched = candidate.rules.find((rule) => rule.matched);
  return (
    <div style={{ borderInlineStart: `3px solid ${matched ? 'var(--mantine-primary-color-filled)' : 'var(--tieout-line)'}`, paddingInlineStart: 10 }}>
      <Text fw={600}>{candidate.what}</Text>
      <Text>{matched ? `Rule ${matched.rule_id} holds: ${matched.outcome}` : 'No rule holds'}{candidate.gate && <>; kept from being automatic by <b>{wordsOf(candidate.gate).toLowerCase()}</b></>}</Text>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary><Text span c="dimmed">Rules and facts</Text></summary>
        {isOpen && (
          <>
            <Table verticalSpacing={1}><Table.Tbody>{candidate.rules.map((rule) => <Table.Tr key={rule.rule_id}><Table.Td w="36%">{rule.rule_id}</Table.Td><Table.Td w={80}>{rule.matched ? <Badge>holds</Badge> : 'fails'}</Table.Td><Table.Td className="break">{rule.failing && <Code>{rule.failing}</Code>} {Object.entries(rule.values).map(([name, value]) => `${name} is ${String(value)}`).join(', ')}</Table.Td></Table.Tr>)}</Table.Tbody></Table>
            <FactList facts={candidate.facts} />
          </>
        )}
      </details>
    </div>
  );
}

function FactList({ facts }: { facts: Record<string, unknown> }): ReactNode {
  return <Table verticalSpacing={1} withRowBorders={false}><Table.Tbody>{Object.entries(facts).map(([name, value]) => <Table.Tr key={name}><Table.Th scope="row" w="36%" c="dimmed" fw={400}>{name}</Table.Th><Table.Td className="break">{String(value)}</Table.Td></Table.Tr>)}</Table.Tbody></Table>;
}
