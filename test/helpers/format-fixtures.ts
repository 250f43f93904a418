import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * The fixtures of the formats: documents written by hand from the standards, each with a `.json` beside it that says what `tieout extract`
 * prints of it. A value that is absent (null, an empty list, `reversal: false`) is left out there.
 */
export const FORMAT_FIXTURES = join(import.meta.dirname, '../../fixtures/formats');

export interface PrintedReading {
  statements?: Record<string, unknown>[];
  errors?: { code: string; location?: unknown }[];
}

/** The documents below the folder, without their expected readings. */
export function listDocuments(folder = FORMAT_FIXTURES): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

interface PrintedStatement {
  document: string;
  sha256?: string;
  extractor?: string;
  checks: { name: string; ok: boolean }[];
}

/** What `tieout extract` prints of the documents, by their path, in the form of the expected readings. One process reads them all. */
export async function printedReadings(documents: readonly string[], program = join(import.meta.dirname, '../../src/cli/main.ts')): Promise<Map<string, PrintedReading>> {
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    execFile(process.execPath, [program, 'extract', ...documents], { maxBuffer: 1 << 28 }, (error, out, err) => {
      // 2 says that some could not be read.
      if (error !== null && error.code !== 2) reject(error);
      else resolve({ stdout: out, stderr: err });
    });
  });
  const readings = new Map<string, PrintedReading>(documents.map((document) => [document, {}]));
  for (const line of linesOf(stdout)) {
    const { document, sha256: _, extractor: __, checks, ...fields } = JSON.parse(line) as PrintedStatement;
    const shown = { ...present(fields) as object, checks: Object.fromEntries(checks.map(({ name, ok }) => [name, ok])) };
    (readings.get(document)!.statements ??= []).push(present(shown) as Record<string, unknown>);
  }
  for (const line of linesOf(stderr)) {
    const { document, error: { code, location } } = JSON.parse(line) as { document: string; error: { code: string; location: unknown } };
    (readings.get(document)!.errors ??= []).push(present({ code, location }) as { code: string });
  }
  return readings;
}

/** The name of a fixture: its path below the fixtures' folder. */
export function fixtureName(document: string): string {
  return relative(FORMAT_FIXTURES, document);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function present(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value)
    .map(([name, v]) => [name, present(v)] as const)
    .filter(([name, v]) => v !== null && (v !== false || name !== 'reversal') && !(typeof v === 'object' && Object.keys(v as object).length === 0));
  return Object.fromEntries(kept);
}
