import { ActionIcon, AppShell, Badge, Burger, Group, Menu, Modal, NavLink, ScrollArea, Select, SimpleGrid, Table, Text, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import { Icon, type IconName } from '../parts/icon.tsx';
import { StaleDialog } from '../pages/item/stale.tsx';
import { reading, useUnreachableSince } from './call.ts';
import { formatCount, formatTime } from './format.ts';
import { Keys, useActiveKeys, useKeys } from './keys.tsx';
import { signOut, useCompanies, useSession } from './session.ts';

/** What is around every page: where one can go, which company is shown, who is signed in, what the keys do. */

interface Place { to: string; label: string; icon: IconName; keys: string }
const PLACES: readonly { title: string; places: readonly Place[] }[] = [
  {
    title: 'Work',
    places: [
      { to: '/queue', label: 'Queue', icon: 'queue', keys: 'g q' },
      { to: '/quarantine', label: 'Quarantine', icon: 'quarantine', keys: 'g u' },
      { to: '/dead-letters', label: 'Dead letters', icon: 'dead', keys: 'g d' },
      { to: '/approvals', label: 'Approvals', icon: 'approvals', keys: 'g a' },
      { to: '/learned', label: 'Learned accounts', icon: 'learned', keys: 'g l' },
    ],
  },
  {
    title: 'Books',
    places: [
      { to: '/overview', label: 'Overview', icon: 'overview', keys: 'g o' },
      { to: '/log', label: 'Log', icon: 'log', keys: 'g h' },
    ],
  },
  {
    title: 'Control',
    places: [
      { to: '/modes', label: 'Modes', icon: 'modes', keys: 'g m' },
      { to: '/settings', label: 'Settings', icon: 'settings', keys: 'g s' },
    ],
  },
];

export function Shell(): ReactNode {
  const [menu, { toggle, close }] = useDisclosure(false);
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const waiting = useWaiting();
  useKeys('Everywhere', [
    { keys: '?', label: 'Show the keys', run: () => setHelp(true) },
    ...PLACES.flatMap(({ places }) => places.map((place) => ({ keys: place.keys, label: `Go to ${place.label.toLowerCase()}`, run: () => void navigate({ to: place.to }) }))),
  ]);
  return (
    <AppShell header={{ height: 46 }} navbar={{ width: 196, breakpoint: 'sm', collapsed: { mobile: !menu } }} padding={0}>
      <a href="#main" className="skip">Skip to the page</a>
      <AppShell.Header px="sm">
        <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Pages" />
            <UnstyledButton component={Link} to="/queue" aria-label="tieout, to the queue"><Mark /></UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <CompanySwitch />
            <ColourSwitch />
            <Tooltip label="Keys ( ? )"><ActionIcon variant="subtle" color="gray" aria-label="Show the keys" onClick={() => setHelp(true)} visibleFrom="sm"><b>?</b></ActionIcon></Tooltip>
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p={6} aria-label="Pages">
        <ScrollArea>
          {PLACES.map(({ title, places }) => (
            <div key={title}>
              <Text size="xs" c="dimmed" fw={600} px="xs" pt="sm" pb={4}>{title}</Text>
              {places.map((place) => (
                <NavLink key={place.to} component={Link} to={place.to} onClick={close} label={place.label} leftSection={<Icon name={place.icon} />} rightSection={waiting[place.to] ? <Text span size="xs" c="dimmed">{formatCount(waiting[place.to]!)}</Text> : undefined}
                  active={path.startsWith(place.to)} variant="light" py={6} px="xs" style={{ borderRadius: 4 }} />
              ))}
            </div>
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}><Unreachable /><Outlet /></AppShell.Main>
      <StaleDialog />
      <Notifications position="bottom-right" autoClose={5_000} limit={3} />
      {help && <KeyHelp close={() => setHelp(false)} />}
    </AppShell>
  );
}

// The figures are those of the overview. The page that was asked for comes first.
const WAITING_AFTER_MS = 1_000;

/** How much waits at each place. */
function useWaiting(): Record<string, number> {
  const [isLater, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), WAITING_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const { data } = useQuery({ ...reading('GET /api/overview', {}), enabled: isLater, refetchInterval: 60_000 });
  return data ? { '/queue': data.queue.open, '/quarantine': data.quarantined, '/dead-letters': data.dead_letters, '/approvals': data.approvals_pending, '/learned': data.learned_proposed } : {};
}

/** Says that what is shown may be old, before somebody acts on it. */
function Unreachable(): ReactNode {
  const since = useUnreachableSince();
  return (
    <div role="status" className="unreachable">
      {since && <><Icon name="warning" size={14} /> The server has not answered since {formatTime(since.toISOString())}. What is shown may be old, and what you do now is not done.</>}
    </div>
  );
}

function Mark(): ReactNode {
  return (
    <Group gap={7} wrap="nowrap">
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden><rect width="32" height="32" rx="7" fill="#155e63" /><path d="M8 12h16M8 20h16" stroke="#fff" strokeWidth="3" strokeLinecap="round" /><path d="m18 7-5 18" stroke="#8fd3c8" strokeWidth="2.6" strokeLinecap="round" /></svg>
      <Text fw={650} size="md" visibleFrom="xs">tieout</Text>
    </Group>
  );
}

/** The company stands in the address, so that a link shows the same to the next person. */
function CompanySwitch(): ReactNode {
  const companies = useCompanies();
  const { company } = useSearch({ strict: false }) as { company?: string };
  const navigate = useNavigate();
  if (companies.length < 2) return companies[0] ? <Badge color="gray">{companies[0]}</Badge> : null;
  return (
    <Select aria-label="Company" w={150} allowDeselect={false} value={company ?? ''} checkIconPosition="right"
      data={[{ value: '', label: 'All companies' }, ...companies.map((one) => ({ value: one, label: one }))]}
      onChange={(value) => void navigate({ to: '.', search: (before: Record<string, unknown>) => ({ ...before, company: value || undefined }) } as never)} />
  );
}

function ColourSwitch(): ReactNode {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Show in ${other}`}>
      <ActionIcon variant="subtle" color="gray" aria-label={`Show in ${other}`} onClick={() => setColorScheme(other)}><Icon name={scheme === 'dark' ? 'sun' : 'moon'} /></ActionIcon>
    </Tooltip>
  );
}

function UserMenu(): ReactNode {
  const session = useSession();
  const navigate = useNavigate();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton aria-label={`Signed in as ${session.name}`}>
          <Group gap={6} wrap="nowrap"><Icon name="user" /><Text visibleFrom="sm">{session.name}</Text></Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session.name} · {session.roles.join(', ')}</Menu.Label>
        <Menu.Item onClick={() => void navigate({ to: '/settings' })}>Tokens and sessions</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function KeyHelp({ close }: { close: () => void }): ReactNode {
  const scopes = useActiveKeys();
  useKeys('Keys', [], { isDialog: true });
  return (
    <Modal opened onClose={close} title="Keys" size="xl">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
        {scopes.map((scope) => (
          <div key={scope.title}>
            <Text fw={600} mb={4}>{scope.title}</Text>
            <Table withRowBorders={false} verticalSpacing={2}>
              <Table.Tbody>
                {scope.bindings.map((binding) => <Table.Tr key={binding.keys}><Table.Td w={76}><Keys of={binding.keys} /></Table.Td><Table.Td>{binding.label}</Table.Td></Table.Tr>)}
              </Table.Tbody>
            </Table>
          </div>
        ))}
      </SimpleGrid>
    </Modal>
  );
}
