import { isUtf8 } from 'node:buffer';
import { Failure } from '../../core/failure.ts';

/**
 * A streaming tokenizer for both notations of OFX: the SGML of versions 1.x, whose elements need no end tag (OFX 1.6, section 2.3), and
 * the XML of versions 2.x (OFX 2.2, section 2.3). Files are often a mixture of the two, so that one reading serves both: a start tag with
 * the text behind it, an end tag. What belongs inside what is for the handler. Memory of one block, time linear in the input.
 */

/** Hundreds of times the longest element of the standard (MEMO: 255 characters); the part of the document that has to be in memory at once. */
const MAX_TOKEN_CHARACTERS = 1 << 16;
/** Blocks are read in pieces: what lives no longer than it takes to read it costs nothing to clear away, and no block is decoded as a whole. */
const PIECE_BYTES = 1 << 16;

const SPACE = 0x20;

/** Takes the document's tags in order. Names are in upper case. */
export interface OfxHandler {
  /** A start tag; `text` is what stands behind it before the next tag, decoded and trimmed. `position.line` is the tag's line. */
  open(name: string, text: string, position: { readonly line: number }): void;
  close(name: string): void;
}

// No name of the standard has more than 32 characters; `INTU.BID` and the like belong to vendors.
const TAG = /<(\/?)([A-Za-z][\w.-]{0,63})(?:\s[^<>]*?)?(\/?)>/y;

export class OfxTokenizer {
  readonly #handler: OfxHandler;
  #decoder: TextDecoder | undefined;
  /** The rest of the blocks so far and the current one, a character for each byte. */
  #text = '';
  /** Where the current token begins, and the line on which #text[#counted] stands. */
  #at = 0;
  #line = 1;
  #counted = 0;
  /** The tag that #nextMarkup has found last, and where. */
  #found: RegExpExecArray | null = null;
  #foundAt = -1;

  constructor(handler: OfxHandler) {
    this.#handler = handler;
  }

  /** The 1-based line on which the current token begins. */
  get line(): number {
    this.#countLines();
    return this.#line;
  }

  /** Takes the next bytes, in an encoding that leaves ASCII as it is. Throws malformed and too_large with the line. */
  write(block: Buffer): void {
    for (let from = 0; from < block.length; from += PIECE_BYTES) {
      this.#countLines();
      this.#text = this.#text.slice(this.#at) + block.toString('latin1', from, from + PIECE_BYTES);
      this.#at = this.#counted = 0;
      this.#tokens(false);
      if (this.#text.length - this.#at > MAX_TOKEN_CHARACTERS) {
        throw new Failure('too_large', `an element, tag or comment is longer than ${MAX_TOKEN_CHARACTERS} bytes`, { line: this.line });
      }
    }
  }

  /** The input is complete. Throws truncated when it ends inside a tag. */
  end(): void {
    this.#tokens(true);
    if (this.#text.indexOf('<', this.#at) >= 0) throw new Failure('truncated', 'the document ends inside a tag', { line: this.line });
  }

  #countLines(): void {
    for (let at = this.#text.indexOf('\n', this.#counted); at >= 0 && at < this.#at; at = this.#text.indexOf('\n', at + 1)) this.#line++;
    this.#counted = this.#at;
  }

  /** Reports every token that is complete, and moves #at behind it. */
  #tokens(final: boolean): void {
    this.#foundAt = -1;
    for (;;) {
      const start = this.#foundAt === this.#at ? this.#at : this.#nextMarkup(this.#at, final);
      if (start < 0) return;
      // What stands between an end tag and the next tag means nothing, but for the header.
      if (this.#decoder === undefined) this.#decoder = decoderOf(this.#text.slice(0, start));
      this.#at = start;
      const next = this.#text[start + 1] === '!' || this.#text[start + 1] === '?' ? this.#endOfNoElement(start) : this.#tag(start, final);
      if (next < 0) return;
      this.#at = next;
    }
  }

  #tag(start: number, final: boolean): number {
    const text = this.#text;
    const [tag, slash, printed, empty] = this.#found!;
    const name = printed!.toUpperCase();
    const from = start + tag.length;
    if (slash !== '') {
      this.#handler.close(name);
      return from;
    }
    let value = '';
    let part = from;
    let end = this.#nextMarkup(from, final);
    for (; end >= 0 && (text.startsWith('<!', end) || text.startsWith('<?', end)); end = this.#nextMarkup(part, final)) {
      value += this.#decode(part, end, true);
      part = this.#endOfNoElement(end);
      if (part < 0) return -1;
      if (text.startsWith('<![CDATA[', end)) value += this.#decode(end + 9, part - 3, false);
    }
    if (end < 0) {
      if (!final) return -1;
      end = text.length;
    }
    value = value === '' ? this.#decode(part, end, true) : (value + this.#decode(part, end, true)).trim();
    this.#handler.open(name, value, this);
    if (empty !== '') this.#handler.close(name);
    return end;
  }

  /** The next `<` that begins a tag, comment, instruction or declaration; -1 when there is none, or not enough to tell. Others are text. */
  #nextMarkup(from: number, final: boolean): number {
    const text = this.#text;
    for (let at = text.indexOf('<', from); at >= 0; at = text.indexOf('<', at + 1)) {
      const next = text.charCodeAt(at + 1);
      if (next === 0x21 || next === 0x3f) return at;
      TAG.lastIndex = at;
      this.#found = TAG.exec(text);
      if (this.#found !== null) return (this.#foundAt = at);
      if (!final && !/[<>]/.test(text.slice(at + 1, at + MAX_TOKEN_CHARACTERS))) return -1;
    }
    return -1;
  }

  /** Where the comment, CDATA section or instruction at `start` ends; -1 when its end has not arrived. */
  #endOfNoElement(start: number): number {
    const text = this.#text;
    const head = text.slice(start, start + 9);
    const [mark, skip] = head.startsWith('<?') ? ['?>', 2] as const : head.startsWith('<!--') ? ['-->', 4] as const : [']]>', 9] as const;
    if (mark === ']]>' && head !== '<![CDATA[') {
      if ('<![CDATA['.startsWith(head) || '<!--'.startsWith(head)) return -1;
      // Entities that expand without end, and files and hosts read on the sender's behalf, all begin here. OFX files carry none.
      throw new Failure('malformed', 'the document has a DOCTYPE or another `<!` declaration, which is refused; ask the sender for a file without it', { line: this.line });
    }
    const end = text.indexOf(mark, start + skip);
    return end < 0 ? -1 : end + mark.length;
  }

  /** A text without the space around it: UTF-8 where it is such, whatever the header declares, else as declared. */
  #decode(start: number, end: number, references: boolean): string {
    const raw = this.#text;
    let from = start;
    let to = end;
    while (from < to && raw.charCodeAt(from) <= SPACE) from++;
    while (to > from && raw.charCodeAt(to - 1) <= SPACE) to--;
    if (from === to) return '';
    let text = raw.slice(from, to);
    if (BEYOND_ASCII.test(text)) {
      const bytes = Buffer.from(text, 'latin1');
      text = isUtf8(bytes) ? bytes.toString('utf8') : this.#decoder!.decode(bytes);
    }
    return references && text.includes('&') ? text.replace(REFERENCE, (reference, name, decimal, hex) => this.#resolve(reference, name, decimal, hex)) : text;
  }

  #resolve(reference: string, name: string | undefined, decimal: string | undefined, hex: string | undefined): string {
    if (name !== undefined) return NAMED[name]!;
    const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
    if (code === 0 || (code >= 0xd800 && code <= 0xdfff)) throw new Failure('malformed', `\`${reference}\` is no character`, { line: this.line });
    return code > 0x10ffff ? reference : String.fromCodePoint(code);
  }
}

const BEYOND_ASCII = /[\x80-\xff]/;

/**
 * `CHARSET` of the header (OFX 1.6, section 2.2): a Windows code page by its number or an ISO 8859 part. Headers lie, `ENCODING` most of
 * all, so that this only decides about text that is no UTF-8. Everything else counts as Windows-1252, of which Latin-1 is a part.
 */
function decoderOf(header: string): TextDecoder {
  const charset = /CHARSET\s{0,9}:\s{0,9}(?:WINDOWS-|CP|ISO-?)?(8859-\d{1,2}|\d{3,4})/i.exec(header)?.[1] ?? '1252';
  const label = charset === '932' ? 'shift_jis' : charset.startsWith('8859') ? `iso-${charset}` : `windows-${charset}`;
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder('windows-1252');
  }
}

// OFX 1.6, section 2.3.2.1, the references of XML, and numbers. What is none of these is text: an ampersand seldom is escaped.
const REFERENCE = /&(?:(lt|gt|amp|nbsp|quot|apos)|#(\d{1,7})|#[xX]([\dA-Fa-f]{1,6}));/g;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', nbsp: '\u00a0', quot: '"', apos: "'" };
