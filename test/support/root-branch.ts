/** A branch of plain f32 of a TTree, whose baskets are stored or compressed by zlib: what the reference files of diphoton events are. */
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";

/** ROOT's blocks: a header of 9 bytes, with both sizes in 3 bytes each. */
function inflated(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    if (data.toString("latin1", at, at + 2) !== "ZL") throw new Error("zlib expected");
    const size = data.readUIntLE(at + 3, 3);
    parts.push(inflateSync(data.subarray(at + 9, at + 9 + size)));
    at += 9 + size;
  }
  return Buffer.concat(parts);
}

/** All numbers of the branch, in order: the records of the file one after the other. */
export function rootBranch(path: string, branch: string): Float64Array {
  const file = readFileSync(path);
  const values: number[] = [];
  for (let at = 100; at < file.length - 20; ) {
    const bytes = file.readInt32BE(at);
    if (bytes === 0) break;
    if (bytes < 0) {
      at -= bytes;
      continue;
    }
    const [version, wholeSize, keySize] = [
      file.readInt16BE(at + 4),
      file.readInt32BE(at + 6),
      file.readInt16BE(at + 14),
    ];
    let place = at + 18 + (version > 1000 ? 16 : 8);
    const text = () => {
      const length = file[place]!;
      place += 1 + length;
      return file.toString("latin1", place - length, place);
    };
    const [kind, name] = [text(), text(), text()];
    if (kind === "TBasket" && name === branch) {
      const count = file.readInt32BE(place + 10);
      const stored = file.subarray(at + keySize, at + bytes);
      const data = wholeSize === bytes - keySize ? stored : inflated(stored);
      for (let i = 0; i < count; i++) values.push(data.readFloatBE(4 * i));
    }
    at += bytes;
  }
  return Float64Array.from(values);
}
