/** Four digits in a row are a number that names something. */
const WITH_NUMBER = /\d{4}/;

/**
 * What a field says that is "payee or description", as OFX and QIF have one, beside the memo: the payee's name; but alone, and with a
 * number in it, it is the whole description, in which references are looked for and names only at the beginning.
 */
export function payeeOrDescription(text: string | null, memo: string | null): { name: string | null; remittance: string | null } {
  return memo === null && text !== null && WITH_NUMBER.test(text) ? { name: null, remittance: text } : { name: text, remittance: memo };
}
