import { Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Overview } from '../../../api/schemas.ts';
import { formatCount, formatCounted, formatDate, formatShare } from '../../app/format.ts';
import classes from './charts.module.css';

/** The overview's two pictures, drawn by hand: a library for them weighed more than all other pages together. Each has its figures as a table for those who do not see it. */

// In units of the picture, which is stretched to the width that there is.
const WIDTH = 600;
const HEIGHT = 110;

/** How large a share the rules posted by themselves, run by run, the last one in figures. */
export function AutomaticRate({ runs }: { runs: Overview['automatic_rate'] }): ReactNode {
  const shares = runs.map((run) => run.automatic / run.entries);
  const last = runs.at(-1)!;
  const x = (n: number): number => (runs.length === 1 ? WIDTH / 2 : (n / (runs.length - 1)) * WIDTH);
  const y = (share: number): number => (1 - share) * HEIGHT;
  return (
    <Stack gap={6}>
      <Group gap="sm" align="baseline">
        <Text size="xl" fw={600}>{formatShare(shares.at(-1)!)}</Text>
        <Text c="dimmed">{formatCount(last.automatic)} of {formatCounted(last.entries, 'entry', 'entries')} of run {last.run_id}{runs.length > 1 && `; ${formatShare(runs.reduce((sum, run) => sum + run.automatic, 0) / runs.reduce((sum, run) => sum + run.entries, 0))} over ${formatCount(runs.length)} runs`}</Text>
      </Group>
      <div className={classes['rate']} aria-hidden>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
          {[0, 0.5, 1].map((share) => <line key={share} x1={0} x2={WIDTH} y1={y(share)} y2={y(share)} className={classes['grid']} />)}
          <polyline points={shares.map((share, n) => `${x(n)},${y(share)}`).join(' ')} className={classes['line']} />
          {/* Round points of a stretched picture are lines without length. */}
          {runs.map((run, n) => <line key={run.run_id} x1={x(n)} x2={x(n)} y1={y(shares[n]!)} y2={y(shares[n]!)} className={classes['point']}><title>{`Run ${run.run_id}: ${formatShare(shares[n]!)} of ${formatCount(run.entries)}`}</title></line>)}
        </svg>
        <div className={classes['scale']}>{[1, 0.5, 0].map((share) => <span key={share}>{formatShare(share)}</span>)}</div>
      </div>
      {runs.length > 1 && <Group justify="space-between" aria-hidden><Text size="xs" c="dimmed">{formatDate(runs[0]!.at.slice(0, 10))}</Text><Text size="xs" c="dimmed" pe={40}>{formatDate(last.at.slice(0, 10))}</Text></Group>}
      <AsTable caption="Share of entries posted automatically" rows={runs.map((run, n) => [`Run ${run.run_id}`, `${formatShare(shares[n]!)} of ${formatCount(run.entries)}`])} />
    </Stack>
  );
}

/** How long what waits has been waiting. */
export function QueueAge({ ages }: { ages: Overview['queue_age'] }): ReactNode {
  const most = Math.max(...ages.map((one) => one.count));
  const bars = ages.map((one, at) => ({ ...one, name: ageName(one.up_to_days, ages[at - 1]?.up_to_days ?? null) }));
  return (
    <>
      <div className={classes['bars']} aria-hidden>
        {bars.map(({ name, count }) => (
          <div key={name} className={classes['bar']}>
            <span>{name}</span>
            <span className={classes['track']}><span className={classes['fill']} style={{ width: `${(count / most) * 100}%` }} /></span>
            <b>{formatCount(count)}</b>
          </div>
        ))}
      </div>
      <AsTable caption="Items by age" rows={bars.map(({ name, count }) => [name, formatCount(count)])} />
    </>
  );
}

function ageName(up_to: number | null, from: number | null): string {
  if (up_to === null) return `Over ${from ?? 0} days`;
  return from === null ? `Up to ${up_to} days` : `${from + 1}–${up_to} days`;
}

function AsTable({ caption, rows }: { caption: string; rows: readonly (readonly [string, string])[] }): ReactNode {
  return <table className="unseen"><caption>{caption}</caption><tbody>{rows.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{value}</td></tr>)}</tbody></table>;
}
