import { ActionIcon, Anchor, Badge, Button, Group, Menu, Stack, Table, Text, Title, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import type { ItemDetail } from '../../../api/schemas.ts';
import { linkTo } from '../../app/address.ts';
import { reading } from '../../app/call.ts';
import { formatAge, formatAmount, formatDate, formatSentence, formatTime, wordsOf } from '../../app/format.ts';
import { Keys, useKeys } from '../../app/keys.tsx';
import { useSession } from '../../app/session.ts';
import { Actor } from '../../parts/actor.tsx';
import { Amount } from '../../parts/amount.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Empty, Failed, Loaded, Loading, Panel, useTitle } from '../../parts/states.tsx';
import { useItems, usePrefetched } from '../queue/items.ts';
import type { QueueSearch } from '../queue/search.ts';
import { ActDialogs, claim, release, useOffered, type ActName } from './acts.tsx';
import classes from './item.module.css';
import { Discount, Suggestion } from './suggestion.tsx';

/** One item: on one side the document at its place and what was read there, on the other what it may be and what can be done. */

const PdfPage = lazy(() => import('./pdf-page.tsx'));

export default function Item(): ReactNode {
  const { entry_id } = useParams({ strict: false }) as { entry_id: string };
  const search = useSearch({ strict: false }) as QueueSearch;
  const query = useQuery({ ...reading('GET /api/items/:entry_id', { params: { entry_id } }), refetchInterval: 20_000 });
  const navigate = useNavigate();
  const neighbours = useNeighbours(entry_id, search);
  usePrefetched(neighbours.next);
  const go = (to: string | undefined): void => {
    if (to === undefined) void navigate({ to: '/queue', search: search as never });
    else void navigate({ to: '/queue/$entry_id', params: { entry_id: to }, search: search as never });
  };
  // Also while the item is on its way: one leafs faster than it comes.
  useKeys('Items', [
    { keys: 'j', label: 'Next item', run: () => go(neighbours.next) },
    { keys: 'k', label: 'Item before', run: () => neighbours.before && go(neighbours.before) },
    { keys: 'Escape', label: 'Back to the queue', run: () => go(undefined) },
  ]);
  if (query.data === undefined) return query.error ? <Failed error={query.error} retry={() => void query.refetch()} /> : <Loading rows={12} label="Loading the item" />;
  return <Shown key={entry_id} item={query.data} neighbours={neighbours} go={go} />;
}

interface Neighbours { entry_id: string; next?: string; before?: string }

/** The items beside this one in the queue as it was opened: once it is dealt with, it is not in the list any more. */
function useNeighbours(entry_id: string, search: QueueSearch): Neighbours {
  const { rows } = useItems(search);
  const [kept, setKept] = useState<Neighbours>({ entry_id });
  const at = rows.findIndex((row) => row.entry_id === entry_id);
  const now: Neighbours = at < 0 && kept.entry_id === entry_id ? kept : { entry_id, next: rows[at + 1]?.entry_id, before: rows[at - 1]?.entry_id };
  if (now.entry_id !== kept.entry_id || now.next !== kept.next || now.before !== kept.before) setKept(now);
  return now;
}

function Shown({ item, neighbours, go }: { item: ItemDetail; neighbours: Neighbours; go: (entry_id: string | undefined) => void }): ReactNode {
  const navigate = useNavigate();
  const me = useSession();
  const [dialog, setDialog] = useState<{ name: ActName; suggestion?: number } | null>(null);
  const offered = useOffered(item);
  useTitle(`${nameOf(item)}, ${formatAmount(item.amount, item.currency)} ${item.currency}`);
  const start = (name: (typeof offered)[number]['name'], suggestion?: number): void => {
    if (name === 'claim') claim(item, me);
    else if (name === 'release') release(item);
    else setDialog({ name, suggestion });
  };
  const may_accept = offered.some((act) => act.name === 'accept');
  useKeys('Item', [
    ...offered.map((act) => ({ keys: act.keys, label: act.label, run: () => start(act.name) })),
    ...(may_accept ? item.suggestions.slice(1, 9).map((one) => ({ keys: String(one.number), label: `Accept suggestion ${one.number}`, run: () => start('accept', one.number) })) : []),
    { keys: 'y', label: 'The whole story', run: () => void navigate({ to: '/log/entries/$entry_id', params: { entry_id: item.entry_id } } as never) },
  ]);
  return (
    <div className={classes['page']}>
      <Group className={classes['head']} justify="space-between" gap="xs">
        <Group gap="sm" wrap="nowrap" miw={0}>
          <Tooltip label="Back to the queue (Esc)"><ActionIcon variant="subtle" color="gray" aria-label="Back to the queue" onClick={() => go(undefined)}><Icon name="back" /></ActionIcon></Tooltip>
          <div style={{ minWidth: 0 }}>
            <Group gap="xs" align="baseline">
              <Title order={1} size="h2">{nameOf(item)}</Title>
              <Text fw={600} size="md" component="div"><Amount amount={item.amount} currency={item.currency} /></Text>
              <State item={item} />
            </Group>
            <Text c="dimmed">{formatSentence(item.explanation)}{item.owner !== null && item.owner !== me.user_id && item.state !== 'done' && ` ${item.owner_name} has it: ask them, or assign it (t).`}</Text>
          </div>
        </Group>
        <Group gap={6}>
          {offered.filter((act) => act.common).map((act) => (
            <Button key={act.name} variant={act.name === 'accept' ? 'filled' : 'default'} onClick={() => start(act.name)} rightSection={<Keys of={act.keys} />}>{act.label}</Button>
          ))}
          {offered.some((act) => !act.common) && (
            <Menu position="bottom-end">
              <Menu.Target><Button variant="default">More</Button></Menu.Target>
              <Menu.Dropdown>{offered.filter((act) => !act.common).map((act) => <Menu.Item key={act.name} onClick={() => start(act.name)} rightSection={<Keys of={act.keys} />}>{act.label}</Menu.Item>)}</Menu.Dropdown>
            </Menu>
          )}
          <Group gap={0} visibleFrom="sm">
            <ActionIcon variant="subtle" color="gray" aria-label="Item before (k)" disabled={!neighbours.before} onClick={() => go(neighbours.before)}><Icon name="back" /></ActionIcon>
            <ActionIcon variant="subtle" color="gray" aria-label="Next item (j)" disabled={!neighbours.next} onClick={() => go(neighbours.next)}><Icon name="next" /></ActionIcon>
          </Group>
        </Group>
      </Group>
      <div className={classes['split']}>
        <div className={classes['side']} tabIndex={0} role="region" aria-label="The document and what was read">
          <SourcePanel item={item} />
          <Facts item={item} />
        </div>
        <div className={classes['side']} tabIndex={0} role="region" aria-label="What it may be">
          <Panel title="Suggestions" padded={false} aside={item.rule_id && <Text size="xs" c="dimmed">rule {item.rule_id}</Text>}>
            {item.suggestions.length === 0 && <Empty title="No suggestion">Nothing on the books explains it. Allocate by hand, put it on account, or say that it is not ours.</Empty>}
            {item.suggestions.map((one) => <Suggestion key={one.number} suggestion={one} currency={item.currency} open_items={item.open_items} onAccept={may_accept ? () => start('accept', one.number) : null} />)}
            {item.refused.length > 0 && (
              <div className={classes['setAside']}>
                <Text size="xs" c="dimmed" fw={600}>Named and set aside</Text>
                {item.refused.map((one) => <Text key={one.invoice_number + one.party_id}>{one.invoice_number} of {one.party_id}: {wordsOf(one.reason).toLowerCase()}</Text>)}
              </div>
            )}
          </Panel>
          <OpenItems item={item} />
          <EarlierPayments item={item} />
          <Comments item={item} />
          <LogSoFar item={item} />
        </div>
      </div>
      <ActDialogs entry_id={item.entry_id} name={dialog?.name ?? null} suggestion={dialog?.suggestion} close={() => setDialog(null)} onGone={() => go(neighbours.next)} />
    </div>
  );
}

function nameOf(item: ItemDetail): string {
  return item.counterparty_name ?? item.party_name ?? `Entry ${item.entry_id}`;
}

function State({ item }: { item: ItemDetail }): ReactNode {
  return (
    <Group gap={5}>
      <Badge color={item.state === 'done' ? 'petrol' : item.state === 'open' ? 'blue' : 'gray'}>{item.state === 'done' ? wordsOf(item.outcome) : wordsOf(item.state)}</Badge>
      {item.approval_id && <Badge color="yellow" component={Link} to="/approvals" style={{ cursor: 'pointer' }}>waits for a second person</Badge>}
      {item.owner_name && <Badge color="gray">{item.owner_name}</Badge>}
      {item.deferred_until && <Badge color="gray">until {formatDate(item.deferred_until)}</Badge>}
    </Group>
  );
}

function SourcePanel({ item }: { item: ItemDetail }): ReactNode {
  const query = useQuery({ ...reading('GET /api/items/:entry_id/source', { params: { entry_id: item.entry_id } }), staleTime: Infinity });
  const params = { document_id: item.document.document_id };
  const content = linkTo('GET /api/documents/:document_id/content', { params });
  const addressOf = ({ member }: { member: number | null }): string => linkTo('GET /api/documents/:document_id/content', { params, query: { member: member ?? undefined } });
  return (
    <Panel title="As the bank sent it" padded={false} aside={<Anchor href={content} size="xs" download>{fileOf(item.document.path)}</Anchor>}>
      <Loaded query={query}>
        {(source) => (
          <>
            {source.note && <Text c="dimmed" p="xs">{source.note}</Text>}
            {source.kind === 'pdf' && <Suspense fallback={<Loading rows={8} label="Loading the page" />}><PdfPage address={addressOf(source)} page={source.page ?? 1} box={source.box} /></Suspense>}
            {source.kind === 'text' && (
              <pre className={classes['lines']} tabIndex={0} aria-label={`Lines of ${fileOf(item.document.path)}`}>
                {source.lines.map((line) => <div key={line.n} data-marked={line.marked}><span aria-hidden>{line.n}</span>{line.marked ? <mark>{line.text}</mark> : line.text}</div>)}
              </pre>
            )}
            {source.kind === 'none' && !source.note && <Empty title="Its place is not known">The document can be downloaded above.</Empty>}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function Facts({ item }: { item: ItemDetail }): ReactNode {
  const facts: [string, ReactNode][] = [
    ['Booked', formatDate(item.booking_date)], ['Value date', item.value_date && item.value_date !== item.booking_date ? formatDate(item.value_date) : null],
    ['Counterparty', item.counterparty_name], ['Their account', item.counterparty_account],
    ['Accounts on file', item.party ? <AccountsOnFile item={item} accounts={item.party.accounts} /> : null], ['Text', item.remittance], ['Reference', item.structured_reference],
    ['End to end', item.end_to_end_id], ['Mandate', item.mandate_id], ['Bank’s reference', item.bank_reference], ['Return reason', item.return_reason],
    ['Account', item.account_name ? `${item.account_name}, ${item.account}` : item.account], ['Company', item.company],
    ['Statement', `${item.document.bank_statement_id ?? item.document.statement_id}, entry ${item.document.line}${item.document.detail ? `, detail ${item.document.detail}` : ''} (${item.document.format})`],
    ['Party', item.party ? `${item.party.name}, ${item.party.party_id}${item.party.country ? `, ${item.party.country}` : ''}` : null], ['Waits', formatAge(item.opened_at)],
  ];
  return (
    <Panel title="What was read">
      <Table withRowBorders={false} verticalSpacing={2} horizontalSpacing={6} layout="fixed">
        <Table.Tbody>
          {facts.filter(([, value]) => value).map(([name, value]) => <Table.Tr key={name} style={{ verticalAlign: 'baseline' }}><Table.Th scope="row" w={118} c="dimmed" fw={400}>{name}</Table.Th><Table.Td className="pre">{value}</Table.Td></Table.Tr>)}
        </Table.Tbody>
      </Table>
      {item.facts && (
        <details style={{ marginTop: 8 }}>
          <summary><Text span c="dimmed">The facts that the rules saw</Text></summary>
          <Table withRowBorders={false} verticalSpacing={1} layout="fixed"><Table.Tbody>{Object.entries(item.facts).map(([name, value]) => <Table.Tr key={name}><Table.Th scope="row" w={190} c="dimmed" fw={400}>{name}</Table.Th><Table.Td>{String(value)}</Table.Td></Table.Tr>)}</Table.Tbody></Table>
        </details>
      )}
    </Panel>
  );
}

/** Whether the money comes from, or goes to, an account that is known to be the party's: what one compares before one pays. */
function AccountsOnFile({ item, accounts }: { item: ItemDetail; accounts: readonly string[] }): ReactNode {
  const theirs = item.counterparty_account;
  if (accounts.length === 0) return 'none';
  return (
    <>
      {accounts.map((account) => <div key={account} className="break">{account}{account === theirs && <Text span c="var(--tieout-in)"> · this one</Text>}</div>)}
      {theirs !== null && !accounts.includes(theirs) && <Text c="var(--tieout-out)">The account of this payment is not among them.</Text>}
    </>
  );
}

function OpenItems({ item }: { item: ItemDetail }): ReactNode {
  return (
    <Panel title={item.party ? `Open items of ${item.party.name}` : 'Open items'} padded={false}>
      {item.open_items.length === 0 ? <Text c="dimmed" p="sm">{item.party ? 'Nothing is open.' : 'The payer is not known.'}</Text> : (
        <Table.ScrollContainer minWidth={330}>
          <Table verticalSpacing={3}>
            <Table.Thead><Table.Tr><Table.Th>Invoice</Table.Th><Table.Th visibleFrom="sm">Issued</Table.Th><Table.Th>Due</Table.Th><Table.Th ta="end" visibleFrom="sm">Amount</Table.Th><Table.Th ta="end">Open</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {item.open_items.map((one) => (
                <Table.Tr key={one.invoice_id}>
                  <Table.Td><span className="figures">{one.invoice_number}</span>{one.kind !== 'receivable' && <Text span c="dimmed" size="xs"> {wordsOf(one.kind).toLowerCase()}</Text>}</Table.Td><Table.Td className="figures" visibleFrom="sm">{formatDate(one.issue_date)}</Table.Td>
                  <Table.Td className="figures">{one.due_date ? formatDate(one.due_date) : '–'}<Discount item={one} /></Table.Td><Table.Td ta="end" visibleFrom="sm"><Amount amount={one.amount} currency={one.currency} plain /></Table.Td>
                  <Table.Td ta="end"><Amount amount={one.open} currency={one.currency} plain /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Panel>
  );
}

function EarlierPayments({ item }: { item: ItemDetail }): ReactNode {
  return (
    <Panel title="Earlier payments of this payer" padded={false}>
      {item.earlier_payments.length === 0 ? <Text c="dimmed" p="sm">None that we know of.</Text> : (
        <Table.ScrollContainer minWidth={380}>
          <Table verticalSpacing={3}>
            <Table.Thead><Table.Tr><Table.Th>Booked</Table.Th><Table.Th>Settled</Table.Th><Table.Th>By</Table.Th><Table.Th ta="end">Amount</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {item.earlier_payments.map((one) => (
                <Table.Tr key={one.entry_id}>
                  <Table.Td><Anchor component={Link} to={`/log/entries/${one.entry_id}`}>{formatDate(one.booking_date)}</Anchor></Table.Td><Table.Td>{one.invoices.join(', ') || wordsOf(one.outcome)}</Table.Td>
                  <Table.Td><Actor name={one.decided_by} /></Table.Td><Table.Td ta="end"><Amount amount={one.amount} currency={one.currency} plain /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Panel>
  );
}

function Comments({ item }: { item: ItemDetail }): ReactNode {
  if (item.comments.length === 0) return null;
  return (
    <Panel title="Comments">
      <Stack gap="xs">
        {item.comments.map((one) => (
          <div key={one.comment_id}>
            <Text size="xs" c="dimmed">{one.author}{one.kind === 'question' ? ` asked ${one.asked ?? 'a colleague'}` : ''} · {formatTime(one.at)}</Text>
            <Text className="pre">{one.text}</Text>
          </div>
        ))}
      </Stack>
    </Panel>
  );
}

function LogSoFar({ item }: { item: ItemDetail }): ReactNode {
  return (
    <Panel title="So far" aside={<Anchor component={Link} to={`/log/entries/${item.entry_id}`} size="xs">The whole story</Anchor>}>
      <Stack gap={4}>
        {item.log.map((record) => (
          <Group key={record.seq} gap="xs" wrap="nowrap" align="flex-start"><Text c="dimmed" size="xs" style={{ whiteSpace: 'nowrap', paddingTop: 2 }}>{formatTime(record.at)}</Text><Text className="break"><b>{wordsOf(record.action)}</b> by <Actor name={record.actor} />: {record.summary}</Text></Group>
        ))}
      </Stack>
    </Panel>
  );
}
