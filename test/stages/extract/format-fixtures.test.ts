import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { fixtureName, listDocuments, printedReadings, type PrintedReading } from '../../helpers/format-fixtures.ts';

const documents = listDocuments();

describe('tieout extract prints of each fixture what its .json says', () => {
  let readings: Map<string, PrintedReading>;
  beforeAll(async () => {
    readings = await printedReadings(documents);
  }, 120_000);

  test.each(documents.map((document) => [fixtureName(document), document]))('%s', (_, document) => {
    const expected = `${document}.json`;
    expect(existsSync(expected), `${expected} says what is expected`).toBe(true);
    expect(readings.get(document)).toEqual(JSON.parse(readFileSync(expected, 'utf8')));
  });
});
