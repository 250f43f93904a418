import { rm } from 'node:fs/promises';
import { startEmbedded } from '../../src/platform/embedded-postgres.ts';

/** A program: keeps the embedded server of the home it is given for as long as its standard input is open, then removes both. */

const home = process.argv[2]!;
const server = await startEmbedded(home);
process.stdout.write(server.url);
process.stdin.resume().once('end', () => void server.release().then(() => rm(home, { recursive: true, force: true })));
