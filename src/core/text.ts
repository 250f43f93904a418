import { remembering } from './remember.ts';

/**
 * Text as documents carry it, and the forms under which names and references are compared.
 * Everything here runs over untrusted text: every pattern is linear (no nested or overlapping repetition).
 */

const PLAIN_WORDS = /^[!-~]+(?: [!-~]+)*$/;
// Unicode's format characters (soft hyphens, zero widths, directional overrides, byte order marks): nobody sees them, and they break comparisons.
const INVISIBLE = /\p{Cf}+/gu;
const SPACE = /[\s\p{Cc}]+/gu;

/**
 * Cleans a document's text: NUL and other control characters and runs of white space become one space, lone surrogates U+FFFD, what
 * cannot be seen goes, the rest is composed (Unicode NFC). Null when nothing is left. Postgres text, jsonb and queues take the result.
 */
export function cleanText(text: string | null): string | null {
  if (text === null || text === '') return null;
  if (PLAIN_WORDS.test(text)) return text;
  return text.toWellFormed().replace(INVISIBLE, '').replace(SPACE, ' ').trim().normalize('NFC') || null;
}

/** Upper case, only A-Z and 0-9: how numbers and references are compared whatever their spaces, dashes, slashes, width and script. */
export function normaliseReference(text: string): string {
  if (NORMAL_REFERENCE.test(text)) return text;
  return withLatinLetters(text.normalize('NFKC')).toUpperCase().replace(/[^A-Z0-9]+/g, '');
}
const NORMAL_REFERENCE = /^[A-Z0-9]*$/;

/**
 * Greek and Cyrillic letters as the Latin ones that stand for them, one for one, so that places in the text stay: two series of numbers that
 * differ in such letters alone are two. Where banks write two letters (`TH`), it is the first.
 */
export function withLatinLetters(text: string): string {
  return OTHER_SCRIPT.test(text) ? text.replace(OTHER_SCRIPTS, (letter) => LATIN.get(letter.toUpperCase()) ?? letter) : text;
}
const OTHER_SCRIPT = /[\u0370-\u04ff]/;
const OTHER_SCRIPTS = /[\u0370-\u04ff]/g;
const LATIN = new Map([
  ...pairsOf('ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫ', 'ABGDEZHTIKLMNXOPRSTYFCPOAEHIOYOIY'),
  ...pairsOf('АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЂЈЉЊЋЏЄІЇҐ', 'ABVGDEEZZIYKLMNOPRSTUFHTCSSAYYEUADJLNCDEIIG'),
]);

function pairsOf(from: string, to: string): [string, string][] {
  return [...from].map((letter, i): [string, string] => [letter, to[i]!]);
}

/** Letters that Unicode does not decompose, and the digraphs that banks write for umlauts. */
const DIGRAPHS: Record<string, string> = {
  ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe', æ: 'ae', œ: 'oe', ß: 'ss', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ħ: 'h', ŋ: 'n',
};
const BARE: Record<string, string> = { ...DIGRAPHS, ä: 'a', ö: 'o', ü: 'u', å: 'a', ø: 'o' };

/** Words that banks and customers write as often as the sign: `Meyer & Söhne`, `Meyer und Söhne`, `Meyer + Söhne`. */
export const CONNECTIVES: ReadonlySet<string> = new Set(['and', 'und', 'et', 'og', 'och', 'ja', '&']);

/** What stands behind the `u` of banks whose character set has no `&`: `AHRENS U PARTNER GMBH U CO KG`. Elsewhere it is an initial. */
const COMPANIONS: ReadonlySet<string> = new Set(['co', 'cie', 'comp', 'partner', 'soehne', 'sohne', 'sohn', 'tochter', 'toechter', 'kinder', 'kollegen', 'brueder', 'bruder']);

/**
 * Legal forms, folded as names are (dots inside abbreviations removed); those of one line are one form. Two companies that differ in their
 * form alone share a key, and are told apart by the form where both show one.
 */
const LEGAL_FORMS = new Map(([
  // German, Austrian, Swiss
  ['gmbh', 'mbh', 'gesmbh', 'gesellschaft mbh', 'gesellschaft mit beschraenkter haftung', 'gesellschaft mit beschrankter haftung'],
  ['gmbh co kg', 'gmbh co', 'mbh co kg', 'mbh co'], ['gmbh co kgaa'], ['gmbh co ohg'], ['ag', 'aktiengesellschaft'], ['ag co kg'], ['se'], ['kg', 'kommanditgesellschaft'], ['kgaa'], ['ohg'],
  ['ug', 'ug haftungsbeschraenkt', 'ug haftungsbeschrankt', 'haftungsbeschraenkt', 'haftungsbeschrankt'], ['gbr'], ['ek'], ['eu'], ['ev', 'e v'], ['eg'],
  // English
  ['ltd', 'limited', 'co ltd', 'company limited', 'pty ltd', 'pte ltd', 'pvt ltd', 'private limited'], ['llc'], ['llp'], ['lp'], ['plc'],
  ['inc', 'incorporated'], ['corp', 'corporation'], ['co', 'company'],
  // French, Belgian, Luxembourgish
  ['sa', 's a'], ['sarl', 'sa rl', 's a r l'], ['sas'], ['sasu'], ['sci'], ['snc'], ['eurl'], ['sprl'], ['srl'], ['scrl'], ['asbl'],
  // Dutch
  ['bv', 'b v'], ['nv', 'n v'], ['vof'], ['cv'], ['bvba'], ['vzw'],
  // Italian, Spanish, Portuguese
  ['spa', 's p a'], ['srls'], ['sapa'], ['sl', 's l'], ['slu'], ['sau'], ['lda', 'unipessoal lda'], ['ltda'],
  // Nordic, Baltic
  ['ab'], ['oy', 'oy ab', 'ab oy'], ['oyj'], ['as', 'a s'], ['asa'], ['ans'], ['aps'], ['ivs'], ['i s'], ['hb'], ['kb'], ['ky'], ['tmi'], ['hf'], ['ehf'], ['ou'], ['uab'], ['sia'],
  // Central and eastern European
  ['sp z oo', 'sp z o o', 'spolka z oo', 'spzoo'], ['sp j', 'spj'], ['sp k', 'spk'], ['sro', 's r o', 'spol s ro', 'spol s r o'], ['vos'], ['kft'], ['zrt'], ['nyrt'], ['bt'], ['doo'], ['jdoo'], ['dd'], ['ad'], ['ood'], ['eood'], ['ooo'], ['oao'], ['zao'], ['pao'],
  // Greek, Cyrillic
  ['αε'], ['επε'], ['οε'], ['εε'], ['ικε'], ['оод'], ['еоод'], ['ад'], ['еад'], ['ооо'], ['оао'], ['зао'], ['пао'], ['тов'], ['доо'],
  // Asian
  ['kk'], ['gk'], ['pt'], ['tbk'], ['bhd'], ['sdn bhd'],
] as const).flatMap((spellings) => spellings.map((spelling): [string, string] => [spelling, spellings[0]])));
const LONGEST_FORM_WORDS = 4;
const FIRST_WORDS_OF_FORMS = new Set(LEGAL_FORMS.keys().map((form) => form.slice(0, form.indexOf(' ') < 0 ? undefined : form.indexOf(' '))));
const LAST_WORDS_OF_FORMS = new Set(LEGAL_FORMS.keys().map((form) => form.slice(form.lastIndexOf(' ') + 1)));

/** A name as names are compared. */
export interface FoldedName {
  /** All its words, folded, joined by spaces; whatever joins two of them as `&`. */
  whole: string;
  /** The same without what joins words, and without the legal form at either end: the key under which names are filed. */
  key: string;
  /** The legal form in one spelling of it; empty where none is shown. */
  form: string;
}

/**
 * The foldings of a name; two names agree when they share a key and show no two forms. Lower case, no accents, no punctuation, word order
 * kept; with umlauts as digraphs (`mueller`) and, where that differs, as bare letters (`muller`). Names in other scripts keep their letters.
 */
export const foldName: (name: string) => readonly FoldedName[] = remembering((name) => {
  const digraphs = foldWith(name, DIGRAPHS);
  if (!UMLAUT.test(name)) return [digraphs];
  const bare = foldWith(name, BARE);
  return digraphs.whole === bare.whole ? [digraphs] : [digraphs, bare];
});

/** The keys of a name's foldings; the empty string for a text without letters and digits. */
export function nameKeys(name: string): string[] {
  return foldName(name).map(({ key }) => key);
}

/** The key of a name that is cut within a legal form of several words (`sp z o` of `sp z oo`), from its `whole`; empty where no form begins so. */
export function keyBeforeCutForm(whole: string): string {
  const words = whole.split(' ');
  for (let n = Math.min(LONGEST_FORM_WORDS, words.length - 1); n > 1; n--) {
    const phrase = words.slice(-n).join(' ');
    if (LEGAL_FORMS.keys().some((form) => form.startsWith(phrase))) return nameKeys(words.slice(0, -n).join(' '))[0]!;
  }
  return '';
}

// The signs that the two tables fold in two ways, composed or not.
const UMLAUT = /[äöüåø]|\u0308|\u030a/i;

const ASCII = /^[ -~]*$/;
const LETTERS_AND_SPACES = /^[a-z0-9 ]*$/;

function foldWith(name: string, letters: Record<string, string>): FoldedName {
  const lower = ASCII.test(name) ? name.toLowerCase() : name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[ßäöüåøæœłđðþıħŋ]/g, (letter) => letters[letter]!)
    .normalize('NFD')
    .replace(/\p{M}+/gu, '');
  const all = (LETTERS_AND_SPACES.test(lower) ? lower : lower
    .replace(/['’`´]/g, '')
    // `s.p.a.` → `spa`, `a.b. meier` → `ab meier`, but `st. gallen` stays two words.
    .replace(/(?<![\p{L}\p{N}])(\p{L})\./gu, '$1')
    .replace(/[&+]/g, ' & ')
    .replace(/[^\p{L}\p{N}&]+/gu, ' '))
    .split(' ')
    .filter((word) => word !== '')
    .map((word, i, words) => (CONNECTIVES.has(word) || (word === 'u' && i > 0 && COMPANIONS.has(words[i + 1]!)) ? '&' : word));
  // At an end it joins nothing: the name was cut, and goes on.
  const words = all.filter((word, i) => word !== '&' || (i === all.length - 1 && i > 1));
  let start = 0;
  let end = words.length;
  let form = '';
  for (;;) {
    const tail = formAt(words, end, -1, end - start - 1);
    const head = tail > 0 ? 0 : formAt(words, start, 1, end - start - 1);
    if (tail === 0 && head === 0) return { whole: all.join(' '), key: words.slice(start, end).join(' '), form };
    form = LEGAL_FORMS.get((tail > 0 ? words.slice(end - tail, end) : words.slice(start, start + head)).join(' '))!;
    end -= tail;
    start += head;
  }
}

/** How many words of a legal form, at most `most`, end before `at` (direction -1) or begin there (1); the longest counts. Letters that stand apart at the beginning are initials. */
function formAt(words: string[], at: number, direction: 1 | -1, most: number): number {
  if (most < 1 || !(direction === 1 ? FIRST_WORDS_OF_FORMS.has(words[at]!) : LAST_WORDS_OF_FORMS.has(words[at - 1]!))) return 0;
  for (let n = Math.min(LONGEST_FORM_WORDS, most); n > 0; n--) {
    const phrase = direction === 1 ? words.slice(at, at + n) : words.slice(at - n, at);
    if (LEGAL_FORMS.has(phrase.join(' ')) && !(direction === 1 && n > 1 && phrase.every((word) => word.length === 1))) return n;
  }
  return 0;
}
