/** One xz stream of one block of LZMA2: tukaani.org/xz/xz-file-format.txt. */
import { Damage } from "../damage.js";
import { crc32 } from "../zip/crc32.js";
import { unpackLzma2 } from "./lzma2.js";

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const HEADER_BYTES = 12;
const [LZMA2, CHECK_CRC32] = [0x21, 1];

const broken = (got: string) => new Damage({ expected: "an unbroken xz stream of LZMA2 with CRC32", got });

/** @param length of the unpacked bytes */
export function unpackXz(packed: Uint8Array, length: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < HEADER_BYTES + 8 || MAGIC.some((byte, i) => packed[i] !== byte)) throw broken("no xz stream");
  checkSum(view, packed.subarray(6, 8), 8, "of the stream's header");
  if (packed[6] !== 0 || packed[7] !== CHECK_CRC32) throw broken(`a check of kind ${packed[7]}`);
  const headerBytes = (packed[HEADER_BYTES]! + 1) * 4;
  const start = HEADER_BYTES + headerBytes;
  if (packed[HEADER_BYTES] === 0 || start > packed.length) throw broken("no block");
  checkSum(view, packed.subarray(HEADER_BYTES, start - 4), start - 4, "of the block's header");
  checkFilters(packed.subarray(HEADER_BYTES + 1, start - 4));
  const { bytes, end } = unpackLzma2(packed, start, length);
  const padded = start + Math.ceil((end - start) / 4) * 4;
  if (padded + 4 > packed.length) throw broken("an end before the checksum");
  checkSum(view, bytes, padded, "of the bytes");
  return bytes;
}

function checkSum(view: DataView, bytes: Uint8Array, at: number, what: string): void {
  const [expected, got] = [view.getUint32(at, true), crc32(bytes)];
  if (expected !== got) throw new Damage({ expected: `checksum ${expected} ${what}`, got: `${got}` });
}

/** The header says of one filter, LZMA2, that its dictionary has some size; sizes of the block may stand before. */
function checkFilters(header: Uint8Array): void {
  const flags = header[0]!;
  let at = 1;
  for (const bit of [0x40, 0x80]) {
    if ((flags & bit) === 0) continue;
    while ((header[at] ?? 0) >= 0x80) at++;
    at++;
  }
  if ((flags & 3) !== 0 || header[at] !== LZMA2) throw broken("another filter");
}
