import { expect, test } from 'vitest';
import { bankTypeOf } from '../../../src/stages/validate/bank-type.ts';

test.each([
  ['ISO 20022', { domain: 'ACMT', family: 'MDOP', subfamily: 'CHRG' }, 'fee'],
  ['ISO 20022', { domain: 'ACMT', family: 'MCOP', subfamily: 'INTR' }, 'interest'],
  ['ISO 20022', { domain: 'PMNT', family: 'RDDT', subfamily: 'UPDD' }, 'return'],
  ['a payment, whatever the bank calls it', { domain: 'PMNT', family: 'RCDT', subfamily: 'ESCT', proprietary: 'NTRF+808' }, 'other'],
  ['the bank\'s own beside a code that says nothing', { domain: 'XTND', family: 'NTAV', subfamily: 'NTAV', proprietary: 'NCHG+808+00916' }, 'fee'],
  ['codes in a row', { proprietary: 'PMNT-MDOP-CHRG' }, 'fee'],
  ['SWIFT\'s type beside a code of the bank\'s own', { proprietary: 'NCHG+020' }, 'fee'],
  ['SWIFT\'s type beside a code of the bank\'s own', { proprietary: 'NINT+777' }, 'interest'],
  ['GVC', { proprietary: '808' }, 'fee'],
  ['GVC', { proprietary: '814' }, 'interest'],
  ['GVC: 819 is a salary', { proprietary: '819' }, 'other'],
  ['SWIFT', { proprietary: 'NCHG' }, 'fee'],
  ['SWIFT', { proprietary: 'INT' }, 'interest'],
  ['OFX', { proprietary: 'SRVCHG' }, 'fee'],
  ['BAI2', { proprietary: '698' }, 'fee'],
  ['BAI2', { proprietary: '354' }, 'interest'],
  ['a column', { proprietary: 'Kontoführungsgebühr' }, 'fee'],
  ['a column', { proprietary: 'Ränta' }, 'interest'],
  ['a column, only as the whole cell', { proprietary: 'Gebühr für Notar Meier' }, 'other'],
] as const)('%s: %j is %s', (_, code, type) => expect(bankTypeOf({ domain: null, family: null, subfamily: null, proprietary: null, ...code })).toBe(type));

test('no code says nothing', () => expect(bankTypeOf(null)).toBe('other'));
