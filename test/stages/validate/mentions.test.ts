import { describe, expect, test } from 'vitest';
import { decoysOf, endsInNumber, isOneSlip, numbersIn, ordersIn, saysMore, speaksOfPrepayment } from '../../../src/stages/validate/mentions.ts';

describe('numbers that are something else', () => {
  test.each([
    ['Rechnung vom 12.10.2026', ['12.10.2026']],
    ['10/2026, Oktober 2026, KW 45/2026', ['10/2026', 'Oktober 2026', 'KW 45/2026']],
    ['Tel. 040/1234567 oder +49 40 1234567', ['040/1234567', '+49 40 1234567']],
    ['IBAN DE89 3704 0044 0532 0130 00', ['DE89 3704 0044 0532 0130 00']],
    ['1.234,56 EUR', ['1.234,56']],
    ['Kd.-Nr. 10042 Vertrag 4711/08', ['10042', '4711/08']],
    ['client 4220, contract no 88123', ['4220', '88123']],
  ])('%s', (text, spans) => {
    const found = decoysOf(text).map(({ start, end }) => text.slice(start, end).trim());
    for (const span of spans) expect(found).toContain(span);
  });

  test.each([
    'puh. 48394', 'Puhelin 48394', 'gsm 48394', 'Rufnummer 48394', 'mobile 48394', 'telefoon: 48394', 'téléphone 48394', 'cell. 48394', 'tfno. 48394', 'móvil 48394', 'telemóvel 48394', 'kom. 48394', 'tlf. 48394', 'tfn 48394',
    'telefonszám 48394', 'τηλ. 48394', 'κιν. 48394', 'тел. 48394', 'моб. 48394', 'mobitel 48394', 'tālr. 48394', 'telefaks 48394', 'faksas 48394', 'факс 48394',
    'asiakasnro 48394', 'klantnummer 48394', 'kundnr 48394', 'kundenr. 48394', 'nr klienta 48394', 'č. zákazníka 48394', 'cod client 48394', 'kliendi nr 48394', 'kliento kodas: 48394', 'Mitgliedsnr. 48394', 'medlemsnummer 48394', 'jäsennumero 48394', 'членски номер 48394',
    'sopimusnumero 48394', 'overeenkomst 48394', 'leping nr 48394', 'līgums 48394', 'sutartis 48394', 'numer umowy 48394', 'číslo smlouvy 48394', 'polizza n. 48394', 'póliza 48394', 'apólice nº 48394', 'nr polisy 48394', 'kötvényszám 48394', 'vakuutus 48394', 'полица № 48394',
    'Zählernummer 48394', 'compteur n° 48394', 'contatore 48394', 'licznik nr 48394', 'målernr 48394', 'mittari 48394', 'brojilo br. 48394',
    'tilausnro 48394', 'ordre 48394', 'obj. č. 48394', 'zam. nr 48394', 'megrendelés 48394', 'comanda 48394', 'tellimus 48394', 'pasūtījums 48394', 'užsakymas 48394', 'narudžbenica 48394',
    'dossier 48394', 'sagsnr. 48394', 'ticket #48394', 'postinumero 48394', 'postnr 48394', 'kod pocztowy 48394', 'CAP 48394', 'PSČ 48394', 'irsz. 48394', 'Datum 48394', 'pvm 48394',
  ])('behind another word: %s', (text) => expect(decoysOf(text).some(({ start, end, labelled }) => labelled && text.slice(start, end) === '48394')).toBe(true));

  test.each(['RE-2026-00042', 'Rechnung 4711', '00322932', 'INV 88123'])('%s is none', (text) => expect(decoysOf(text)).toEqual([]));

  test('takes linear time on long hostile text', () => {
    const started = performance.now();
    for (const piece of ['1 ', '1.', 'DE89 ', 'kd nr ', '+49 ', 'a-1', 'RE ']) {
      const text = piece.repeat(20_000);
      decoysOf(text);
      numbersIn(text);
      saysMore(text);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

test.each(['RE-1 u.a.', 'RE-1 + 3 weitere', 'RE-1 and 2 more, thanks', 'RE-1, RE-2, …', 'RE-1 m.fl.', 'RE-1 etc.', 'RE-1 et 4 autres', 'RE-1 +'])('"%s" says that more follows', (text) => expect(saysMore(text)).toBe(true));
test.each(['RE-1 vielen Dank', 'Weiterbildung RE-1', 'RE-1 und RE-2', 'Furthermore Ltd RE-1'])('"%s" does not', (text) => expect(saysMore(text)).toBe(false));

test('a text of the length of a field may have been cut in its number', () => {
  expect(endsInNumber('Vertrag 307139 Rechnung ZG 2026 466')).toBe(true);
  expect(endsInNumber('Rechnung 998')).toBe(false);
  expect(endsInNumber('Vertrag 307139 Rechnung ZG 2026 466 Dank')).toBe(false);
});

test('orders and prepayments are told from invoices', () => {
  expect(ordersIn('PO PO-951263, order no. 4711')).toEqual(['PO951263', '4711']);
  expect(ordersIn('tilausnro 4711, zam. nr 4712, comanda 4713, megrendelésszám 4714, Bestellnummer 4715, Auftragsnr. 4716')).toEqual(['4711', '4712', '4713', '4714', '4715', '4716']);
  expect(['Anzahlung Projekt', 'pro forma 12', 'acompte 30%'].every(speaksOfPrepayment)).toBe(true);
  expect(speaksOfPrepayment('Rechnung 4711')).toBe(false);
});

test.each<[string, string, boolean]>([
  ['RE1004', 'RE1014', true], ['RE1004', 'RE104', true], ['RE1004', 'RE11004', true], ['RE1004', 'RE1040', true], ['RE1004', 'RE1004', false], ['RE1004', 'RE4001', false],
])('%s and %s are a slip apart: %s', (a, b, slip) => expect([isOneSlip(a, b), isOneSlip(b, a)]).toEqual([slip, slip]));

test('numbers that may be meant as an invoice\'s, with the word before them', () => {
  expect(numbersIn('Rechnung 329072-A vom 12.10.2026, Kd 8812').map(({ key, labelled }) => [key, labelled])).toEqual([['329072A', true]]);
});
