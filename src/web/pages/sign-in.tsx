import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import type { Session } from '../../api/schemas.ts';
import { call, reading, setCsrfToken } from '../app/call.ts';
import { queries } from '../app/queries.ts';
import { sessionQuery } from '../app/session.ts';
import { Loaded, tell } from '../parts/states.tsx';

/** How people come in: the one-time link that `tieout serve` prints, a password, or the company's identity provider. */
export default function SignIn(): ReactNode {
  const { to } = useSearch({ strict: false }) as { to?: string };
  const router = useRouter();
  const method = useQuery(reading('GET /api/sign-in', {}));
  const enter = (session: Session): void => {
    setCsrfToken(session.csrf_token);
    queries.clear();
    queries.setQueryData(sessionQuery.queryKey, session);
    router.history.replace(to ?? '/queue');
  };
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder p="xl" radius="md" w={360} maw="100%">
        <Stack gap="md">
          <div><Title order={1}>tieout</Title><Text c="dimmed">Sign in to work the review queue.</Text></div>
          <Loaded query={method} rows={3}>
            {({ method: how }) => (how === 'password' ? <Password enter={enter} /> : how === 'oidc' ? <Button component="a" href="/api/sign-in/oidc" size="sm">Sign in with your company’s account</Button> : <OneTimeLink enter={enter} />)}
          </Loaded>
        </Stack>
      </Paper>
    </Center>
  );
}

function OneTimeLink({ enter }: { enter: (session: Session) => void }): ReactNode {
  const [error, setError] = useState<unknown>(null);
  const [typed, setTyped] = useState('');
  const tried = useRef(false);
  const exchange = (token: string): void => {
    setError(null);
    call('POST /api/sign-in/token', { body: { token } }).then(enter, setError);
  };
  useEffect(() => {
    // The token stands behind the #, which no server and no log gets to see, and leaves the address bar at once.
    const token = new URLSearchParams(window.location.hash.slice(1)).get('token');
    if (token === null || tried.current) return;
    tried.current = true;
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
    exchange(token);
  }, []);
  return (
    <form onSubmit={(event) => { event.preventDefault(); exchange(typed.trim().replace(/^.*#token=/, '')); }}>
      <Stack gap="sm">
        {error !== null && <Alert color="red" variant="light" role="alert" title={tell(error).message}>{tell(error).remedy}</Alert>}
        <Text>Open the link that <code>tieout serve</code> has printed in its terminal. It signs in once; a new one is printed at each start.</Text>
        <PasswordInput label="Or paste the link or its token" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" />
        <Button type="submit" size="sm" disabled={typed.trim().length < 20}>Sign in</Button>
      </Stack>
    </form>
  );
}

function Password({ enter }: { enter: (session: Session) => void }): ReactNode {
  const [user_id, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    call('POST /api/sign-in/password', { body: { user_id, password } }).then(enter, setError).finally(() => setBusy(false));
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {error !== null && <Alert color="red" variant="light" role="alert" title={tell(error).message}>{tell(error).remedy}</Alert>}
        <TextInput label="User" value={user_id} onChange={(event) => setUser(event.currentTarget.value)} autoComplete="username" autoFocus required />
        <PasswordInput label="Password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required />
        <Button type="submit" size="sm" loading={busy}>Sign in</Button>
      </Stack>
    </form>
  );
}
