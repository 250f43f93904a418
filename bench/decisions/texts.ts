import { addDays } from '../../src/core/date.ts';
import type { Account, Language } from './model.ts';
import type { World } from './world.ts';

/** What people write around the numbers of invoices. */

interface Words {
  readonly one: readonly string[];
  readonly several: readonly [many: string, and: string];
  readonly nothing: readonly string[];
  readonly order: string;
  readonly fee: readonly string[];
  readonly interest: readonly string[];
}

/** `#` is the number, `@` a number of somebody else's making, `=` a date, `~` a telephone number, `%` a part of an account. */
const WORDS: Readonly<Record<Language, Words>> = {
  de: {
    one: ['Rechnung #', '#', 'Rg.-Nr. # Kd.-Nr. @', 'RE # vom =', 'Zahlung # Tel. ~', 'Vertrag @ Rechnung # vielen Dank', 'Ihre Rechnung Nr. # unser Zeichen @', 'zu # Konto %', 'Ausgleich Rechn. #, Lieferschein @'],
    several: ['Rechnungen', 'und'], nothing: ['Zahlung wie vereinbart', 'Lieferung November', 'mit bestem Dank', 'Ausgleich offener Posten'], order: 'Vorauszahlung Bestellung',
    fee: ['Kontoführung Quartal', 'Entgelt für Auszüge', 'Buchungsposten'], interest: ['Zinsen Quartal', 'Abrechnung Zinsen'],
  },
  en: {
    one: ['Invoice #', '#', 'Inv # cust @', 'Payment of # dated =', '# tel ~', 'Contract @ invoice # thank you', 'Your invoice no # our ref @', 'a/c % inv #', 'Settlement inv #, delivery @'],
    several: ['Invoices', 'and'], nothing: ['as agreed', 'goods november', 'with thanks', 'account settlement'], order: 'Prepayment order',
    fee: ['Account maintenance', 'Statement charges', 'Monthly service'], interest: ['Interest for the period', 'Quarterly interest'],
  },
  fr: {
    one: ['Facture #', '#', 'Fact. # client @', 'Règlement # du =', '# tél ~', 'Contrat @ facture # merci', 'Votre facture no # notre réf @', 'compte % facture #'],
    several: ['Factures', 'et'], nothing: ['selon accord', 'livraison novembre', 'avec remerciements'], order: 'Acompte commande',
    fee: ['Tenue de compte', 'Frais de relevé'], interest: ['Intérêts trimestre'],
  },
  nl: {
    one: ['Factuur #', '#', 'Fact.nr # klantnr @', 'Betaling # d.d. =', '# tel ~', 'Contract @ factuur # dank', 'Uw factuur nr # ons kenmerk @', 'rek % factuur #'],
    several: ['Facturen', 'en'], nothing: ['zoals afgesproken', 'levering november', 'met dank'], order: 'Vooruitbetaling bestelling',
    fee: ['Kosten betalingsverkeer', 'Pakketkosten'], interest: ['Rente kwartaal'],
  },
  es: {
    one: ['Factura #', '#', 'Fra. # cliente @', 'Pago # de fecha =', '# tel ~', 'Contrato @ factura # gracias', 'Su factura n. # n/ref @', 'cta % factura #'],
    several: ['Facturas', 'y'], nothing: ['según acuerdo', 'entrega noviembre', 'saldo cuenta'], order: 'Anticipo pedido', fee: ['Mantenimiento de cuenta'], interest: ['Liquidación de intereses'],
  },
  it: {
    one: ['Fattura #', '#', 'Ft. # cliente @', 'Saldo # del =', '# tel ~', 'Contratto @ fattura # grazie', 'Vs fattura n. # ns rif @', 'conto % fattura #'],
    several: ['Fatture', 'e'], nothing: ['come da accordi', 'consegna novembre'], order: 'Acconto ordine', fee: ['Tenuta conto'], interest: ['Interessi trimestre'],
  },
  pl: {
    one: ['Faktura #', '#', 'FV # klient @', 'Zapłata # z dnia =', '# tel ~', 'Umowa @ faktura # dziękujemy', 'Wasza faktura nr # nasz znak @', 'rach. % faktura #'],
    several: ['Faktury', 'i'], nothing: ['zgodnie z umową', 'dostawa listopad'], order: 'Zaliczka zamówienie', fee: ['Prowadzenie rachunku'], interest: ['Odsetki kwartał'],
  },
  fi: {
    one: ['Lasku #', '#', 'Lasku nro # asiakas @', 'Maksu # pvm =', '# puh ~', 'Sopimus @ lasku # kiitos', 'Laskunne nro # viitteemme @', 'tili % lasku #'],
    several: ['Laskut', 'ja'], nothing: ['sopimuksen mukaan', 'toimitus marraskuu'], order: 'Ennakko tilaus', fee: ['Tilinhoito'], interest: ['Korko'],
  },
};

/** A text that names one number as it is written. */
export function textNaming(world: World, account: Account, written: string): string {
  const { random } = world;
  const { company } = account;
  return random.pick(WORDS[company.language].one).replace(/[#@=~%]/g, (mark) => {
    switch (mark) {
      case '#': return written;
      case '@': return world.decoy(company, random.int(4, 7));
      case '=': return printDate(addDays(world.days[0], -random.int(5, 30)));
      case '~': return `0${random.int(20, 89)} ${world.decoy(company, random.int(5, 7))}`;
      default: return `${company.accounts[0]!.number.slice(0, 4)} ${world.decoy(company, 4)}`;
    }
  });
}

/** A text that lists several numbers. */
export function textListing(world: World, { company }: Account, written: readonly string[]): string {
  const [many, and] = WORDS[company.language].several;
  const list = `${written.slice(0, -1).join(', ')} ${and} ${written.at(-1)}`;
  return world.random.pick([`${many} ${list}`, written.join(', '), written.join(' + '), `${many}: ${written.join('; ')}`, written.join(' ')]);
}

/** A text that names nothing. */
export function textNamingNothing({ random }: World, { company }: Account): string {
  return random.pick(WORDS[company.language].nothing);
}

export function textNamingOrder({ company }: Account, order: string): string {
  return `${WORDS[company.language].order} ${order}`;
}

export function textOfBank({ random }: World, { company }: Account, kind: 'fee' | 'interest'): string {
  return random.pick(WORDS[company.language][kind]);
}

function printDate(date: string): string {
  return date.split('-').toReversed().join('.');
}
