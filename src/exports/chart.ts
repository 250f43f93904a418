import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { Failure } from '../core/failure.ts';

/** The company's own chart of accounts: what each posting key is called there. */
const CHART = z.record(z.string(), z.strictObject({
  number: z.string().min(1), name: z.string().min(1), type: z.enum(['asset', 'liability', 'equity', 'income', 'expense']),
}));
export type Chart = Readonly<z.infer<typeof CHART>>;

/** Reads `accounts.yaml` of the rules folder; without one the keys stand for themselves. Throws Failure('configuration') that says what is wrong. */
export function loadChart(rules_folder: string): Chart {
  const path = join(rules_folder, 'accounts.yaml');
  if (!existsSync(path)) return {};
  try {
    return CHART.parse(parse(readFileSync(path, 'utf8')) ?? {});
  } catch (error) {
    const wrong = error instanceof z.ZodError ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
      : error instanceof YAMLParseError ? [error.message] : null;
    if (wrong === null) throw error;
    throw new Failure('configuration', `${path} is wrong; an account looks like  bank: { number: "1200", name: Bank, type: asset }\n  ${wrong.join('\n  ')}`, null, error);
  }
}
