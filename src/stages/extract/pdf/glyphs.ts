import type { Layers, PdfPage, Word } from './text.ts';

/**
 * What a page draws, to words: follows pdf.js's list of operators, so that every glyph has its place to the point, its order of drawing
 * and whether it can be seen (ISO 32000-1, 8.4 graphics state, 9.3 text state, 9.4 text objects).
 */
export interface DrawnPage {
  width: number;
  height: number;
  words: Word[];
  characters: number;
  meaningless: number;
  to_page: Matrix;
}

/** Operators of pdf.js (its `OPS`). */
const OPS = {
  setGState: 9, save: 10, restore: 11, transform: 12, beginText: 31, setCharSpacing: 33, setWordSpacing: 34, setHScale: 35, setLeading: 36, setFont: 37,
  setTextRenderingMode: 38, setTextRise: 39, moveText: 40, setLeadingMoveText: 41, setTextMatrix: 42, nextLine: 43, showText: 44, setFillColorN: 55,
  setFillRGBColor: 59, beginMarkedContent: 69, beginMarkedContentProps: 70, endMarkedContent: 71, paintFormXObjectBegin: 74, paintFormXObjectEnd: 75,
  constructPath: 91,
} as const;
/** Operators that fill a path. */
const FILLS: ReadonlySet<unknown> = new Set([22, 23, 24, 25, 26, 27]);
/** Neither filled nor stroked (ISO 32000-1, 9.3.6): rendering mode 3, and 7, which only clips. */
const INVISIBLE_MODES: ReadonlySet<number> = new Set([3, 7]);

/** Letters of one operator are closer than this; the narrowest space of a proportional font is wider. In font sizes. */
const SAME_WORD = 0.15;
/** Letters that are drawn one by one (lines.ts looks at those again that are set wider). */
const SAME_WORD_OF_LETTERS = 0.09;
/** Kerning pulls letters over each other this far; columns that run into each other overlap further. In font sizes. */
const KERNING = 0.2;
/** Text below this size, in points, is not meant to be seen. */
const SMALLEST = 1;
/** Below this opacity, or this difference from what lies behind it, text is not seen. */
const LEAST_OPACITY = 0.1;
const LEAST_CONTRAST = 0.12;
/** Filled areas that are compared with text; a page with more is a drawing. */
const MAX_AREAS = 4_000;

/** Six numbers of an affine map: x is `a x + c y + e`, y is `b x + d y + f`. */
export type Matrix = readonly [number, number, number, number, number, number];
const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];

interface State {
  ctm: Matrix;
  fill: string;
  opacity: number;
  blended: boolean;
  char_spacing: number;
  word_spacing: number;
  scale: number;
  leading: number;
  rise: number;
  mode: number;
  size: number;
  font: Font;
}

interface Font {
  unit: number;
  vertical: boolean;
  /** Which of its codes mean a character; null where all do. */
  meanings: readonly unknown[] | null;
  /** Its codes are glyph numbers that nothing maps to characters. */
  meaningless: boolean;
}

interface Glyph {
  unicode?: string;
  originalCharCode?: number;
  width: number;
  isSpace?: boolean;
}

interface DrawnWord extends Word {
  direction: number;
  hidden: boolean;
  colour: string;
  /** How many areas had been filled before it. */
  areas: number;
  /** The operator that drew its last glyph. */
  drawn: number;
  /** How wide the grouping space at its end is drawn: a font without one draws some other width than what follows has been set for. */
  blank: number;
}

interface Area {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  colour: string;
  opaque: boolean;
}

// A no-break or narrow space inside a number groups its digits; elsewhere it is a space.
// Fonts without a narrow space draw an empty glyph in its place.
// eslint-disable-next-line no-control-regex
const GROUPING_SPACE = /^[\u0000\u00a0\u2007\u2009\u202f]$/;
// eslint-disable-next-line no-control-regex
const MEANINGLESS = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufffd\ue000-\uf8ff]/;
const LIGATURES = /[\ufb00-\ufb06]/;

/** Reads one page's words, upright, in the order in which they are drawn. */
export async function readGlyphs(page: PdfPage, layers: Layers): Promise<DrawnPage> {
  const viewport = page.getViewport({ scale: 1 });
  const { fnArray, argsArray } = await page.getOperatorList({ annotationMode: 0 });
  const fonts = new Map<string, Font>();
  const words: DrawnWord[] = [];
  const areas: Area[] = [];
  const saved: State[] = [];
  const layerShown: boolean[] = [];
  let state: State = {
    ctm: viewport.transform as unknown as Matrix, fill: '#000000', opacity: 1, blended: false, char_spacing: 0, word_spacing: 0, scale: 1, leading: 0, rise: 0,
    mode: 0, size: 0, font: { unit: 0.001, vertical: false, meanings: null, meaningless: false },
  };
  let matrix: Matrix = IDENTITY;
  let line: [number, number] = [0, 0];
  let at: [number, number] = [0, 0];
  let word: DrawnWord | null = null;
  let characters = 0;
  let meaningless = 0;

  const move = (x: number, y: number): void => {
    line = [line[0] + x, line[1] + y];
    at = [...line];
  };

  const show = (glyphs: readonly (Glyph | number | null)[], operator: number): void => {
    const { size, font, scale, char_spacing, word_spacing } = state;
    const text = multiply(state.ctm, matrix);
    const [a, b, c, d, e, f] = text;
    const direction = Math.round(Math.atan2(b, a) / (Math.PI / 2)) & 3;
    const height = Math.abs(size) * Math.hypot(c, d);
    const hidden = INVISIBLE_MODES.has(state.mode) || state.opacity < LEAST_OPACITY || height < SMALLEST || layerShown.includes(false);
    // One letter with the spacing behind it is still one letter.
    const single = glyphs.filter((glyph) => typeof glyph === 'object' && glyph !== null).length === 1;
    for (const glyph of glyphs) {
      if (typeof glyph === 'number') {
        if (font.vertical) at[1] += glyph * size / 1000;
        else at[0] -= glyph * size * scale / 1000;
        continue;
      }
      if (!glyph) continue;
      const width = glyph.width * font.unit * size;
      const advance = (width + char_spacing + (glyph.isSpace ? word_spacing : 0)) * scale;
      const unicode = glyph.unicode ?? '';
      const y = at[1] + state.rise;
      const from: [number, number] = [a * at[0] + c * y + e, b * at[0] + d * y + f];
      const to: [number, number] = [from[0] + a * width * scale, from[1] + b * width * scale];
      if (font.vertical) at[1] -= Math.abs(size) + char_spacing;
      else at[0] += advance;
      if (unicode.trim() === '' || GROUPING_SPACE.test(unicode)) {
        if (GROUPING_SPACE.test(unicode) && word && /\d$/.test(word.text)) word = append(word, '\u00a0', from, to);
        else if (unicode !== '') word = null;
        continue;
      }
      characters++;
      if (font.meaningless || MEANINGLESS.test(unicode) || (font.meanings !== null && glyph.originalCharCode !== undefined && font.meanings[glyph.originalCharCode] === undefined)) meaningless++;
      const [x0, baseline] = turn(from, direction, viewport);
      const [x1] = turn(to, direction, viewport);
      const gap = word === null ? Infinity : x0 - word.x1 - (word.drawn === operator ? char_spacing * scale * Math.hypot(a, b) : 0);
      const printed = LIGATURES.test(unicode) ? unicode.normalize('NFKC') : unicode;
      // Longer pieces of two operators that touch are columns that run into each other.
      const spaced: boolean = word !== null && word.text.endsWith('\u00a0') && !/^\d/.test(unicode);
      if (spaced) word!.text = word!.text.slice(0, -1);
      const joins: boolean = word !== null && !spaced && word.direction === direction && word.hidden === hidden && Math.abs(word.y - baseline) < 0.1 * height
        && gap <= (word.drawn === operator ? SAME_WORD : SAME_WORD_OF_LETTERS) * height && gap >= -KERNING * height - word.blank && (word.drawn === operator || single || word.letters);
      if (joins) {
        word!.text += printed;
        word!.x1 = Math.max(word!.x1, x1);
        word!.drawn = operator;
        word!.letters &&= single;
        word!.blank = 0;
      } else {
        word = { text: printed, x0, x1, y: baseline, height, direction, hidden, colour: state.mode % 4 === 1 ? 'outline' : state.fill, areas: areas.length, drawn: operator, letters: single, blank: 0 };
        words.push(word);
      }
    }
  };

  const append = (to: DrawnWord, text: string, from: [number, number], end: [number, number]): DrawnWord | null => {
    const [x0] = turn(from, to.direction, viewport);
    if (x0 - to.x1 > SAME_WORD * to.height) return null;
    const [x1] = turn(end, to.direction, viewport);
    to.text += text;
    to.blank = Math.max(x1 - to.x1, 0);
    to.x1 = x1;
    return to;
  };

  const fill = (minMax: ArrayLike<number> | null | undefined): void => {
    if (!minMax || areas.length >= MAX_AREAS) return;
    const corners = [[minMax[0]!, minMax[1]!], [minMax[2]!, minMax[3]!]].map(([x, y]) => apply(state.ctm, x!, y!));
    const xs = corners.map(([x]) => x);
    const ys = corners.map(([, y]) => y);
    areas.push({
      x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys), colour: state.fill,
      opaque: state.opacity > 1 - LEAST_OPACITY && !state.blended && !layerShown.includes(false),
    });
  };

  for (let i = 0; i < fnArray.length; i++) {
    const args = argsArray[i] as never[] | null;
    switch (fnArray[i]) {
      case OPS.save: saved.push({ ...state }); break;
      case OPS.restore: state = saved.pop() ?? state; break;
      case OPS.transform: state.ctm = multiply(state.ctm, args as unknown as Matrix); break;
      case OPS.paintFormXObjectBegin:
        saved.push({ ...state });
        if (args?.[0]) state.ctm = multiply(state.ctm, args[0] as unknown as Matrix);
        break;
      case OPS.paintFormXObjectEnd: state = saved.pop() ?? state; break;
      case OPS.setFillRGBColor: state.fill = String(args![0]); break;
      case OPS.setFillColorN: state.fill = 'pattern'; break;
      case OPS.setGState:
        for (const [key, value] of args![0] as unknown as [string, unknown][]) {
          if (key === 'ca') state.opacity = Number(value);
          else if (key === 'BM') state.blended = value !== 'source-over';
          else if (key === 'Font') setFont(value as [string, number]);
        }
        break;
      case OPS.beginText:
        matrix = IDENTITY;
        line = [0, 0];
        at = [0, 0];
        break;
      case OPS.setTextMatrix:
        matrix = Array.from(args![0] as unknown as ArrayLike<number>) as unknown as Matrix;
        line = [0, 0];
        at = [0, 0];
        break;
      case OPS.setCharSpacing: state.char_spacing = args![0]!; break;
      case OPS.setWordSpacing: state.word_spacing = args![0]!; break;
      case OPS.setHScale: state.scale = args![0]! / 100; break;
      case OPS.setLeading: state.leading = -args![0]!; break;
      case OPS.setTextRise: state.rise = args![0]!; break;
      case OPS.setTextRenderingMode: state.mode = args![0]!; break;
      case OPS.setFont: setFont(args as unknown as [string, number]); break;
      case OPS.moveText: move(args![0]!, args![1]!); break;
      case OPS.setLeadingMoveText:
        state.leading = args![1]!;
        move(args![0]!, args![1]!);
        break;
      case OPS.nextLine: move(0, state.leading); break;
      case OPS.showText: show(args![0] as unknown as (Glyph | number | null)[], i); break;
      case OPS.beginMarkedContent: layerShown.push(true); break;
      case OPS.beginMarkedContentProps: layerShown.push(args![0] !== 'OC' || layers.isVisible(args![1])); break;
      case OPS.endMarkedContent: layerShown.pop(); break;
      case OPS.constructPath: if (FILLS.has(args![0])) fill(args![2] as unknown as ArrayLike<number> | null); break;
    }
  }

  function setFont([name, size]: [string, number]): void {
    let font = fonts.get(name);
    if (!font) {
      const of = (page.commonObjs.has(name) ? page.commonObjs.get(name) : {}) as { fontMatrix?: number[]; vertical?: boolean; toUnicode?: { _map?: unknown[] } };
      // Without a map of its own pdf.js takes the codes of a composite font for characters.
      font = { unit: of.fontMatrix?.[0] ?? 0.001, vertical: of.vertical === true, meanings: of.toUnicode?._map ?? null, meaningless: of.toUnicode !== undefined && 'firstChar' in of.toUnicode };
      fonts.set(name, font);
    }
    state.font = font;
    state.size = size;
  }

  return { ...upright(words, areas, viewport), characters, meaningless };
}

function multiply([a, b, c, d, e, f]: Matrix, by: Matrix): Matrix {
  const [g, h, i, j, k, l] = by;
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}

function apply([a, b, c, d, e, f]: Matrix, x: number, y: number): [number, number] {
  return [a * x + c * y + e, b * x + d * y + f];
}

/** A point of the page as it is after turning text of that direction (quarters clockwise from left-to-right) upright. */
function turn([x, y]: readonly [number, number], direction: number, { width, height }: { width: number; height: number }): [number, number] {
  switch (direction) {
    case 1: return [y, width - x];
    case 2: return [width - x, height - y];
    case 3: return [height - y, x];
    default: return [x, y];
  }
}

/** From the upright page back to the coordinates that the page itself is drawn in (default user space, ISO 32000-1, 8.3.2.3). */
function backToPage(direction: number, { width, height, transform }: { width: number; height: number; transform: number[] }): Matrix {
  const turned = ([[1, 0, 0, 1, 0, 0], [0, 1, -1, 0, width, 0], [-1, 0, 0, -1, width, height], [0, -1, 1, 0, 0, height]] as const)[direction]!;
  const [a, b, c, d, e, f] = transform as unknown as Matrix;
  const area = a * d - b * c;
  return multiply([d / area, -b / area, -c / area, a / area, (c * f - d * e) / area, (b * e - a * f) / area], turned);
}

/** The words of the page's main direction (not the notes along its margin) that lie on it and can be seen, or all where none can. */
function upright(drawn: readonly DrawnWord[], areas: readonly Area[], viewport: { width: number; height: number; transform: number[] }): Pick<DrawnPage, 'width' | 'height' | 'words' | 'to_page'> {
  const lengths = [0, 0, 0, 0];
  for (const word of drawn) lengths[word.direction]! += word.text.length;
  const main = lengths.indexOf(Math.max(...lengths));
  const [width, height] = main % 2 === 0 ? [viewport.width, viewport.height] : [viewport.height, viewport.width];
  const onPage = drawn.filter((word) => word.direction === main && word.x1 >= 0 && word.x0 <= width && word.y >= 0 && word.y <= height + word.height);
  const corners = areas.map((area) => {
    const [a, b] = [turn([area.x0, area.y0], main, viewport), turn([area.x1, area.y1], main, viewport)];
    return { ...area, x0: Math.min(a[0], b[0]), x1: Math.max(a[0], b[0]), y0: Math.min(a[1], b[1]), y1: Math.max(a[1], b[1]) };
  });
  const seen = onPage.filter((word) => !word.hidden && isSeen(word, corners));
  return { width, height, to_page: backToPage(main, viewport), words: (seen.length > 0 ? seen : onPage).flatMap(divideGroups) };
}

/** A number grouped by no-break spaces is one word. Elsewhere they are spaces: a font may have one glyph for both, and say it is the other. */
function divideGroups({ text: drawn, x0, x1, y, height, letters }: DrawnWord): Word[] {
  const text = drawn.trim();
  if (!text.includes('\u00a0') || GROUPED_NUMBER.test(text)) return [{ text, x0, x1, y, height, letters }];
  const width = (x1 - x0) / text.length;
  return Array.from(text.matchAll(/[^\u00a0]+/g), ({ 0: part, index }) => ({ text: part, x0: x0 + index * width, x1: x0 + (index + part.length) * width, y, height, letters }));
}

const GROUPED_NUMBER = /^[^\d\u00a0]*\d{1,3}(?:\u00a0\d{3})+(?!\d)[^\u00a0]*$/;

/** Whether text differs from what lies behind it and nothing has been painted over it. */
function isSeen(word: DrawnWord, areas: readonly Area[]): boolean {
  let behind = '#ffffff';
  const x = (word.x0 + word.x1) / 2;
  const y = word.y - word.height / 3;
  for (const [i, area] of areas.entries()) {
    if (x < area.x0 || x > area.x1 || y < area.y0 || y > area.y1) continue;
    if (i < word.areas) {
      if (area.opaque) behind = area.colour;
    } else if (area.opaque && area.x0 <= word.x0 + 1 && area.x1 >= word.x1 - 1 && area.y0 <= word.y - word.height / 2 && area.y1 >= word.y - 1) {
      return false;
    }
  }
  return contrast(word.colour, behind) >= LEAST_CONTRAST;
}

/** The largest difference of a colour's three parts, 0 to 1; patterns differ from everything. */
function contrast(a: string, b: string): number {
  const [first, second] = [a, b].map((colour) => /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour)?.slice(1).map((part) => parseInt(part, 16) / 255));
  if (!first || !second) return 1;
  return Math.max(...first.map((part, i) => Math.abs(part - second[i]!)));
}
