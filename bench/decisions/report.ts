import { formatTable } from '../../src/cli/session.ts';
import { NEVER, type Problem, type Score, type Tally } from './score.ts';

/** The score as a table for a person. */
export function formatScore(seed: number, { total, scenarios, formats, never, problems }: Score, shown_each: number): string {
  const table = (title: string, tallies: ReadonlyMap<string, Tally>): string => `${formatTable([
    [title, 'ENTRIES', 'DECIDABLE', 'DECIDED', 'WRONG', 'FOR A PERSON', 'TAKEN', 'REVIEWABLE', 'FIRST', 'TOP 3'],
    ...[...tallies].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, tally]) => [
      name, ...[tally.entries, tally.decidable, tally.decided_rightly, tally.wrong, tally.for_person, tally.taken, tally.reviewable, tally.first, tally.top_three].map(String),
    ]),
  ], [1, 2, 3, 4, 5, 6, 7, 8, 9])}\n`;
  const kinds = new Map<Problem['what'], Problem[]>();
  for (const problem of problems) kinds.getOrInsert(problem.what, []).push(problem);
  return [
    `seed ${seed}, ${total.entries} entries\n\n`, table('SCENARIO', scenarios), '\n', table('FORMAT', formats), '\n',
    `precision   ${percent(total.automatic - total.wrong, total.automatic)} of ${total.automatic} automatic decisions, ${percent(total.automatic_value - total.wrong_value, total.automatic_value)} by value\n`,
    `recall      ${percent(total.decided_rightly, total.decidable)} of ${total.decidable} decidable, ${percent(total.decided_rightly_value, total.decidable_value)} by value\n`,
    `wrong       ${total.wrong} automatic decisions, of these ${total.taken} of ${total.for_person} that are for a person\n`,
    `suggestions ${percent(total.first, total.reviewable)} right first, ${percent(total.top_three, total.reviewable)} among the first three, of ${total.reviewable}\n`,
    ...NEVER.map((what) => `never       ${what}: ${never[what]}\n`),
    ...[...kinds].map(([what, list]) => `\n${what} (${list.length})\n${list.slice(0, shown_each).map(formatProblem).join('')}`),
  ].join('');
}

/** The same for programs: one JSON object; values in minor units as strings. */
export function scoreJson(seed: number, { total, scenarios, formats, never, problems }: Score): string {
  const text = { seed, total, never, scenarios: Object.fromEntries(scenarios), formats: Object.fromEntries(formats), problems };
  return JSON.stringify(text, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

function formatProblem({ place, scenario, found, stated }: Problem): string {
  return `  ${place} (${scenario})\n    found:  ${found}\n    stated: ${stated}\n`;
}

function percent(part: bigint | number, whole: bigint | number): string {
  return Number(whole) === 0 ? '-' : `${(Number(part) / Number(whole) * 100).toFixed(2)}%`;
}
