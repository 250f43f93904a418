/** Longer texts are read once, not remembered: what is kept stays within some ten megabytes. */
const LONGEST_TEXT = 140;
/** A night's payers, with room to spare; beyond it what was not asked for lately is forgotten. */
const TEXTS = 16_384;

/**
 * The same pure function of a text, which remembers what it gave for the texts it was asked about lately: a payer's name and account
 * stand in many entries, and to read them costs more than all that is done with them. What it gives must not be changed.
 */
export function remembering<Value>(of: (text: string) => Value): (text: string) => Value {
  let recent = new Map<string, Value>();
  let before = new Map<string, Value>();
  return (text) => {
    if (text.length > LONGEST_TEXT) return of(text);
    let value = recent.get(text);
    if (value === undefined) {
      value = before.get(text) ?? of(text);
      if (recent.size >= TEXTS / 2) {
        before = recent;
        recent = new Map();
      }
      recent.set(text, value);
    }
    return value;
  };
}
