/** What differs between two versions of the rules, file by file and line by line, as a person reads it before approving. */

export interface ChangedLine {
  /** `gap` stands for lines that are the same. */
  change: 'same' | 'removed' | 'added' | 'gap';
  text: string;
}

export interface ChangedFile { file: string; lines: ChangedLine[] }

// Enough to see which rule a line belongs to.
const CONTEXT = 4;
// Rules files have hundreds of lines; what is far longer is shown as replaced, or the table below would fill the memory.
const CELLS_MAX = 4_000_000;

/** Both contents as a Ruleset has them; null for no rules before. */
export function compareRulesets(before: string | null, after: string): ChangedFile[] {
  const [old, now] = [filesOf(before), filesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].toSorted().flatMap((file) => {
    const [from, to] = [old.get(file), now.get(file)];
    return from === to ? [] : [{ file, lines: shorten(compareLines(from?.split('\n') ?? [], to?.split('\n') ?? [])) }];
  });
}

function filesOf(content: string | null): Map<string, string> {
  return new Map((content === null ? [] : JSON.parse(content) as { name: string; text: string }[]).map(({ name, text }) => [name, text]));
}

/** By the longest common subsequence of what is between the equal beginning and the equal end. */
function compareLines(from: readonly string[], to: readonly string[]): ChangedLine[] {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start++;
  let end = 0;
  while (end < from.length - start && end < to.length - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  const [a, b] = [from.slice(start, from.length - end), to.slice(start, to.length - end)];
  const same = (lines: readonly string[]): ChangedLine[] => lines.map((text) => ({ change: 'same', text }));
  return [...same(from.slice(0, start)), ...compareMiddle(a, b), ...same(from.slice(from.length - end))];
}

function compareMiddle(a: readonly string[], b: readonly string[]): ChangedLine[] {
  const width = b.length + 1;
  const common = (a.length + 1) * width > CELLS_MAX ? null : new Uint32Array((a.length + 1) * width);
  if (common) {
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const lines: ChangedLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ change: 'same', text: a[i++]! });
      j++;
    } else if (i < a.length && (j === b.length || common === null || common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) lines.push({ change: 'removed', text: a[i++]! });
    else lines.push({ change: 'added', text: b[j++]! });
  }
  return lines;
}

/** Leaves out what is the same and far from every change. */
function shorten(lines: readonly ChangedLine[]): ChangedLine[] {
  const near = new Set(lines.flatMap(({ change }, at) => (change === 'same' ? [] : Array.from({ length: 2 * CONTEXT + 1 }, (_, n) => at - CONTEXT + n))));
  return lines.flatMap((line, at): ChangedLine[] => (near.has(at) ? [line] : at === 0 || near.has(at - 1) ? [{ change: 'gap', text: '' }] : []));
}
