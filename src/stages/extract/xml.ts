import { isUtf8 } from 'node:buffer';
import { Failure } from '../../core/failure.ts';

/**
 * A streaming tokenizer for XML 1.0 without a DTD, over UTF-8 bytes: memory of one block and one token, time linear in the input.
 * It checks what keeps a reading honest (nesting, syntax of tags and references, encoding, bounds) and resolves no external thing:
 * a DOCTYPE, and with it every entity of a document's own, is refused.
 */

/** Deeper than any ISO 20022 message (about 20); a document of nothing but opening tags would otherwise grow the stack without end. */
const MAX_DEPTH = 128;
/** More than any element here carries (an envelope declares a dozen namespaces); the check for duplicates compares each with each. */
const MAX_ATTRIBUTES = 64;
/** The longest text, tag, comment or instruction, 1 MiB: the part of the document that has to be in memory at once. */
const MAX_TOKEN_BYTES = 1 << 20;
/** Slots of the table of names: a power of two, and many times the 200 names of a statement. */
const NAME_SLOTS = 8_192;
/** Names that are looked at for one: far above what chance brings, and no document can make the table full or slow by inventing names. */
const MAX_PROBES = 64;
/** A source's blocks are handed on in pieces of this size: one enormous block cannot pile up what is read from it, and a piece as text dies young. */
const PIECE_BYTES = 1 << 15;
/** The XML declaration stands at the very beginning; this much surely holds its encoding. */
const DECLARATION_BYTES = 512;

export interface XmlAttribute {
  /** The name as written, with its prefix. */
  readonly name: string;
  readonly value: string;
}

/** Takes the document's events in order. Names are local: `Ntry` for `<ns2:Ntry>`. */
export interface XmlHandler {
  /** An element opens, on `position.line`. False skips it: nothing inside it, and not its end, is reported. */
  open(name: string, attributes: readonly XmlAttribute[], position: { readonly line: number }): boolean;
  /** Character data of the innermost open element, references resolved; may come in pieces, never whitespace alone. */
  text(text: string): void;
  close(): void;
}

interface Name {
  readonly bytes: Uint8Array;
  readonly qualified: string;
  readonly local: string;
}

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;
const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/** Bytes that may stand in a name: letters, digits, `-`, `.`, `_`, `:` and everything beyond ASCII. */
const NAME_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x80 || /[\w.:-]/.test(String.fromCharCode(byte)) ? 1 : 0));

const NO_ATTRIBUTES: readonly XmlAttribute[] = [];
const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };

export class XmlTokenizer {
  readonly #handler: XmlHandler;
  readonly #names: (Name | undefined)[] = Array.from({ length: NAME_SLOTS });
  readonly #open: Name[] = [];
  /** Depth at which a skipped element opened; 0: nothing is being skipped. */
  #skippedFrom = 0;
  #rootSeen = false;
  /** Where blocks are put, so that a gigabyte of them is not a gigabyte of garbage. */
  #room: Buffer = Buffer.alloc(0);
  /** What is left of the blocks so far, followed by the current one: the beginning of #room. */
  #bytes: Buffer = this.#room;
  /** The same bytes, a character each: cutting a text out of it costs a fraction of decoding it. */
  #characters = '';
  /** Start of the token being read. */
  #token = 0;
  /** The line on which #bytes[#counted] stands; newlines are counted when someone asks, or when the bytes are let go. */
  #line = 1;
  #counted = 0;

  constructor(handler: XmlHandler) {
    this.#handler = handler;
  }

  /** The 1-based line on which the current token begins. */
  get line(): number {
    return this.#lineAt(this.#token);
  }

  /** Takes the next bytes (UTF-8) and reports every token that is complete. Throws malformed and too_large with the line. */
  write(block: Buffer): void {
    const held = this.#bytes.length;
    if (held + block.length > this.#room.length) {
      const room = Buffer.allocUnsafe(2 * (held + block.length));
      this.#bytes.copy(room);
      this.#room = room;
    }
    block.copy(this.#room, held);
    const bytes = this.#room.subarray(0, held + block.length);
    this.#bytes = bytes;
    this.#characters = bytes.toString('latin1');
    while (this.#token < bytes.length) {
      const next = bytes[this.#token] === LT ? this.#markup() : this.#characterData();
      if ((next < 0 ? bytes.length : next) - this.#token > MAX_TOKEN_BYTES) {
        throw new Failure('too_large', `a text, tag or comment is longer than ${MAX_TOKEN_BYTES} bytes`, { line: this.line });
      }
      if (next < 0) break;
      this.#token = next;
    }
    this.#lineAt(this.#token);
    bytes.copyWithin(0, this.#token);
    this.#bytes = this.#room.subarray(0, bytes.length - this.#token);
    this.#counted = 0;
    this.#token = 0;
  }

  /** The input is complete. Throws truncated when the document is not. */
  end(): void {
    const rest = this.#bytes;
    const solid = rest.some((byte) => byte > SPACE);
    const line = this.#lineAt(rest.length);
    const open = this.#open.at(-1);
    if (open !== undefined) throw new Failure('truncated', `the document ends inside <${open.qualified}>`, { line });
    if (solid && rest[0] !== LT) throw new Failure('malformed', 'there is text outside the document element', { line });
    if (solid) throw new Failure('truncated', 'the document ends inside a tag', { line });
    if (!this.#rootSeen) throw new Failure('truncated', 'the document has no element', { line });
  }

  // Each of the following reads the token at #token and returns where it ends, or -1 when its end has not arrived yet.

  #characterData(): number {
    const bytes = this.#bytes;
    const end = bytes.length;
    let at = this.#token;
    let union = 0;
    let reference = false;
    let solid = false;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === LT) break;
      if (byte > SPACE) {
        solid = true;
        union |= byte;
        if (byte === AMPERSAND) reference = true;
      }
    }
    if (at === end) return -1;
    if (solid && this.#skippedFrom === 0) {
      if (this.#open.length === 0) throw this.#malformed('there is text outside the document element');
      const text = this.#decode(this.#token, at, union < 0x80);
      this.#handler.text(reference ? this.#resolve(text) : text);
    }
    return at;
  }

  #markup(): number {
    const bytes = this.#bytes;
    if (this.#token + 1 === bytes.length) return -1;
    const kind = bytes[this.#token + 1];
    if (kind === SLASH) return this.#endTag();
    if (kind === BANG) return this.#declaration();
    if (kind === QUESTION) return this.#after('?>', 2);
    return this.#startTag();
  }

  #startTag(): number {
    const bytes = this.#bytes;
    const end = bytes.length;
    const start = this.#token + 1;
    let at = start;
    let hash = 0;
    while (at < end && NAME_BYTE[bytes[at]!] === 1) hash = (Math.imul(hash, 31) + bytes[at++]!) | 0;
    if (at === end) return -1;
    if (at === start) throw this.#malformed('`<` is followed by no name');
    const name = this.#intern(start, at, hash);
    let attributes = NO_ATTRIBUTES;
    let empty = false;
    if (bytes[at] !== GT) {
      const found: XmlAttribute[] = [];
      for (;;) {
        const gap = at;
        while (at < end && bytes[at]! <= SPACE) at++;
        if (at + 1 >= end) {
          if (at < end && bytes[at] === GT) break;
          return -1;
        }
        if (bytes[at] === GT) break;
        if (bytes[at] === SLASH) {
          if (bytes[++at] !== GT) throw this.#malformed(`\`/\` inside the tag <${name.qualified}>`);
          empty = true;
          break;
        }
        if (at === gap) throw this.#malformed(`the tag <${name.qualified}> has an attribute without a space before it`);
        at = this.#attribute(name, at, found);
        if (at < 0) return -1;
      }
      if (found.length > 0) attributes = found;
    }
    if (this.#open.length === 0 && this.#rootSeen) throw this.#malformed(`there is a second document element, <${name.qualified}>`);
    if (this.#open.length === MAX_DEPTH) throw new Failure('too_large', `elements are nested more than ${MAX_DEPTH} deep`, { line: this.line });
    this.#rootSeen = true;
    this.#open.push(name);
    if (this.#skippedFrom === 0 && !this.#handler.open(name.local, attributes, this)) this.#skippedFrom = this.#open.length;
    if (empty) this.#close();
    return at + 1;
  }

  /** Reads `name="value"` at `at` into `found`. */
  #attribute(element: Name, at: number, found: XmlAttribute[]): number {
    const bytes = this.#bytes;
    const end = bytes.length;
    const start = at;
    let hash = 0;
    while (at < end && NAME_BYTE[bytes[at]!] === 1) hash = (Math.imul(hash, 31) + bytes[at++]!) | 0;
    const nameEnd = at;
    while (at < end && bytes[at]! <= SPACE) at++;
    if (at === end) return -1;
    if (nameEnd === start || bytes[at] !== EQUALS) throw this.#malformed(`the tag <${element.qualified}> has something that is no attribute`);
    at++;
    while (at < end && bytes[at]! <= SPACE) at++;
    if (at === end) return -1;
    const quote = bytes[at]!;
    if (quote !== 0x22 && quote !== 0x27) throw this.#malformed(`an attribute of <${element.qualified}> has no quotation marks`);
    const valueStart = ++at;
    let union = 0;
    let reference = false;
    for (; at < end && bytes[at] !== quote; at++) {
      const byte = bytes[at]!;
      union |= byte;
      if (byte === LT) throw this.#malformed(`an attribute of <${element.qualified}> contains \`<\``);
      if (byte === AMPERSAND) reference = true;
    }
    if (at === end) return -1;
    const name = this.#intern(start, nameEnd, hash).qualified;
    if (found.length === MAX_ATTRIBUTES) {
      throw new Failure('too_large', `<${element.qualified}> has more than ${MAX_ATTRIBUTES} attributes`, { line: this.line });
    }
    if (found.some((attribute) => attribute.name === name)) throw this.#malformed(`<${element.qualified}> has the attribute ${name} twice`);
    const value = this.#decode(valueStart, at, union < 0x80);
    found.push({ name, value: reference ? this.#resolve(value) : value });
    return at + 1;
  }

  #endTag(): number {
    const bytes = this.#bytes;
    const start = this.#token + 2;
    const name = this.#open.at(-1);
    let at = start + (name?.bytes.length ?? 0);
    while (at < bytes.length && bytes[at]! <= SPACE) at++;
    if (name === undefined || at >= bytes.length || bytes[at] !== GT || !this.#sameBytes(name.bytes, start)) {
      const close = bytes.indexOf(GT, start);
      if (close < 0) return -1;
      const found = bytes.toString('utf8', start, Math.min(close, start + 80));
      throw this.#malformed(name === undefined ? `</${found}> closes nothing` : `</${found}> closes <${name.qualified}>`);
    }
    this.#close();
    return at + 1;
  }

  #close(): void {
    if (this.#skippedFrom === 0) this.#handler.close();
    else if (this.#skippedFrom === this.#open.length) this.#skippedFrom = 0;
    this.#open.pop();
  }

  /** `<!--`, `<![CDATA[` or `<!DOCTYPE`. */
  #declaration(): number {
    const bytes = this.#bytes;
    const head = bytes.toString('latin1', this.#token, this.#token + 9);
    if (head.startsWith('<!--')) return this.#after('-->', 4);
    if (head === '<![CDATA[') {
      const next = this.#after(']]>', 9);
      if (next >= 0 && this.#open.length === 0) throw this.#malformed('there is text outside the document element');
      if (next >= 0 && this.#skippedFrom === 0) {
        const text = this.#decode(this.#token + 9, next - 3, false);
        if (text.trim() !== '') this.#handler.text(text);
      }
      return next;
    }
    if ('<![CDATA['.startsWith(head) || '<!--'.startsWith(head)) return -1;
    // Entities that expand without end, and files and hosts read on the sender's behalf, all begin here. ISO 20022 allows none.
    throw this.#malformed('the document has a DOCTYPE or another `<!` declaration, which is refused; ask the sender for a file without it');
  }

  /** Where the construct ends whose closing `mark` comes `skip` bytes after its beginning at the earliest. */
  #after(mark: string, skip: number): number {
    const found = this.#bytes.indexOf(mark, this.#token + skip, 'latin1');
    return found < 0 ? -1 : found + mark.length;
  }

  #intern(start: number, end: number, hash: number): Name {
    const bytes = this.#bytes;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const slot = (hash + probe) & (NAME_SLOTS - 1);
      const known = this.#names[slot];
      if (known === undefined) {
        const qualified = this.#decode(start, end, false);
        // As a property key, the name becomes the one string of its content in the engine, and comparing it one of addresses.
        const local = Object.keys({ [qualified.slice(qualified.indexOf(':') + 1)]: true })[0]!;
        return (this.#names[slot] = { bytes: Uint8Array.from(bytes.subarray(start, end)), qualified, local });
      }
      if (known.bytes.length === end - start && this.#sameBytes(known.bytes, start)) return known;
    }
    throw new Failure('too_large', 'the document uses too many different names', { line: this.line });
  }

  #sameBytes(expected: Uint8Array, start: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < expected.length; i++) if (expected[i] !== bytes[start + i]) return false;
    return true;
  }

  #decode(start: number, end: number, ascii: boolean): string {
    if (ascii) return this.#characters.slice(start, end);
    const text = this.#bytes.toString('utf8', start, end);
    // U+FFFD is what a wrong byte becomes, and also a character that a document may contain.
    if (text.includes('\uFFFD') && !isUtf8(this.#bytes.subarray(start, end))) {
      throw this.#malformed('the bytes are no UTF-8, although the document does not declare another encoding');
    }
    return text;
  }

  /** Replaces the predefined entities and character references (XML 1.0, section 4.6 and 4.1); others cannot exist without a DOCTYPE. */
  #resolve(text: string): string {
    let resolved = '';
    let from = 0;
    for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', from)) {
      const end = text.indexOf(';', at);
      const name = end < 0 ? '' : text.slice(at + 1, Math.min(end, at + 12));
      const value = name.startsWith('#') ? characterOf(name) : Object.hasOwn(PREDEFINED, name) ? PREDEFINED[name] : undefined;
      if (value === undefined) throw this.#malformed(`\`${text.slice(at, at + 12)}\` is no reference that XML knows`);
      resolved += text.slice(from, at) + value;
      from = end + 1;
    }
    return resolved + text.slice(from);
  }

  #lineAt(position: number): number {
    const bytes = this.#bytes;
    let line = this.#line;
    for (let at = this.#counted; at < position; at++) if (bytes[at] === NEWLINE) line++;
    this.#line = line;
    this.#counted = Math.max(this.#counted, position);
    return line;
  }

  #malformed(message: string): Failure {
    return new Failure('malformed', message, { line: this.line });
  }
}

/** The character of `#65` or `#x41`; undefined for what is no number or no character of XML 1.0 (section 2.2). */
function characterOf(reference: string): string | undefined {
  const code = /^#\d+$/.test(reference) ? Number(reference.slice(1)) : /^#x[\da-fA-F]+$/.test(reference) ? Number(`0${reference.slice(1)}`) : -1;
  const allowed =
    code === 0x9 || code === 0xa || code === 0xd || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
  return allowed ? String.fromCodePoint(code) : undefined;
}

/**
 * The encoding of an XML document by its first bytes (XML 1.0, appendix F): byte order mark, the width of its first characters,
 * its declaration. A declared UTF-16 that can be read byte by byte is not one: such files were converted without a new declaration.
 */
export function encodingOf(head: Buffer): string {
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0 && head[1] === LT) return 'utf-16be';
  if (head[0] === LT && head[1] === 0) return 'utf-16le';
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  const beginning = head.toString('latin1', 0, DECLARATION_BYTES).trimStart();
  const declaration = beginning.startsWith('<?xml') ? beginning.slice(0, Math.max(0, beginning.indexOf('?>'))) : '';
  const declared = /encoding\s{0,9}=\s{0,9}["']([\w.-]{1,40})["']/.exec(declaration)?.[1]?.toLowerCase() ?? 'utf-8';
  return declared === 'us-ascii' || declared.startsWith('utf-16') ? 'utf-8' : declared;
}

/** The document's blocks as UTF-8 without a byte order mark, whatever its encoding. Throws unsupported_format for an unknown one. */
export async function* utf8Blocks(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  let decode: ((piece?: Buffer) => Buffer) | undefined;
  for await (const block of blocks) {
    let rest = block;
    if (decode === undefined) {
      head = Buffer.concat([head, block]);
      if (head.length < DECLARATION_BYTES) continue;
      decode = decoder(head);
      rest = withoutMark(head);
    }
    for (let at = 0; at < rest.length; at += PIECE_BYTES) yield decode(rest.subarray(at, at + PIECE_BYTES));
  }
  if (decode === undefined) {
    decode = decoder(head);
    yield decode(withoutMark(head));
  }
  yield decode();
}

function withoutMark(head: Buffer): Buffer {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
}

function decoder(head: Buffer): (piece?: Buffer) => Buffer {
  const encoding = encodingOf(head);
  if (encoding === 'utf-8') return (piece) => piece ?? Buffer.alloc(0);
  let text: TextDecoder;
  try {
    text = new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw new Failure('unsupported_format', `the document declares the encoding ${encoding}, which is not known; ask for UTF-8`, { line: 1 }, error);
  }
  return (piece) => {
    try {
      return Buffer.from(piece === undefined ? text.decode() : text.decode(piece, { stream: true }));
    } catch (error) {
      throw new Failure('malformed', `the document declares the encoding ${encoding}, but has bytes that are none of it`, null, error);
    }
  };
}
