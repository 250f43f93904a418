import { ActionIcon, Alert, Badge, Button, Checkbox, Code, CopyButton, Group, MultiSelect, PasswordInput, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { z } from 'zod';
import type { Role } from '../../api/schemas.ts';
import type { UserCreate, UserView } from '../../api/schemas.ts';
import { call, reading, setCsrfToken } from '../app/call.ts';
import { formatAmount, formatTime, parseAmount, wordsOf } from '../app/format.ts';
import { queries } from '../app/queries.ts';
import { sessionQuery, signOut, useCompanies, useMay, useSession } from '../app/session.ts';
import { Amount } from '../parts/amount.tsx';
import { ActDialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { useSend } from '../parts/send.ts';
import { Sessions } from '../parts/sessions.tsx';
import { Empty, Loaded, PageHead, Panel } from '../parts/states.tsx';

/** One's own session and tokens; for administrators the users. */
export default function Settings(): ReactNode {
  const may_administer = useMay('administer');
  return (
    <div className="page">
      <PageHead title="Settings" />
      <Stack gap="sm"><Own /><Sessions /><Tokens />{may_administer && <Users />}</Stack>
    </div>
  );
}

const ROLES: readonly Role[] = ['analyst', 'approver', 'auditor', 'operator', 'admin'];

function Own(): ReactNode {
  const session = useSession();
  const [changing, setChanging] = useState(false);
  return (
    <Panel title="You" aside={<Group gap="xs">{session.method === 'password' && <Button size="compact-xs" variant="default" onClick={() => setChanging(true)}>Change the password</Button>}<Button size="compact-xs" variant="default" onClick={() => void signOut()}>Sign out</Button></Group>}>
      <Table withRowBorders={false} verticalSpacing={2}>
        <Table.Tbody>
          <Line name="User">{session.name}, {session.user_id}</Line>
          <Line name="Roles">{session.roles.join(', ')}</Line>
          <Line name="May">{session.rights.filter((right) => right !== 'public' && right !== 'session').join(', ')}</Line>
          <Line name="Companies">{session.companies === null ? 'all' : session.companies.join(', ') || 'none'}</Line>
          <Line name="Limits">{session.limits.length === 0 ? 'none of your own' : session.limits.map((one) => <div key={one.currency}><Amount amount={one.amount} currency={one.currency} plain /> and write-offs of <Amount amount={one.write_off} currency={one.currency} plain /></div>)}</Line>
          <Line name="This session">{wordsOf(session.method).toLowerCase()}, until {formatTime(session.expires_at)}</Line>
        </Table.Tbody>
      </Table>
      {changing && <PasswordDialog close={() => setChanging(false)} />}
    </Panel>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return <Table.Tr><Table.Th scope="row" w={130} c="dimmed" fw={400}>{name}</Table.Th><Table.Td>{children}</Table.Td></Table.Tr>;
}

function PasswordDialog({ close }: { close: () => void }): ReactNode {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const { busy, send } = useSend();
  const submit = async (): Promise<void> => {
    const session = await send(() => call('POST /api/session/password', { body: { current, next } }), { done: 'Changed. Other sessions of yours have ended.', failed: 'The password stays as it was' });
    if (!session) return;
    setCsrfToken(session.csrf_token);
    queries.setQueryData(sessionQuery.queryKey, session);
    close();
  };
  return (
    <ActDialog title="Change the password" submit="Change" busy={busy} onSubmit={() => void submit()} close={close} disabled={current === '' || next.length < 12}>
      <PasswordInput label="Password now" value={current} onChange={(event) => setCurrent(event.currentTarget.value)} autoComplete="current-password" data-autofocus required />
      <PasswordInput label="New password" description="At least 12 characters." value={next} onChange={(event) => setNext(event.currentTarget.value)} autoComplete="new-password" required />
    </ActDialog>
  );
}

function Tokens(): ReactNode {
  const query = useQuery(reading('GET /api/tokens', {}));
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const { busy, send } = useSend();
  return (
    <Panel title="API tokens" padded={false} aside={<Button size="compact-xs" variant="default" onClick={() => setMaking(true)} leftSection={<Icon name="plus" size={11} />}>New token</Button>}>
      {made !== null && (
        <Alert m="xs" color="petrol" variant="light" title="This token is shown this once" withCloseButton closeButtonLabel="Close" onClose={() => setMade(null)}>
          <Group gap="xs"><Code className="break">{made}</Code><CopyButton value={made}>{({ copied, copy }) => <Button size="compact-xs" variant="default" onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}</CopyButton></Group>
        </Alert>
      )}
      <Loaded query={query} rows={2}>
        {({ items }) => (items.length === 0 ? <Empty title="No tokens">Programs that use the API need one.</Empty> : (
          <Table.ScrollContainer minWidth={560}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>Name</Table.Th><Table.Th>Of</Table.Th><Table.Th>May</Table.Th><Table.Th>Until</Table.Th><Table.Th>Last used</Table.Th><Table.Th aria-label="Revoke" /></Table.Tr></Table.Thead>
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.token_id}>
                    <Table.Td>{one.name}</Table.Td><Table.Td>{one.user_id}</Table.Td><Table.Td>{one.rights.join(', ')}</Table.Td><Table.Td>{one.revoked_at ? <Badge color="gray">revoked</Badge> : formatTime(one.expires_at)}</Table.Td><Table.Td>{one.last_used_at ? formatTime(one.last_used_at) : 'never'}</Table.Td>
                    <Table.Td>{!one.revoked_at && <ActionIcon variant="subtle" color="red" loading={busy} aria-label={`Revoke ${one.name}`} onClick={() => void send(() => call('DELETE /api/tokens/:token_id', { params: { token_id: one.token_id } }), { done: 'Revoked.', failed: 'It was not revoked' })}><Icon name="close" size={12} /></ActionIcon>}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        ))}
      </Loaded>
      {making && <NewToken close={() => setMaking(false)} made={setMade} />}
    </Panel>
  );
}

function NewToken({ close, made }: { close: () => void; made: (token: string) => void }): ReactNode {
  const session = useSession();
  const [name, setName] = useState('');
  const [rights, setRights] = useState<string[]>(['read']);
  const [days, setDays] = useState('90');
  const { busy, send } = useSend();
  const offered = session.rights.filter((right) => right !== 'public' && right !== 'session');
  const submit = async (): Promise<void> => {
    const answer = await send(() => call('POST /api/tokens', { body: { name, rights: rights as typeof offered, companies: session.companies, days: Number(days) } }), { done: 'Made.', failed: 'No token was made' });
    if (!answer) return;
    made(answer.token);
    close();
  };
  return (
    <ActDialog title="New API token" submit="Make it" busy={busy} onSubmit={() => void submit()} close={close} disabled={!name.trim() || rights.length === 0 || !/^\d{1,3}$/.test(days)}>
      <TextInput label="Name" description="What it is for." value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={100} data-autofocus required />
      <MultiSelect label="It may" data={offered} value={rights} onChange={setRights} required />
      <TextInput label="Days until it expires" inputMode="numeric" value={days} onChange={(event) => setDays(event.currentTarget.value)} required />
    </ActDialog>
  );
}

function Users(): ReactNode {
  const query = useQuery(reading('GET /api/users', {}));
  const session = useSession();
  const [editing, setEditing] = useState<UserView | 'new' | null>(null);
  const [link, setLink] = useState<{ user_id: string; url: string } | null>(null);
  const { send } = useSend();
  const makeLink = async (user: UserView): Promise<void> => {
    const answer = await send(() => call('POST /api/users/:user_id/sign-in-link', { params: { user_id: user.user_id }, body: {} }), { done: 'Made.', failed: 'No link was made' });
    if (answer) setLink({ user_id: user.user_id, url: answer.url });
  };
  return (
    <Panel title="Users" padded={false} aside={<Button size="compact-xs" variant="default" onClick={() => setEditing('new')} leftSection={<Icon name="plus" size={11} />}>New user</Button>}>
      {link && (
        <Alert m="xs" color="petrol" variant="light" title={`Signs ${link.user_id} in, once`} withCloseButton closeButtonLabel="Close" onClose={() => setLink(null)}>
          <Group gap="xs"><Code className="break">{link.url}</Code><CopyButton value={link.url}>{({ copied, copy }) => <Button size="compact-xs" variant="default" onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}</CopyButton></Group>
        </Alert>
      )}
      <Loaded query={query} rows={3}>
        {({ items }) => (
          <Table.ScrollContainer minWidth={680}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>User</Table.Th><Table.Th>Roles</Table.Th><Table.Th>Companies</Table.Th><Table.Th>Limits</Table.Th><Table.Th ta="end">Sessions</Table.Th><Table.Th aria-label="Change" /></Table.Tr></Table.Thead>
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.user_id}>
                    <Table.Td>{one.name} {one.disabled && <Badge color="gray">disabled</Badge>}<Text size="xs" c="dimmed">{one.user_id}</Text></Table.Td><Table.Td>{one.roles.join(', ')}</Table.Td><Table.Td>{one.companies === null ? 'all' : one.companies.join(', ')}</Table.Td>
                    <Table.Td>{one.limits.length === 0 ? 'none' : one.limits.map((limit) => <div key={limit.currency}><Amount amount={limit.amount} currency={limit.currency} plain /></div>)}</Table.Td><Table.Td ta="end">{one.sessions}</Table.Td>
                    <Table.Td><Group gap={4} justify="flex-end">{session.method === 'one_time_token' && !one.disabled && <Button size="compact-xs" variant="default" onClick={() => void makeLink(one)} aria-label={`Sign-in link for ${one.name}`}>Sign-in link</Button>}<Button size="compact-xs" variant="default" onClick={() => setEditing(one)} aria-label={`Change ${one.name}`}>Change</Button></Group></Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Loaded>
      {editing && <UserDialog user={editing === 'new' ? null : editing} close={() => setEditing(null)} />}
    </Panel>
  );
}

function UserDialog({ user, close }: { user: UserView | null; close: () => void }): ReactNode {
  const known = useCompanies();
  const { busy, send } = useSend();
  const [user_id, setId] = useState('');
  const [name, setName] = useState(user?.name ?? '');
  const [roles, setRoles] = useState<string[]>(user?.roles ?? ['analyst']);
  const [all, setAll] = useState(user === null || user.companies === null);
  const [companies, setCompanies] = useState<string[]>(user?.companies ?? []);
  const [password, setPassword] = useState('');
  const [disabled, setDisabled] = useState(user?.disabled ?? false);
  const [limits, setLimits] = useState(() => (user?.limits ?? []).map(({ currency, amount, write_off }) => ({ currency, amount: formatAmount(amount, currency), write_off: formatAmount(write_off, currency) })));
  const read = limits.map((one) => ({ currency: one.currency, amount: parseAmount(one.amount, one.currency) ?? '', write_off: parseAmount(one.write_off, one.currency) ?? '' }));
  const is_read = read.every((one) => /^[A-Z]{3}$/.test(one.currency) && one.amount !== '' && one.write_off !== '');
  const fields = { name, roles: roles as Role[], companies: all ? null : companies, limits: read, ...(password !== '' && { password }) } satisfies Partial<z.input<typeof UserCreate>>;
  const submit = async (): Promise<void> => {
    const answer = await send<UserView>(() => (user === null
      ? call('POST /api/users', { body: { user_id, ...fields } as z.input<typeof UserCreate> })
      : call('PATCH /api/users/:user_id', { params: { user_id: user.user_id }, body: { ...fields, disabled } })), { done: user === null ? 'Added.' : 'Changed.', failed: user === null ? 'Nobody was added' : 'Nothing was changed' });
    if (answer) close();
  };
  return (
    <ActDialog title={user === null ? 'New user' : `Change ${user.name}`} submit={user === null ? 'Add' : 'Change'} busy={busy} onSubmit={() => void submit()} close={close} disabled={!name.trim() || !is_read || (user === null && user_id === '')} note="Sessions end when a role or a company is taken away.">
      {user === null && <TextInput label="User" description="Lower case, as it is typed to sign in." value={user_id} onChange={(event) => setId(event.currentTarget.value)} data-autofocus required />}
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={200} required />
      <MultiSelect label="Roles" data={[...ROLES]} value={roles} onChange={setRoles} />
      <Checkbox label="All companies" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
      {!all && <MultiSelect label="Companies" data={[...known]} value={companies} onChange={setCompanies} />}
      {limits.map((one, n) => (
        <Group key={n} gap="xs" align="flex-end">
          {(['currency', 'amount', 'write_off'] as const).map((field) => <TextInput key={field} label={{ currency: 'Currency', amount: 'Limit', write_off: 'Write-offs' }[field]} w={field === 'currency' ? 80 : 130} value={one[field]} onChange={(event) => { const { value } = event.currentTarget; setLimits((before) => before.map((other, at) => (at === n ? { ...other, [field]: value } : other))); }} />)}
          <ActionIcon variant="subtle" color="gray" aria-label="Remove this limit" onClick={() => setLimits((before) => before.filter((_, at) => at !== n))}><Icon name="close" size={12} /></ActionIcon>
        </Group>
      ))}
      <Button variant="default" w="fit-content" onClick={() => setLimits((before) => [...before, { currency: 'EUR', amount: '', write_off: '' }])}>Add a limit</Button>
      <PasswordInput label={user?.has_password ? 'New password' : 'Password'} description="Left empty, it stays as it is." value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="new-password" />
      {user !== null && <Checkbox label="Disabled" checked={disabled} onChange={(event) => setDisabled(event.currentTarget.checked)} />}
    </ActDialog>
  );
}
