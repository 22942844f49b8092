/** The unpacked bytes of a zip archive's members, one after another, checked against their sizes and checksums. */
import { pipeline, Readable } from "node:stream";
import { createInflateRaw, inflateRawSync } from "node:zlib";
import { FileError, quote } from "../errors.js";
import { allocate } from "../memory.js";
import type { ByteSource, ByteStream } from "../source.js";
import { crc32 } from "./crc32.js";
import { CORRUPT, LOCAL_HEADER, LOCAL_HEADER_BYTES, STORED, view, type ZipMember } from "./zip.js";

// What is deflated may grow to 256 MiB in all, or to 16 times the size of the file; what wants more is a zip bomb. Columns of
// events, of which some always differ, shrink to a half or a tenth.
const MAX_INFLATED_BYTES = 2 ** 28;
const MAX_INFLATION = 16;

// Larger members are unpacked in pieces.
const SMALL_BYTES = 2 ** 20;
const PIECE_BYTES = 2 ** 18;

/** A member's bytes, of which those that were read are right once `finish` has returned. */
export interface MemberStream extends ByteStream {
  /** Passes over what is left and checks the whole. */
  finish(): Promise<void>;
}

/** Refuses members that unpack to more, together, than a file of events or weights ever does. */
export function checkUnpacked(source: ByteSource, members: readonly ZipMember[]): void {
  const deflated = members.filter(({ method }) => method !== STORED);
  const claim = deflated.reduce((sum, { size }) => sum + size, 0);
  const limit = Math.max(MAX_INFLATED_BYTES, MAX_INFLATION * source.size);
  if (claim <= limit) return;
  throw new FileError(members.length === 1 ? whereOf(source, members[0]!) : source.name, {
    expected: `at most ${limit} bytes out of ${source.size}`,
    got: `a claim of ${claim}`,
    hint: "A corrupt archive or a zip bomb: it is not unpacked. A file of your own: save it without compression",
  });
}

/** Opens a member for the time of `use`. */
export async function withZipMember<Result>(
  source: ByteSource,
  member: ZipMember,
  use: (stream: MemberStream) => Promise<Result>,
): Promise<Result> {
  const where = whereOf(source, member);
  checkUnpacked(source, [member]);
  const pieces = unpacked(where, source, member);
  try {
    return await use(memberStream(where, member, pieces));
  } finally {
    await pieces.return(undefined);
  }
}

/** The whole of a member. */
export function readZipMember(source: ByteSource, member: ZipMember): Promise<Uint8Array> {
  return withZipMember(source, member, async (stream) => {
    const bytes = allocate(whereOf(source, member), Uint8Array, member.size);
    await stream.fill(bytes);
    await stream.finish();
    return bytes;
  });
}

function whereOf(source: ByteSource, member: ZipMember): string {
  return `${source.name}, member ${quote(member.name)}`;
}

type Pieces = AsyncGenerator<Uint8Array, undefined>;

function memberStream(where: string, { size, crc }: ZipMember, pieces: Pieces): MemberStream {
  let piece: Uint8Array = new Uint8Array();
  let unpackedBytes = 0;
  let found = 0;
  const wrongSize = (got: string) => new FileError(where, { expected: `${size} bytes`, got, hint: CORRUPT });
  /** Fetches the next piece where none is left; false at the end. */
  const advance = async (): Promise<boolean> => {
    while (piece.length === 0) {
      const { value } = await pieces.next();
      if (value === undefined) return false;
      piece = value;
      unpackedBytes += piece.length;
      found = crc32(piece, found);
      if (unpackedBytes > size) throw wrongSize("more");
    }
    return true;
  };
  const take = async (most: number): Promise<Uint8Array> => {
    if (!(await advance())) throw wrongSize(`${unpackedBytes}`);
    const part = piece.subarray(0, most);
    piece = piece.subarray(part.length);
    return part;
  };
  return {
    size,
    fill: async (target) => {
      for (let done = 0; done < target.length; ) {
        const part = await take(target.length - done);
        target.set(part, done);
        done += part.length;
      }
    },
    skip: async (length) => {
      for (let done = 0; done < length; ) done += (await take(length - done)).length;
    },
    finish: async () => {
      while (await advance()) piece = new Uint8Array();
      if (unpackedBytes !== size) throw wrongSize(`${unpackedBytes}`);
      if (found !== crc)
        throw new FileError(where, { expected: `checksum ${hex(crc)}`, got: hex(found), hint: CORRUPT });
    },
  };
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}

async function* unpacked(where: string, source: ByteSource, member: ZipMember): Pieces {
  const start = await findMemberData(where, source, member);
  const { method, size, compressedSize } = member;
  if (method === STORED) yield* stored(source, start, size);
  else if (Math.max(size, compressedSize) > SMALL_BYTES) {
    yield* inflated(where, size, piecesOf(source, start, compressedSize));
  } else yield inflatedAtOnce(where, size, await source.read(start, compressedSize));
}

/** Pieces in one buffer, each of them there until the next is asked for. */
async function* stored(source: ByteSource, start: number, length: number): Pieces {
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, length));
  for (let done = 0; done < length; done += PIECE_BYTES) {
    const piece = buffer.subarray(0, length - done);
    await source.fill(start + done, piece);
    yield piece;
  }
}

/** Pieces of their own: whoever unpacks them takes several at a time. */
async function* piecesOf(source: ByteSource, start: number, length: number): Pieces {
  for (let done = 0; done < length; done += PIECE_BYTES) {
    yield await source.read(start + done, Math.min(PIECE_BYTES, length - done));
  }
}

/** Name and extra field of the local header may differ in length from the directory's. */
async function findMemberData(where: string, source: ByteSource, member: ZipMember): Promise<number> {
  const header = view(await source.read(member.headerOffset, LOCAL_HEADER_BYTES));
  if (header.getUint32(0, true) !== LOCAL_HEADER) {
    throw new FileError(where, {
      expected: `a local header at byte ${member.headerOffset}`,
      got: "something else",
      hint: CORRUPT,
    });
  }
  return member.headerOffset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
}

async function* inflated(where: string, size: number, raw: Pieces): Pieces {
  const inflate = createInflateRaw({ chunkSize: PIECE_BYTES });
  // Errors of either come out of the loop below.
  pipeline(Readable.from(raw), inflate, () => {});
  try {
    for await (const piece of inflate) yield piece as Uint8Array;
  } catch (error) {
    throw invalid(where, size, error);
  }
}

function inflatedAtOnce(where: string, size: number, raw: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(raw, { maxOutputLength: size + 1 });
  } catch (error) {
    throw invalid(where, size, error);
  }
}

function invalid(where: string, size: number, error: unknown): unknown {
  if (error instanceof FileError) return error;
  const got = error instanceof Error ? error.message : String(error);
  return new FileError(where, { expected: `deflated data of ${size} bytes`, got, hint: CORRUPT });
}
