import type { Country } from '../../fixtures/generate/identifiers.ts';
import type { Random } from '../../fixtures/generate/random.ts';
import type { Language } from './model.ts';

/** Names of companies and people that do not exist, in several languages. */

interface Words {
  readonly beginnings: readonly string[];
  readonly ends: readonly string[];
  readonly trades: readonly string[];
  readonly forms: readonly string[];
  readonly countries: readonly Country[];
}

const WORDS: Readonly<Record<Language, Words>> = {
  de: {
    beginnings: ['Brüch', 'Dorn', 'Eschen', 'Falken', 'Grün', 'Hasel', 'Krähen', 'Lerchen', 'Moor', 'Nord', 'Öhl', 'Stein', 'Tannen', 'Ulmen', 'Weiß', 'Zell'],
    ends: ['ach', 'beck', 'büttel', 'feld', 'grund', 'hagen', 'horst', 'leben', 'münde', 'stätten', 'tal', 'wörth'],
    trades: ['Anlagenbau', 'Bäckereibedarf', 'Elektro', 'Fahrzeugteile', 'Garten- und Landschaftsbau', 'Kältetechnik', 'Maschinenfabrik', 'Präzisionstechnik', 'Stahlhandel', 'Übersetzungen'],
    forms: ['GmbH', 'GmbH & Co. KG', 'AG', 'KG', 'e.K.', 'UG (haftungsbeschränkt)', 'OHG', 'SE'], countries: ['DE', 'AT', 'CH'],
  },
  en: {
    beginnings: ['Ash', 'Birch', 'Crow', 'Dun', 'Fern', 'Glen', 'Heath', 'Kings', 'Lime', 'Oak', 'Penn', 'Rother', 'Stan', 'Thorn', 'Wether', 'Wood'],
    ends: ['borough', 'bridge', 'bury', 'by', 'field', 'ford', 'ham', 'ley', 'minster', 'port', 'ton', 'worth'],
    trades: ['Aggregates', 'Building Supplies', 'Electrical', 'Engineering', 'Foods', 'Freight', 'Medical', 'Plastics', 'Print & Design', 'Software'],
    forms: ['Ltd', 'Limited', 'plc', 'LLP', 'Inc', 'LLC', 'Ltd.'], countries: ['GB', 'IE'],
  },
  fr: {
    beginnings: ['Aubé', 'Beau', 'Chên', 'Clair', 'Fontén', 'Haute', 'Mont', 'Noir', 'Pré', 'Roche', 'Saint-Ré', 'Vieux'],
    ends: ['court', 'fort', 'gny', 'lac', 'mont', 'rive', 'val', 'vert', 'ville', 'zac'],
    trades: ['Ameublement', 'Bâtiment', 'Chimie', 'Électricité', 'Imprimerie', 'Menuiserie', 'Négoce', 'Plomberie', 'Transports', 'Viticulture'],
    forms: ['SARL', 'SAS', 'S.A.', 'et Fils SARL', 'EURL'], countries: ['FR', 'BE', 'LU'],
  },
  nl: {
    beginnings: ['Duin', 'Eik', 'Geest', 'Hoog', 'Kamper', 'Leeuw', 'Meer', 'Noorder', 'Oude', 'Rijn', 'Veen', 'Zuider'],
    ends: ['berg', 'dam', 'drecht', 'haven', 'hoek', 'lo', 'oord', 'sluis', 'wijk', 'zande'],
    trades: ['Bloemen', 'Bouwstoffen', 'Grondverzet', 'Installaties', 'Kaas', 'Scheepswerf', 'Techniek', 'Timmerwerken', 'Transport', 'Zuivel'],
    forms: ['B.V.', 'BV', 'N.V.', 'V.O.F.', 'Holding B.V.'], countries: ['NL', 'BE'],
  },
  es: {
    beginnings: ['Alto', 'Bello', 'Campo', 'Fuente', 'Monte', 'Peña', 'Río', 'Torre', 'Valle', 'Villa'],
    ends: ['blanca', 'clara', 'fría', 'hermosa', 'mayor', 'nueva', 'real', 'seca', 'verde'],
    trades: ['Alimentación', 'Cerámicas', 'Construcción', 'Envases', 'Hostelería', 'Logística', 'Maquinaria', 'Suministros'],
    forms: ['S.L.', 'S.A.', 'SL', 'S.L.U.', 'e Hijos S.L.'], countries: ['ES'],
  },
  it: {
    beginnings: ['Borgo', 'Castel', 'Colle', 'Monte', 'Pieve', 'Ponte', 'Rocca', 'Val'],
    ends: ['bruno', 'chiaro', 'forte', 'lungo', 'nero', 'rosso', 'secco', 'vecchio'],
    trades: ['Arredamenti', 'Carpenteria', 'Edilizia', 'Forniture', 'Meccanica', 'Ricambi', 'Tessuti', 'Trasporti'],
    forms: ['S.r.l.', 'SRL', 'S.p.A.', 'S.n.c.', 'F.lli S.r.l.'], countries: ['IT'],
  },
  pl: {
    beginnings: ['Biało', 'Czarno', 'Dąb', 'Jasno', 'Krzywo', 'Młyn', 'Nowo', 'Wysoko', 'Żelazo'],
    ends: ['brzeg', 'gród', 'las', 'miar', 'polski', 'staw', 'wola', 'źródło'],
    trades: ['Budownictwo', 'Drukarnia', 'Hurtownia', 'Meble', 'Narzędzia', 'Opakowania', 'Transport'],
    forms: ['Sp. z o.o.', 'Sp. k.', 'S.A.', 'sp. z o.o.'], countries: ['PL'],
  },
  fi: {
    beginnings: ['Haapa', 'Järvi', 'Kivi', 'Koivu', 'Lehti', 'Mänty', 'Pohja', 'Suo'],
    ends: ['joki', 'koski', 'lahti', 'mäki', 'niemi', 'ranta', 'salmi', 'vaara'],
    trades: ['Kiinteistöt', 'Konepaja', 'Kuljetus', 'Rakennus', 'Sähkö', 'Tukku'],
    forms: ['Oy', 'Oyj', 'Ky', 'Oy Ab'], countries: ['FI'],
  },
};

export interface Named {
  readonly name: string;
  readonly country: Country;
}

/** Gives names that occur once, some of them nearly alike. */
export function createNames(random: Random): { next(language: Language): Named; person(): string } {
  const taken = new Set<string>();
  const recent: Partial<Record<Language, { place: string; trade: string }[]>> = {};
  return {
    next(language) {
      const { beginnings, ends, trades, forms, countries } = WORDS[language];
      const others = recent[language] ??= [];
      for (;;) {
        // One in eight is a sister of another: the same place and trade, another form, a number or a region.
        const sister = others.length > 0 && random.int(1, 8) === 1 ? random.pick(others) : null;
        const place = sister?.place ?? `${random.pick(beginnings)}${random.pick(ends)}${random.pick(['', '', `er ${random.pick(beginnings)}${random.pick(ends)}`, ` ${random.pick(PEOPLE.last)}`])}`;
        const trade = sister === null ? random.pick(trades) : `${sister.trade}${random.pick(['', ' Nord', ' II', ' International'])}`;
        const name = `${place} ${trade} ${random.pick(forms)}`;
        const folded = foldName(name);
        if (taken.has(folded)) continue;
        taken.add(folded);
        if (sister === null) others.push({ place, trade });
        return { name, country: random.pick(countries) };
      }
    },
    person() {
      for (;;) {
        const name = `${random.pick(PEOPLE.first)} ${random.pick(PEOPLE.last)}${random.pick(['', '', '-'])}`;
        const whole = name.endsWith('-') ? name + random.pick(PEOPLE.last) : `${name} ${random.pick(['', 'jun.', 'u. Partner'])}`.trim();
        const folded = foldName(whole);
        if (taken.has(folded)) continue;
        taken.add(folded);
        return whole;
      }
    },
  };
}

const PEOPLE = {
  first: ['Adalinde', 'Benedek', 'Corvin', 'Dagny', 'Eilif', 'Florentine', 'Gerwin', 'Hjalmar', 'Isolde', 'Jorrit', 'Kasimir', 'Liselotte', 'Manon', 'Nolwenn', 'Oswin', 'Petronella', 'Quirin', 'Runa', 'Sieglinde', 'Thibault', 'Ulrika', 'Veit', 'Wiebke', 'Ysolde'],
  last: ['Abendrot', 'Birkenau', 'Crauwels', 'Dünnwald', 'Eggersglüß', 'Fahrenkrog', 'Grunewold', 'Hövelmann', 'Ickert', 'Joosten', 'Kranewitt', 'Lindqvist', 'Moreau', 'Nachtigall', 'Oberländer', 'Pfefferkorn', 'Quast', 'Rosenzweig', 'Schönebeck', 'Tervooren', 'Uhlenbrock', 'Vanderelst', 'Wackernagel', 'Zumbusch'],
};

/** A name as it may come back from any bank: no case, no accents, umlauts written out or not, letters and digits only. */
export function foldName(name: string): string {
  return name.toLowerCase().replaceAll('ß', 'ss').replaceAll('ø', 'o').replaceAll('ł', 'l').normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ae', 'a').replaceAll('oe', 'o')
    .replaceAll('ue', 'u').replace(/[^a-z0-9]/g, '');
}
