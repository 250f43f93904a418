import type { Page, Word } from './text.ts';

/** Words to lines: what stands at one height of a page, from left to right. */
export interface Line {
  page: number;
  /** 1-based, on its page. */
  number: number;
  y: number;
  height: number;
  words: Word[];
  /** Which of several tables side by side it is of, counted from the left. */
  side?: number;
}

/** Baselines of one line differ by less (superscripts, mixed fonts); lines set solid are a whole font size apart. In font sizes. */
const SAME_LINE = 0.4;
/** Letters drawn one by one are closer than this; the narrowest space of a proportional font, between letters that kerning pulls together, is wider. In font sizes. */
const SAME_WORD = 0.09;
/** Kerning pulls letters over each other this far; columns that run into each other overlap further. In font sizes. */
const KERNING = 0.25;

/** The page's lines from top to bottom. */
export function findLines(page: Page): Line[] {
  const lines: Line[] = [];
  for (const word of page.words.toSorted((a, b) => a.y - b.y || a.x0 - b.x0)) {
    const last = lines.at(-1);
    if (last && word.y - last.y <= SAME_LINE * Math.max(last.height, word.height)) {
      last.words.push(word);
      last.height = Math.max(last.height, word.height);
    } else {
      lines.push({ page: page.number, number: lines.length + 1, y: word.y, height: word.height, words: [word] });
    }
  }
  for (const line of lines) line.words = joinLetters(line.words.toSorted((a, b) => a.x0 - b.x0));
  return lines;
}

/** Letters drawn one by one become words, also where they are set wide. Longer pieces that touch are columns that run into each other. */
function joinLetters(words: Word[]): Word[] {
  const limit = widestInWord(words);
  const joined: Word[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    const gap = last ? word.x0 - last.x1 : Infinity;
    if (last?.letters && word.letters && gap <= limit * word.height && gap >= -KERNING * word.height) {
      joined[joined.length - 1] = { ...last, text: last.text + word.text, x1: word.x1 };
    } else {
      joined.push(word);
    }
  }
  return joined;
}

/** The widest gap between letters of a word, in font sizes: of a line whose letters mostly stand alone, more than the usual gap between them. */
function widestInWord(words: readonly Word[]): number {
  const letters = words.filter((word) => word.letters);
  if (letters.length < MIN_LETTERS || letters.reduce((sum, { text }) => sum + text.length, 0) > 2 * letters.length) return SAME_WORD;
  const gaps = letters.slice(1).map((word, i) => (word.x0 - letters[i]!.x1) / word.height).toSorted((a, b) => a - b);
  return Math.max(SAME_WORD, gaps[Math.floor(gaps.length / 2)]! + SAME_WORD);
}

/** Fewer letters say nothing of how wide they are set. */
const MIN_LETTERS = 8;

/** The line's words, or some of them, with single spaces between. */
export function lineText(words: readonly Word[]): string {
  return words.map((word) => word.text).join(' ');
}
