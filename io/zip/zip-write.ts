/** Writes zip archives: PKWARE's APPNOTE.TXT 6.3, section 4.3. Members are stored or deflated; no zip64. */
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import { FileError, quote } from "../errors.js";
import { crc32 } from "./crc32.js";
import {
  CENTRAL_HEADER,
  DEFLATED,
  END_BYTES,
  END_RECORD,
  IN_ZIP64,
  LOCAL_HEADER,
  STORED,
  type ZipMember,
} from "./zip.js";

const UTF8_NAME = 0x0800;
const MAX_MEMBERS = 65535;
const DOS_1980_01_01 = 0x0021;

const deflateRawAsync = promisify(deflateRaw);

export interface ZipEntry {
  readonly name: string;
  /** The member's bytes in pieces, so that a header need not be glued to the data after it. */
  readonly chunks: readonly Uint8Array[];
}

/** The bytes of an archive, piece by piece; stored unless `deflate`. Dates are 1980-01-01, so equal input gives equal bytes. */
export async function* zipBytes(
  where: string,
  entries: readonly ZipEntry[],
  { deflate = false }: { deflate?: boolean } = {},
): AsyncGenerator<Uint8Array> {
  if (entries.length > MAX_MEMBERS) {
    throw new FileError(where, { expected: `at most ${MAX_MEMBERS} members in an archive`, got: `${entries.length}` });
  }
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const size = totalBytes(entry.chunks);
    checkFits(where, entry.name, offset + size);
    const data = deflate ? [await deflateRawAsync(Buffer.concat(entry.chunks))] : entry.chunks;
    const member: ZipMember = {
      name: entry.name,
      method: deflate ? DEFLATED : STORED,
      compressedSize: totalBytes(data),
      size,
      crc: entry.chunks.reduce((crc, chunk) => crc32(chunk, crc), 0),
      headerOffset: offset,
    };
    const header = localHeader(member);
    yield header;
    yield* data;
    directory.push(centralHeader(member));
    offset += header.length + member.compressedSize;
  }
  yield* directory;
  yield endRecord(directory, offset);
}

function headerView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer);
}

function totalBytes(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** Leaves 1 MiB for headers and for what deflate adds to incompressible data. */
function checkFits(where: string, name: string, end: number): void {
  if (end + 2 ** 20 < IN_ZIP64) return;
  throw new FileError(where, {
    expected: "an archive below 4 GiB",
    got: `${end} bytes up to member ${quote(name)}`,
    hint: "Write several files, or safetensors",
  });
}

/** Version needed, flags, method, time, date, checksum, sizes and name length: what both headers have in common. */
function putCommonFields(bytes: DataView, at: number, member: ZipMember, nameBytes: number): void {
  bytes.setUint16(at, 20, true);
  bytes.setUint16(at + 2, UTF8_NAME, true);
  bytes.setUint16(at + 4, member.method, true);
  bytes.setUint16(at + 8, DOS_1980_01_01, true);
  bytes.setUint32(at + 10, member.crc, true);
  bytes.setUint32(at + 14, member.compressedSize, true);
  bytes.setUint32(at + 18, member.size, true);
  bytes.setUint16(at + 22, nameBytes, true);
}

function localHeader(member: ZipMember): Uint8Array {
  const name = new TextEncoder().encode(member.name);
  const bytes = new Uint8Array(30 + name.length);
  headerView(bytes).setUint32(0, LOCAL_HEADER, true);
  putCommonFields(headerView(bytes), 4, member, name.length);
  bytes.set(name, 30);
  return bytes;
}

function centralHeader(member: ZipMember): Uint8Array {
  const name = new TextEncoder().encode(member.name);
  const bytes = new Uint8Array(46 + name.length);
  headerView(bytes).setUint32(0, CENTRAL_HEADER, true);
  headerView(bytes).setUint16(4, 20, true);
  putCommonFields(headerView(bytes), 6, member, name.length);
  headerView(bytes).setUint32(42, member.headerOffset, true);
  bytes.set(name, 46);
  return bytes;
}

function endRecord(directory: readonly Uint8Array[], offset: number): Uint8Array {
  const bytes = new Uint8Array(END_BYTES);
  headerView(bytes).setUint32(0, END_RECORD, true);
  headerView(bytes).setUint16(8, directory.length, true);
  headerView(bytes).setUint16(10, directory.length, true);
  headerView(bytes).setUint32(12, totalBytes(directory), true);
  headerView(bytes).setUint32(16, offset, true);
  return bytes;
}
