import { describe, expect, test } from 'vitest';
import { Failure, type FailureCode } from '../../../src/core/failure.ts';
import { utf8Blocks, XmlTokenizer, type XmlAttribute } from '../../../src/stages/extract/xml.ts';

/** Events as lines: `<name attribute=value @line`, text, `>`. Adjacent pieces of text are one. */
class Recorder {
  readonly events: string[] = [];
  #inText = false;
  readonly #skip: string | undefined;

  constructor(skip?: string) {
    this.#skip = skip;
  }

  open(name: string, attributes: readonly XmlAttribute[], position: { readonly line: number }): boolean {
    this.#inText = false;
    if (name === this.#skip) return false;
    this.events.push(['<' + name, ...attributes.map((a) => `${a.name}=${a.value}`), `@${position.line}`].join(' '));
    return true;
  }

  text(text: string): void {
    if (this.#inText) this.events.push(this.events.pop() + text);
    else this.events.push(text);
    this.#inText = true;
  }

  close(): void {
    this.#inText = false;
    this.events.push('>');
  }
}

async function* blocks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  // One buffer for all blocks, as a reader of files may do: what was not copied is overwritten.
  const block = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) yield block.subarray(0, bytes.copy(block, 0, at, at + size));
}

async function events(document: string | Buffer, { size = 65_536, skip }: { size?: number; skip?: string } = {}): Promise<string[]> {
  const recorder = new Recorder(skip);
  const tokenizer = new XmlTokenizer(recorder);
  for await (const block of utf8Blocks(blocks(Buffer.from(document), size))) tokenizer.write(block);
  tokenizer.end();
  return recorder.events;
}

async function failure(document: string | Buffer): Promise<{ code: FailureCode; line: number | undefined; message: string }> {
  const error = await events(document).then(() => undefined, (e: unknown) => e);
  if (!(error instanceof Failure)) throw new Error('expected a Failure', { cause: error });
  return { code: error.code, line: error.location?.line, message: error.message };
}

const DOCUMENT = `<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment with <tags> & more${' and more'.repeat(100)} -->
<n:Doc xmlns:n = "urn:x" note='a "quoted" &lt;b&gt;'>
  <?instruction <ignored>?>
  <Amt Ccy="EUR" >12.50</Amt ><Empty/><Empty
    a="1"/>
  <Text>Größe &amp; Maß &#8364;&#x1F4B6; <![CDATA[<raw> & ]] > &amp;]]> end<!-- cut -->ing</Text>
</n:Doc>
`;

const EVENTS = [
  '<Doc xmlns:n=urn:x note=a "quoted" <b> @3',
  '<Amt Ccy=EUR @5', '12.50', '>',
  '<Empty @5', '>', '<Empty a=1 @5', '>',
  '<Text @7', 'Größe & Maß €💶 <raw> & ]] > &amp; ending', '>',
  '>',
];

describe('tokens', () => {
  test('are the same however the document is cut into blocks', async () => {
    for (const size of [1, 2, 3, 7, 64, 512, 513, 10_000]) expect(await events(DOCUMENT, { size }), `blocks of ${size}`).toEqual(EVENTS);
  });

  test('of a skipped element are not reported, and its nesting is still checked', async () => {
    expect(await events('<a><b x="1">t<c/><b/></b><d>u</d></a>', { skip: 'b' })).toEqual(['<a @1', '<d @1', 'u', '>', '>']);
    const tokenizer = new XmlTokenizer(new Recorder('b'));
    expect(() => tokenizer.write(Buffer.from('<a><b><c></b></c></a>'))).toThrow('</b> closes <c>');
  });

  test('a document that ends early is truncated, wherever it is cut', async () => {
    const complete = DOCUMENT.trimEnd();
    for (let cut = 0; cut < complete.length; cut++) {
      expect(await failure(complete.slice(0, cut)), `cut at ${cut}`).toMatchObject({ code: 'truncated' });
    }
  });
});

describe('what is no XML', () => {
  test.each([
    ['mismatched tags', '<a>\n<b>\n</a>\n</b>', 3, '</a> closes <b>'],
    ['an end tag too many', '<a/>\n</a>', 2, 'closes nothing'],
    ['two roots', '<a/>\n\n<b/>', 3, 'second document element'],
    ['text before the root', 'x<a/>', 1, 'outside'],
    ['text after the root', '<a/>\nx', 2, 'outside'],
    ['an attribute without quotes', '<a>\n<b x=1/></a>', 2, 'quotation'],
    ['an attribute twice', '<a x="1" y="2" x="3"/>', 1, 'twice'],
    ['attributes run together', '<a x="1"y="2"/>', 1, 'without a space'],
    ['`<` in an attribute', '<a x="<"/>', 1, 'contains `<`'],
    ['a tag without a name', '<a>1 < 2</a>', 1, 'no name'],
    ['an unknown entity', '<a>\n&auml;</a>', 1, 'no reference'],
    ['an open reference', '<a>A & B</a>', 1, 'no reference'],
    ['a reference to NUL', '<a>&#0;</a>', 1, 'no reference'],
    ['a reference to a surrogate', '<a>&#xD800;</a>', 1, 'no reference'],
  ])('%s', async (_, document, line, message) => {
    expect(await failure(document)).toMatchObject({ code: 'malformed', line, message: expect.stringContaining(message) });
  });

  test('a DOCTYPE is refused before anything of it is read, in every encoding', async () => {
    const document = '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>\n<a>&b;</a>';
    expect(await failure(document)).toMatchObject({ code: 'malformed', line: 2, message: expect.stringContaining('DOCTYPE') });
    expect(await failure(Buffer.from('\uFEFF' + document, 'utf16le'))).toMatchObject({ code: 'malformed', line: 2, message: expect.stringContaining('DOCTYPE') });
  });
});

describe('bounds', () => {
  test.each([
    ['depth', '<a>'.repeat(1_000)],
    ['attributes', `<a ${Array.from({ length: 100 }, (_, i) => `x${i}="1"`).join(' ')}/>`],
    ['a text', `<a>${'x'.repeat((1 << 20) + 1)}</a>`],
    ['a text without end', `<a>${'x'.repeat((1 << 20) + 1)}`],
    ['a comment', `<a><!--${'x'.repeat(1 << 20)}--></a>`],
    ['names', `<a>${Array.from({ length: 20_000 }, (_, i) => `<n${i}/>`).join('')}</a>`],
  ])('%s', async (_, document) => {
    expect(await failure(document)).toMatchObject({ code: 'too_large' });
  });

  test('names that are made to collide are refused instead of slowing everything down', async () => {
    // `aa` and `bB` have the same hash for a multiplier of 31; so has every sequence of the two.
    const names = Array.from({ length: 256 }, (_, i) => Array.from({ length: 8 }, (__, bit) => ((i >> bit) & 1 ? 'bB' : 'aa')).join(''));
    expect(await failure(`<a>${names.map((name) => `<${name}/>`).join('')}</a>`)).toMatchObject({ code: 'too_large' });
  });
});

describe('encodings', () => {
  const windows1252 = (text: string): Buffer => Buffer.from(text.replaceAll('€', '\x80'), 'latin1');
  const text = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?><a>Größe 5 €</a>`;
  const utf16be = (document: string): Buffer => Buffer.from(document, 'utf16le').swap16();

  test.each<[string, Buffer]>([
    ['UTF-8', Buffer.from(text('UTF-8'))],
    ['UTF-8 with a byte order mark', Buffer.from('\uFEFF' + text('utf-8'))],
    ['no declaration', Buffer.from('<a>Größe 5 €</a>')],
    ['windows-1252', windows1252(text('windows-1252'))],
    ['windows-1252 under the name of ISO-8859-1', windows1252(text('ISO-8859-1'))],
    ['ISO-8859-15', Buffer.from(text('ISO-8859-15').replace('€', '\xA4'), 'latin1')],
    ['UTF-16LE with a mark', Buffer.from('\uFEFF' + text('UTF-16'), 'utf16le')],
    ['UTF-16BE with a mark', utf16be('\uFEFF' + text('UTF-16'))],
    ['UTF-16LE without a mark', Buffer.from(text('UTF-16'), 'utf16le')],
    ['UTF-8 that declares US-ASCII', Buffer.from(text('US-ASCII'))],
    ['UTF-8 that still declares UTF-16', Buffer.from(text('utf-16'))],
  ])('%s', async (_, document) => {
    for (const size of [3, 65_536]) expect(await events(document, { size })).toEqual(['<a @1', 'Größe 5 €', '>']);
  });

  test('bytes that are not of the encoding are refused, a replacement character that was sent is not', async () => {
    const latin1 = Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n<a>Größe</a>', 'latin1');
    expect(await failure(latin1)).toMatchObject({ code: 'malformed', line: 2, message: expect.stringContaining('UTF-8') });
    expect(await failure(Buffer.concat([Buffer.from('\uFEFF<a>x</a>', 'utf16le'), Buffer.from([0x00, 0xd8])]))).toMatchObject({ code: 'malformed' });
    expect(await events('<a>\uFFFD</a>')).toContain('\uFFFD');
  });

  test('an unknown encoding is named', async () => {
    expect(await failure('<?xml version="1.0" encoding="klingon-8"?><a/>')).toMatchObject({ code: 'unsupported_format', message: expect.stringContaining('klingon-8') });
  });
});
