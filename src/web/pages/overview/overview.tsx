import { Alert, Anchor, Badge, SimpleGrid, Stack, Table, Text, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Overview as Figures } from '../../../api/schemas.ts';
import { reading } from '../../app/call.ts';
import { formatAmount, formatCount, formatDate, formatTime } from '../../app/format.ts';
import { useSession } from '../../app/session.ts';
import { Amount } from '../../parts/amount.tsx';
import { Empty, Loaded, PageHead, Panel } from '../../parts/states.tsx';
import { AutomaticRate, QueueAge } from './charts.tsx';
import { Conservation, Flow, RunList } from './run.tsx';

/** The morning's figures: what came, where it went, what waits, and whether the books agree with the bank. */
export default function Overview(): ReactNode {
  const { company } = useSearch({ strict: false }) as { company?: string };
  const query = useQuery({ ...reading('GET /api/overview', { query: { company } }), refetchInterval: 30_000 });
  return <div className="page"><PageHead title="Overview" /><Loaded query={query} rows={14}>{(data) => <Shown data={data} of_all={company === undefined ? '' : ', of all companies'} />}</Loaded></div>;
}

/** `of_all` says so, while one company is shown, of what the runs did: that is about all of them. */
function Shown({ data, of_all }: { data: Figures; of_all: string }): ReactNode {
  const sees_all = useSession().companies === null;
  const rate = data.automatic_rate.filter((one) => one.entries > 0);
  return (
    <Stack gap="sm">
      {data.stopped && <Alert color="red" variant="light" title="Automatic posting is stopped"><Anchor component={Link} to="/modes">Modes</Anchor> shows for whom. Everything goes to review meanwhile.</Alert>}
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="sm">
        <Figure name="In the queue" value={formatCount(data.queue.open)} note={`${formatCount(data.queue.mine)} mine, ${formatCount(data.queue.unowned)} nobody’s`} to="/queue" />
        <Figure name="Oldest" value={data.queue.oldest ? formatDate(data.queue.oldest) : '–'} note={`${formatCount(data.queue.deferred)} put off`} to="/queue" />
        <Figure name="Quarantined" value={formatCount(data.quarantined)} note={data.quarantined === 1 ? 'statement' : 'statements'} to="/quarantine" bad={data.quarantined > 0} />
        <Figure name="Dead letters" value={formatCount(data.dead_letters)} note={data.dead_letters === 1 ? 'document' : 'documents'} to="/dead-letters" bad={data.dead_letters > 0} />
        <Figure name="Approvals" value={formatCount(data.approvals_pending)} note="wait for a second person" to="/approvals" />
        <Figure name="To learn" value={formatCount(data.learned_proposed)} note="accounts and names" to="/learned" />
      </SimpleGrid>
      {data.last_run && (
        <Panel title={`Last run${of_all}: ${data.last_run.run_id}, ${formatTime(data.last_run.started_at)}`} aside={<Anchor component={Link} to={`/runs/${data.last_run.run_id}`} size="sm">All of it</Anchor>}>
          <Flow run_id={data.last_run.run_id} />
          <Conservation run={data.last_run} />
        </Panel>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm">
        <Panel title={`Posted automatically, by run${of_all}`}>
          {rate.length === 0 ? <Empty title="No run yet" /> : <AutomaticRate runs={rate} />}
        </Panel>
        <Panel title="Age of the queue">
          {data.queue.open === 0 ? <Empty title="The queue is empty" /> : <QueueAge ages={data.queue_age} />}
        </Panel>
      </SimpleGrid>
      <Panel title="Bank accounts: statement against ledger" padded={false}>
        {data.bank_accounts.length === 0 ? <Empty title="No bank account yet">tieout import accounts brings them in.</Empty> : (
          <Table.ScrollContainer minWidth={820}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>Account</Table.Th><Table.Th>Statement of</Table.Th><Table.Th ta="end">Statement</Table.Th><Table.Th ta="end">Ledger</Table.Th><Table.Th>Agrees</Table.Th><Table.Th ta="end">Unallocated</Table.Th><Table.Th ta="end">Suspense</Table.Th><Table.Th ta="end">Clearing</Table.Th><Table.Th ta="end">Gaps</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {data.bank_accounts.map((one) => (
                  <Table.Tr key={one.company + one.account}>
                    <Table.Td>{one.account}<Text size="xs" c="dimmed">{one.company}</Text></Table.Td><Table.Td>{one.statement_date ? formatDate(one.statement_date) : '–'}</Table.Td>
                    <Table.Td ta="end">{one.statement_balance === null ? '–' : <Amount amount={one.statement_balance} currency={one.currency} plain />}</Table.Td><Table.Td ta="end"><Amount amount={one.ledger_balance} currency={one.currency} plain /></Table.Td>
                    <Table.Td>{one.difference === null ? <Badge color="gray">no statement</Badge> : Number(one.difference) === 0 ? <Badge>agrees</Badge> : <Badge color="red">differs by {formatAmount(one.difference, one.currency)}</Badge>}</Table.Td>
                    <Table.Td ta="end"><Amount amount={one.unallocated} currency={one.currency} plain /></Table.Td><Table.Td ta="end"><Amount amount={one.suspense} currency={one.currency} plain /></Table.Td><Table.Td ta="end"><Amount amount={one.clearing} currency={one.currency} plain /></Table.Td><Table.Td ta="end">{formatCount(one.gaps)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Panel>
      {data.gaps.length > 0 && (
        <Panel title="Gaps between statements" padded={false}>
          <Table><Table.Thead><Table.Tr><Table.Th>Account</Table.Th><Table.Th>Before the statement of</Table.Th><Table.Th ta="end">Missing</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{data.gaps.map((one) => <Table.Tr key={one.statement_id}><Table.Td>{one.account}<Text size="xs" c="dimmed">{one.company}</Text></Table.Td><Table.Td>{one.before ? formatDate(one.before) : '–'}</Table.Td><Table.Td ta="end"><Amount amount={one.amount} currency={one.currency} /></Table.Td></Table.Tr>)}</Table.Tbody></Table>
        </Panel>
      )}
      {sees_all && <RunList />}
    </Stack>
  );
}

function Figure({ name, value, note, to, bad = false }: { name: string; value: string; note: string; to: string; bad?: boolean }): ReactNode {
  return (
    <UnstyledButton component={Link} to={to} className="panel" p="sm">
      <Text size="xs" c="dimmed">{name}</Text>
      <Text size="xl" fw={600} c={bad ? 'var(--tieout-out)' : undefined}>{value}</Text>
      <Text size="xs" c="dimmed">{note}</Text>
    </UnstyledButton>
  );
}
