/** Reads zip archives: PKWARE's APPNOTE.TXT 6.3, sections 4.3 (records) and 4.5.3 (zip64). Members are stored or deflated. */
import { FileError, quote } from "../errors.js";
import { neighbourFormat, START_BYTES } from "../foreign-formats.js";
import type { ByteSource } from "../source.js";

export const LOCAL_HEADER = 0x04034b50;
export const CENTRAL_HEADER = 0x02014b50;
export const END_RECORD = 0x06054b50;
const END_RECORD_64 = 0x06064b50;
const END_LOCATOR_64 = 0x07064b50;
export const END_BYTES = 22;
/** Without the name and the extra field. */
export const LOCAL_HEADER_BYTES = 30;
const LOCATOR_BYTES = 20;
export const IN_ZIP64 = 0xffffffff;
export const STORED = 0;
export const DEFLATED = 8;
const ENCRYPTED = 0x0001;

// As many as a directory without zip64 can hold, with names of 450 bytes.
const MAX_MEMBERS = 2 ** 16;
const MAX_DIRECTORY_BYTES = 2 ** 25;

export const CORRUPT = "The file is truncated or corrupt: copy or download it again";

export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly compressedSize: number;
  /** Bytes once unpacked. */
  readonly size: number;
  readonly crc: number;
  readonly headerOffset: number;
}

/** The members of an archive by name, in the order of its directory. */
export async function readZipDirectory(source: ByteSource): Promise<Map<string, ZipMember>> {
  const { count, offset, size } = await findDirectory(source);
  if (size > MAX_DIRECTORY_BYTES || count > MAX_MEMBERS) {
    throw new FileError(source.name, {
      expected: `a directory of at most ${MAX_MEMBERS} members in ${MAX_DIRECTORY_BYTES} bytes`,
      got: `${count} members in ${size} bytes`,
    });
  }
  const bytes = view(await source.read(offset, size));
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { member, end } = parseCentralHeader(source, bytes, at);
    if (members.has(member.name)) {
      throw new FileError(source.name, { expected: "each member once", got: `two called ${quote(member.name)}` });
    }
    members.set(member.name, member);
    at = end;
  }
  checkNoOverlap(source, [...members.values()]);
  return members;
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

interface DirectoryPlace {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
}

/** The end record is the last thing in the file, save a comment of up to 65535 bytes. */
async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  const tailStart = Math.max(0, source.size - END_BYTES - 65535 - LOCATOR_BYTES);
  const tail = view(await source.read(tailStart, source.size - tailStart));
  let at = tail.byteLength - END_BYTES;
  while (at >= 0 && !isEndRecord(tail, at)) at--;
  if (at < 0) throw await noDirectory(source);
  const place = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const locator = at - LOCATOR_BYTES;
  const isZip64 = locator >= 0 && tail.getUint32(locator, true) === END_LOCATOR_64;
  return isZip64 ? readZip64Place(source, getUint64(tail, locator + 8)) : place;
}

function isEndRecord(tail: DataView, at: number): boolean {
  return tail.getUint32(at, true) === END_RECORD && at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength;
}

async function noDirectory(source: ByteSource): Promise<FileError> {
  const start = await source.read(0, Math.min(START_BYTES, source.size));
  const looksLikeZip = start.length >= 4 && view(start).getUint32(0, true) === LOCAL_HEADER;
  return new FileError(source.name, {
    expected: "a zip archive that ends with its directory",
    got: looksLikeZip
      ? `${source.size} bytes that begin like one but have no directory at the end`
      : (neighbourFormat(start) ?? `${source.size} bytes that are no zip archive`),
    hint: looksLikeZip ? CORRUPT : "Check that this is the file you meant",
  });
}

async function readZip64Place(source: ByteSource, offset: number): Promise<DirectoryPlace> {
  const record = view(await source.read(offset, 56));
  if (record.getUint32(0, true) !== END_RECORD_64) {
    throw new FileError(source.name, {
      expected: `a zip64 end record at byte ${offset}`,
      got: "something else",
      hint: CORRUPT,
    });
  }
  return { count: getUint64(record, 32), size: getUint64(record, 40), offset: getUint64(record, 48) };
}

function getUint64(bytes: DataView, at: number): number {
  return Number(bytes.getBigUint64(at, true));
}

function parseCentralHeader(source: ByteSource, bytes: DataView, at: number): { member: ZipMember; end: number } {
  if (at + 46 > bytes.byteLength || bytes.getUint32(at, true) !== CENTRAL_HEADER) {
    throw new FileError(source.name, {
      expected: `a directory entry at byte ${at} of the zip directory`,
      got: "something else",
      hint: CORRUPT,
    });
  }
  const extraStart = at + 46 + bytes.getUint16(at + 28, true);
  const extraEnd = extraStart + bytes.getUint16(at + 30, true);
  const end = extraEnd + bytes.getUint16(at + 32, true);
  if (end > bytes.byteLength) {
    throw new FileError(source.name, {
      expected: "whole directory entries",
      got: `one cut off at byte ${at}`,
      hint: CORRUPT,
    });
  }
  const name = new TextDecoder().decode(new Uint8Array(bytes.buffer, bytes.byteOffset + at + 46, extraStart - at - 46));
  const [size, compressedSize, headerOffset] = widen(source, bytes, extraStart, extraEnd, [
    bytes.getUint32(at + 24, true),
    bytes.getUint32(at + 20, true),
    bytes.getUint32(at + 42, true),
  ]);
  const member = {
    name,
    method: bytes.getUint16(at + 10, true),
    crc: bytes.getUint32(at + 16, true),
    size,
    compressedSize,
    headerOffset,
  };
  checkMember(source, member, bytes.getUint16(at + 8, true));
  return { member, end };
}

/** Sizes and offset of which those that read 0xffffffff follow in the zip64 extra field, in this order (APPNOTE 4.5.3). */
function widen(
  source: ByteSource,
  bytes: DataView,
  extraStart: number,
  extraEnd: number,
  values: [number, number, number],
): [number, number, number] {
  if (!values.includes(IN_ZIP64)) return values;
  for (let at = extraStart; at + 4 <= extraEnd; at += 4 + bytes.getUint16(at + 2, true)) {
    if (bytes.getUint16(at, true) !== 0x0001) continue;
    const fieldEnd = Math.min(extraEnd, at + 4 + bytes.getUint16(at + 2, true));
    const wide = values.filter((value) => value === IN_ZIP64).length;
    if (at + 4 + 8 * wide > fieldEnd) break;
    let next = at + 4;
    return values.map((value) => (value === IN_ZIP64 ? getUint64(bytes, (next += 8) - 8) : value)) as [
      number,
      number,
      number,
    ];
  }
  throw new FileError(source.name, { expected: "zip64 sizes in a directory entry", got: "none", hint: CORRUPT });
}

function checkMember(source: ByteSource, member: ZipMember, flags: number): void {
  const where = `${source.name}, member ${quote(member.name)}`;
  if (flags & ENCRYPTED) throw new FileError(where, { expected: "plain data", got: "an encrypted member" });
  if (member.method !== STORED && member.method !== DEFLATED) {
    throw new FileError(where, {
      expected: "stored or deflated data",
      got: `compression method ${member.method}`,
      hint: "Write the archive again with deflate or without compression",
    });
  }
  if (member.method === STORED && member.size !== member.compressedSize) {
    throw new FileError(where, {
      expected: `at most ${member.compressedSize} bytes out of ${member.compressedSize}`,
      got: `a claim of ${member.size}`,
      hint: CORRUPT,
    });
  }
}

/** Members that share bytes would let a small file unpack to any size. */
function checkNoOverlap(source: ByteSource, members: readonly ZipMember[]): void {
  const total = members.reduce((sum, member) => sum + member.compressedSize, 0);
  if (total > source.size) {
    throw new FileError(source.name, {
      expected: `members of at most ${source.size} bytes in all, the size of the file`,
      got: `${total}`,
      hint: CORRUPT,
    });
  }
  let end = 0;
  for (const member of [...members].sort((a, b) => a.headerOffset - b.headerOffset)) {
    if (member.headerOffset < end) {
      throw new FileError(`${source.name}, member ${quote(member.name)}`, {
        expected: `its own bytes, from byte ${end} on`,
        got: `byte ${member.headerOffset}, inside another member`,
        hint: CORRUPT,
      });
    }
    end = member.headerOffset + LOCAL_HEADER_BYTES + member.compressedSize;
  }
}
