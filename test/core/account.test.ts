import { describe, expect, test } from 'vitest';
import { accountKey, accountKeys, compareAccounts, ibanStatus } from '../../src/core/account.ts';

test.each([
  ['DE89 3704 0044 0532 0130 00', 'valid'],
  ['gb29nwbk60161331926819', 'valid'],
  ['DE88370400440532013000', 'invalid'], // check digits
  ['DE8937040044053201300', 'invalid'], // one digit short
  ['MT84MALT011000012345MTLCAST001S', 'valid'],
  ['NO6686011117948', 'valid'], // the country's own check digit is wrong, the IBAN's are right
  ['XX89370400440532013000', 'none'],
  ['0532013000', 'none'],
] as const)('%s as an IBAN: %s', (account, status) => expect(ibanStatus(account)).toBe(status));

test.each([
  ['de89 3704 0044 0532 0130 00', 'DE89370400440532013000'],
  ['00-1234.567', '1234567'],
  ['0000', '0'],
  ['**** **** 1234', '*1234'],
  ['XXXX-XX12', '*12'],
  ['12••••34', '12*34'],
  ['…', ''],
])('the key of %s is %s', (account, key) => expect(accountKey(account)).toBe(key));

describe('compareAccounts', () => {
  test.each([
    ['DE89370400440532013000', 'DE89 3704 0044 0532 0130 00', 'same'],
    ['37040044 0532013000', 'DE89370400440532013000', 'same'],
    ['DE89370400440532013000', '370400440532013000', 'same'],
    ['532013000', 'DE89370400440532013000', 'possible'],
    ['DE89370400440532013000', '0532013000', 'possible'],
    ['13000', 'DE89370400440532013000', 'no'],
    ['4512', 'DE71100100100000004512', 'possible'],
    ['532013000', '99532013000', 'no'],
    ['DE89 **** 3000', 'DE89370400440532013000', 'possible'],
    ['DE89 **** 3001', 'DE89370400440532013000', 'no'],
    ['DE89*0532*3000', 'DE89370400440532013000', 'possible'],
    ['**00', 'DE89370400440532013000', 'no'],
    ['1234*1234', '123412', 'no'],
    ['---', '', 'no'],
  ] as const)('%s, %s: %s', (printed, known, verdict) => expect(compareAccounts(printed, known)).toBe(verdict));
});

test.each([
  ['532013000', '37040044', ['532013000', 'DE89370400440532013000']],
  ['37040044/532013000', null, ['37040044532013000', 'DE89370400440532013000']],
  ['234573201', '19043', ['234573201', 'AT611904300234573201', 'CH5019043000234573201']],
  ['417164300', 'ABNANL2A', ['417164300', 'NL91ABNA0417164300']],
  ['DE89370400440532013000', 'COBADEFFXXX', ['DE89370400440532013000']],
  ['532013000', null, ['532013000']],
  ['–', '37040044', []],
] as const)('%s at the bank %s may be on file as %j', (account, bank, keys) => expect(accountKeys(account, bank)).toEqual(keys));
