/** The pages of a column chunk, one after another, each checked against its checksum where it has one. */
import type { Unpack } from "../compression/zstd.js";
import { Damage } from "../damage.js";
import type { ByteSource } from "../source.js";
import { crc32 } from "../zip/crc32.js";
import type { Chunk } from "./footer.js";
import { bitsOf, readRuns } from "./runs.js";
import type { Leaf } from "./schema.js";
import { ByteReader, numberAt, readStruct, type Struct, structAt } from "./thrift.js";
import { readPlain, readValues, type Values } from "./values.js";

/** Values of a page, nulls left out, and where they belong. */
export interface Page {
  /** Values and nulls. */
  readonly count: number;
  readonly values: Values;
  /** Per value or null; undefined where all are of the greatest level, or of level 0. */
  readonly definitions: Uint8Array | undefined;
  readonly repetitions: Uint8Array | undefined;
}

/** What is wanted of a page of so many values, from position `start` among those of its chunk on. */
type IsWanted = (start: number, count: number) => boolean;

const [DATA, INDEX, DICTIONARY, DATA_V2] = [0, 1, 2, 3];
// Headers are small; with long statistics they are read again.
const HEADER_BYTES = 2 ** 12;
const WINDOW_BYTES = 2 ** 21;

/** Bytes of a chunk in windows, so that no chunk has to fit into memory. */
class Window {
  private bytes: Uint8Array = new Uint8Array();
  private start = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly end: number,
  ) {}

  async at(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.end)
      throw new Damage({ expected: `${length} bytes of a page`, got: `${this.end - offset}` });
    const isInside = offset >= this.start && offset + length <= this.start + this.bytes.length;
    if (!isInside) {
      this.bytes = await this.source.read(offset, Math.min(this.end - offset, Math.max(length, WINDOW_BYTES)));
      this.start = offset;
    }
    return this.bytes.subarray(offset - this.start, offset - this.start + length);
  }
}

/** Data pages that are wanted, each with the position of its first value; of a column of lists all up to the last wanted one. */
export async function* pagesOf(
  source: ByteSource,
  chunk: Chunk,
  leaf: Leaf,
  unpack: Unpack,
  isWanted: IsWanted,
): AsyncGenerator<readonly [start: number, page: Page | number]> {
  const end = chunk.start + chunk.bytes;
  const window = new Window(source, end);
  let dictionary: Values | undefined;
  let at = chunk.start;
  for (let done = 0; done < chunk.values; ) {
    const { header, bytes } = await headerAt(window, at, end);
    const [type, size] = [numberAt(header, 1), sizeAt(header, 3)];
    at += bytes;
    const body = () => window.at(at, size).then((packed) => checked(packed, header));
    if (type === DICTIONARY) dictionary = readDictionary(await body(), header, leaf, unpack);
    else if (type === DATA || type === DATA_V2) {
      const details = structAt(header, type === DATA ? 5 : 8) ?? new Map();
      const count = sizeAt(details, 1);
      if (count > chunk.values - done) {
        throw new Damage({ expected: `at most ${chunk.values - done} more values`, got: `${count}` });
      }
      const read = type === DATA ? readDataPage : readDataPageV2;
      yield [done, isWanted(done, count) ? read(await body(), header, details, leaf, unpack, dictionary) : count];
      done += count;
    } else if (type !== INDEX) throw new Damage({ expected: "a page of Parquet", got: `one of type ${type}` });
    at += size;
  }
}

async function headerAt(window: Window, at: number, end: number): Promise<{ header: Struct; bytes: number }> {
  for (let length = HEADER_BYTES; ; length *= 16) {
    const known = Math.min(length, end - at);
    const reader = new ByteReader(await window.at(at, known));
    try {
      return { header: readStruct(reader), bytes: reader.at };
    } catch (error) {
      if (known === end - at || !(error instanceof Damage)) throw error;
    }
  }
}

function sizeAt(struct: Struct, id: number): number {
  const size = numberAt(struct, id);
  if (size !== undefined && Number.isInteger(size) && size >= 0 && size < 2 ** 31) return size;
  throw new Damage({ expected: "a size in the header of a page", got: `${size}` });
}

function checked(packed: Uint8Array, header: Struct): Uint8Array {
  const expected = numberAt(header, 4);
  if (expected === undefined) return packed;
  const got = crc32(packed);
  if (expected >>> 0 === got) return packed;
  throw new Damage({ expected: `checksum ${expected >>> 0} of a page`, got: `${got}` });
}

function readDictionary(packed: Uint8Array, header: Struct, leaf: Leaf, unpack: Unpack): Values {
  const details = structAt(header, 7) ?? new Map();
  const bytes = unpack(packed, sizeAt(header, 2));
  return readPlain(new ByteReader(bytes), leaf, sizeAt(details, 1));
}

const RLE = 3;

function readDataPage(
  packed: Uint8Array,
  header: Struct,
  details: Struct,
  leaf: Leaf,
  unpack: Unpack,
  dictionary: Values | undefined,
): Page {
  const count = sizeAt(details, 1);
  const reader = new ByteReader(unpack(packed, sizeAt(header, 2)));
  const levels = (max: number, encoding: number): Uint8Array | undefined => {
    if (max === 0) return undefined;
    if (numberAt(details, encoding) !== RLE) throw new Damage({ expected: "levels in runs", got: "another encoding" });
    const length = new DataView(reader.take(4).slice().buffer).getUint32(0, true);
    return readLevels(reader.take(length), max, count);
  };
  const repetitions = levels(leaf.maxRepetition, 4);
  const definitions = levels(leaf.maxDefinition, 3);
  const bytes = reader.bytes.subarray(reader.at);
  return pageOf(bytes, numberAt(details, 2), leaf, count, repetitions, definitions, dictionary);
}

function readDataPageV2(
  packed: Uint8Array,
  header: Struct,
  details: Struct,
  leaf: Leaf,
  unpack: Unpack,
  dictionary: Values | undefined,
): Page {
  const count = sizeAt(details, 1);
  const [ofRepetitions, ofDefinitions] = [sizeAt(details, 6), sizeAt(details, 5)];
  const reader = new ByteReader(packed);
  const levels = (length: number, max: number) => {
    const bytes = reader.take(length);
    return max === 0 ? undefined : readLevels(bytes, max, count);
  };
  const repetitions = levels(ofRepetitions, leaf.maxRepetition);
  const definitions = levels(ofDefinitions, leaf.maxDefinition);
  const rest = packed.subarray(reader.at);
  const size = sizeAt(header, 2) - ofRepetitions - ofDefinitions;
  // Of no values, nothing need be packed.
  const bytes = details.get(7) === false || size === 0 ? rest : unpack(rest, size);
  const page = pageOf(bytes, numberAt(details, 4), leaf, count, repetitions, definitions, dictionary);
  const nulls = sizeAt(details, 2);
  if (count - page.values.length !== nulls) {
    throw new Damage({ expected: `${nulls} nulls in a page`, got: `${count - page.values.length}` });
  }
  return page;
}

function readLevels(bytes: Uint8Array, max: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  readRuns(new ByteReader(bytes), bitsOf(max), out);
  const wrong = out.find((level) => level > max);
  if (wrong !== undefined) throw new Damage({ expected: `levels up to ${max}`, got: `${wrong}` });
  return out;
}

function pageOf(
  bytes: Uint8Array,
  encoding: number | undefined,
  leaf: Leaf,
  count: number,
  repetitions: Uint8Array | undefined,
  definitions: Uint8Array | undefined,
  dictionary: Values | undefined,
): Page {
  let present = count;
  if (definitions !== undefined) {
    present = 0;
    for (const level of definitions) if (level === leaf.maxDefinition) present++;
  }
  const values = readValues(bytes, encoding ?? -1, leaf, present, dictionary);
  return { count, values, definitions: present === count ? undefined : definitions, repetitions };
}
