import type { CDPSession, Page } from 'playwright-core';
import { createOneTimeToken } from '../src/api/principal.ts';
import { assert } from '../src/core/failure.ts';
import type { Database } from '../src/platform/database.ts';
import { launchChromium } from '../test/web/night.ts';

/** The queue in a real browser: how long from the navigation's start until its rows are painted, and whether scrolling stutters. */

const VIEWS = 5;
// A hand on the wheel for some seconds, fast enough to cross page after page of what is fetched.
const SCROLLS = 4;
const SCROLL_PX = 8_000;
const SCROLL_PX_PER_S = 4_000;
// What the platform calls a long task: from here on a person notices.
const LONG_TASK_MS = 50;

export interface PagesMeasured {
  /** Milliseconds from the start of the navigation, nothing cached and with a warm cache. */
  first_ms: number[];
  again_ms: number[];
  first_bytes: number;
  /** Milliseconds of CPU that the page's own thread takes for a first view: holds on a busy machine too. */
  first_cpu_ms: number[];
  frames: { drawn: number; dropped: number };
  /** Milliseconds, of the pages' own thread. */
  longest_task_ms: number;
  long_tasks: number;
}

/** Signs `user_id` in and looks at a queue of `items`. */
export async function measurePages(db: Database, origin: string, user_id: string, items: number): Promise<PagesMeasured> {
  const browser = await launchChromium();
  try {
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
    const page = await context.newPage();
    await page.addInitScript(noteRows);
    await page.goto(`${origin}/sign-in?to=/settings#token=${(await createOneTimeToken(db, user_id)).token}`);
    await page.getByText('API tokens').first().waitFor();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const cpuMs = async (): Promise<number> => (await devtools.send('Performance.getMetrics')).metrics.find((one) => one.name === 'TaskDuration')!.value * 1_000;
    const [first_ms, again_ms, first_cpu_ms]: [number[], number[], number[]] = [[], [], []];
    let first_bytes = 0;
    devtools.on('Network.loadingFinished', ({ encodedDataLength }) => { first_bytes += encodedDataLength; });
    for (let n = 0; n < VIEWS; n++) {
      await devtools.send('Network.clearBrowserCache');
      first_bytes = 0;
      const cpu_before = await cpuMs();
      first_ms.push(await view(page, origin));
      first_cpu_ms.push(await cpuMs() - cpu_before);
      const bytes = first_bytes;
      again_ms.push(await view(page, origin));
      first_bytes = bytes;
    }
    const total = Number(await page.getByRole('grid').getAttribute('aria-rowcount')) - 1;
    assert(total >= items, `the list shows all ${items} items, and not ${total}`);
    return { first_ms, again_ms, first_bytes, first_cpu_ms, ...await scroll(devtools) };
  } finally {
    await browser.close();
  }
}

async function view(page: Page, origin: string): Promise<number> {
  await page.goto(`${origin}/queue`, { waitUntil: 'commit' });
  // A function and no text: the pages' policy forbids evaluating any.
  const painted = await page.waitForFunction(() => (globalThis as { rowsPainted?: number }).rowsPainted, undefined, { polling: 50 });
  return await painted.jsonValue() as number;
}

/** Runs in the page: the time of the second frame after the first row, when it has been painted. */
function noteRows(): void {
  const page = globalThis as unknown as { rowsPainted?: number; document: { querySelector(selector: string): unknown }; requestAnimationFrame(then: () => void): void };
  const look = (): void => page.requestAnimationFrame(() => {
    if (page.document.querySelector('[role=grid] [aria-rowindex="2"]:not([aria-busy])') === null) look();
    else page.requestAnimationFrame(() => { page.rowsPainted = performance.now(); });
  });
  look();
}

interface TraceEvent { name: string; ph: string; pid: number; tid: number; dur?: number; args: { name?: string } }

/** Turns the wheel up and down the list while the browser notes every frame and task. */
async function scroll(devtools: CDPSession): Promise<Pick<PagesMeasured, 'frames' | 'longest_task_ms' | 'long_tasks'>> {
  const events: TraceEvent[] = [];
  devtools.on('Tracing.dataCollected', ({ value }) => { events.push(...value as unknown as TraceEvent[]); });
  await devtools.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline.frame', 'disabled-by-default-devtools.timeline', 'toplevel', '__metadata'] } });
  for (let n = 0; n < SCROLLS; n++) {
    await devtools.send('Input.synthesizeScrollGesture', { x: 800, y: 400, yDistance: n % 2 === 0 ? -SCROLL_PX : SCROLL_PX / 2, speed: SCROLL_PX_PER_S, gestureSourceType: 'mouse' });
  }
  const ended = new Promise<void>((resolve) => { devtools.once('Tracing.tracingComplete', () => resolve()); });
  await devtools.send('Tracing.end');
  await ended;
  const main = events.find((event) => event.name === 'thread_name' && event.args.name === 'CrRendererMain' && events.some((other) => other.pid === event.pid && other.name === 'DrawFrame'));
  assert(main !== undefined, 'the trace knows the page\'s thread');
  const tasks = events.filter((event) => event.name === 'RunTask' && event.pid === main.pid && event.tid === main.tid).map((event) => (event.dur ?? 0) / 1_000);
  const count = (name: string): number => events.filter((event) => event.name === name && event.pid === main.pid).length;
  assert(count('DrawFrame') > 0 && tasks.length > 0, 'the trace holds frames and tasks');
  return { frames: { drawn: count('DrawFrame'), dropped: count('DroppedFrame') }, longest_task_ms: Math.max(...tasks), long_tasks: tasks.filter((ms) => ms > LONG_TASK_MS).length };
}
