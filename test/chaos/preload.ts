import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import { FAILPOINT_CHANNEL } from '../../src/platform/failpoint.ts';

/**
 * Loaded into a process by `--import`: what a test does to it from within.
 *   FAULT_AT=FAILPOINT FAULT_SIGNAL=SIGKILL|SIGSTOP   the process says so when it reaches the failpoint, and gets the signal, if any, once
 *   FAULT_CLOCK_MS=N                                  its clock is wrong by so much
 */

const { FAULT_AT, FAULT_SIGNAL, FAULT_CLOCK_MS } = process.env;

let met = false;
subscribe(FAILPOINT_CHANNEL, (failpoint) => {
  if (failpoint !== FAULT_AT || met) return;
  met = true;
  // On standard error at once, for whoever must know before the signal is there.
  writeSync(2, `reached ${FAULT_AT}\n`);
  if (FAULT_SIGNAL !== undefined) process.kill(process.pid, FAULT_SIGNAL);
});

if (FAULT_CLOCK_MS !== undefined) {
  const shift_ms = Number(FAULT_CLOCK_MS);
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...parts: unknown[]) {
      if (parts.length === 0) super(RealDate.now() + shift_ms);
      else super(...parts as [number]);
    }

    static override now(): number {
      return RealDate.now() + shift_ms;
    }
  } as DateConstructor;
}
