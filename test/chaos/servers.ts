import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbedded, stopEmbedded } from '../../src/platform/embedded-postgres.ts';
import { endWithUs, forget } from './leftovers.ts';

/** A Postgres that can be stopped in the middle of everything. It is reached through a proxy, because its port changes with each start. */
export interface Postgres {
  /** Of a database on it, through the proxy. */
  url(database: string): string;
  /** The same past the proxy; ends with the next stop. */
  directUrl(database: string): string;
  readonly proxy: Proxy;
  /** `pg_ctl -m immediate`: no session is ended properly, the next start recovers from the log. */
  stopAtOnce(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const home = await mkdtemp(join(tmpdir(), 'tieout-chaos-'));
  // As root the server runs as another user, who must be able to enter.
  await chmod(home, 0o755);
  let server = await startEmbedded(home);
  endWithUs(await processId(server.url), 'SIGQUIT');
  const proxy = await startProxy(Number(new URL(server.url).port));
  const at = (port: string | number, database: string): string => {
    const url = new URL(server.url);
    url.port = String(port);
    url.pathname = database;
    return url.href;
  };
  return {
    proxy,
    url: (database) => at(proxy.port, database),
    directUrl: (database) => at(new URL(server.url).port, database),
    async stopAtOnce() {
      const pid = await processId(server.url);
      process.kill(pid, 'SIGQUIT');
      await gone(pid);
      forget(pid);
    },
    async start() {
      const old = server;
      server = await startEmbedded(home);
      endWithUs(await processId(server.url), 'SIGQUIT');
      proxy.target = Number(new URL(server.url).port);
      // Only the lock that says it is in use.
      await old.release();
    },
    async close() {
      proxy.close();
      forget(await processId(server.url));
      await server.release();
      await stopEmbedded(home);
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function processId(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows: [row] } = await client.query<{ file: string }>(`select current_setting('data_directory') || '/postmaster.pid' as file`);
  await client.end();
  return Number((await readFile(row!.file, 'utf8')).split('\n')[0]);
}

/** A redis-server without files: killed, it has forgotten everything. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  let server: ChildProcess;
  const start = async (): Promise<void> => {
    server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
    endWithUs(server.pid!, 'SIGKILL');
    while (!await answers(port)) await sleep(20);
  };
  const kill = async (): Promise<void> => {
    const end = once(server, 'exit');
    server.kill('SIGKILL');
    await end;
    forget(server.pid!);
  };
  await start();
  return { port, url: `redis://127.0.0.1:${port}/0`, kill, start, close: kill };
}

/** A TCP proxy on a port of its own that stops answering when asked to: connections stay open, nothing comes or goes. */
export interface Proxy {
  readonly port: number;
  target: number;
  /** Holds everything back until it is called again with false; then what waits goes on its way. */
  hold(held: boolean): void;
  /** Ends all connections. */
  drop(): void;
  close(): void;
}

export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let held = false;
  const proxy = { target };
  const server: Server = createServer((near) => {
    const far = connect(proxy.target, '127.0.0.1');
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('data', (bytes) => { if (!other.write(bytes)) socket.pause(); }).on('drain', () => { if (!held) other.resume(); });
      socket.on('error', () => other.destroy()).on('close', () => { sockets.delete(socket); other.destroy(); });
      if (held) socket.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    hold(now: boolean) {
      held = now;
      for (const socket of sockets) if (held) socket.pause(); else socket.resume();
    },
    drop,
    close() {
      server.close();
      drop();
    },
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const up = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
  socket.destroy();
  return up;
}

/** Waits until there is no such process. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
}
