import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadChart } from '../../src/exports/chart.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'tieout-chart-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the shipped chart has every key of docs/accounting.md and no other', () => {
  const section = /^## The accounts$([\s\S]*?)^## /m.exec(readFileSync(join(ROOT, 'docs/accounting.md'), 'utf8'))![1]!;
  const keys = [...section.matchAll(/^\| (`.*?`) \|/gm)].flatMap((row) => [...row[1]!.matchAll(/`([a-z_]+)`/g)].map((key) => key[1]!));
  expect(Object.keys(loadChart(join(ROOT, 'rules'))).toSorted()).toEqual(keys.toSorted());
});

test('without a chart the keys stand for themselves; a wrong one is refused with its place', () => {
  expect(loadChart(folder)).toEqual({});
  writeFileSync(join(folder, 'accounts.yaml'), 'bank: { number: 1200, name: Bank, type: assets }\n');
  expect(() => loadChart(folder)).toThrow(/accounts\.yaml is wrong[\s\S]*bank\.number[\s\S]*bank\.type/);
});
