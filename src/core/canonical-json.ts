/** What canonical JSON may hold: no fractions and no bigints (amounts and ids are strings), so that every language prints it alike. */
export type Json = null | boolean | number | string | CanonicalText | readonly Json[] | { readonly [key: string]: Json | undefined };

/** JSON that is canonical already, to be put into a larger value as it stands. */
export class CanonicalText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * JSON in the one form that is hashed: keys sorted by UTF-16 code units, no white space, undefined members left out
 * (RFC 8785 for values without fractions). Throws a RangeError for a number that is no safe integer.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`no safe integer: ${value}`);
    return String(value);
  }
  if (value instanceof CanonicalText) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as { readonly [key: string]: Json | undefined };
  let out = '';
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) out += `${out ? ',' : ''}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${out}}`;
}
