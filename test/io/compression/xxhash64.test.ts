import { test } from "uvu";
import * as assert from "uvu/assert";
import { xxhash64 } from "../../../io/compression/xxhash64.js";

const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];
const mod = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint) => mod((value << bits) | (value >> (64n - bits)));
const round = (lane: bigint, input: bigint) => mod(rotate(mod(lane + input * P2), 31n) * P1);

/** The specification's steps in exact integers, one after another. */
function slowly(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let hash = P5;
  if (bytes.length >= 32) {
    const lanes = [mod(P1 + P2), P2, 0n, mod(-P1)];
    for (; at + 32 <= bytes.length; at += 32) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, view.getBigUint64(at + 8 * i, true));
    }
    hash = mod([1n, 7n, 12n, 18n].reduce((sum, bits, i) => sum + rotate(lanes[i]!, bits), 0n));
    for (const lane of lanes) hash = mod((hash ^ round(0n, lane)) * P1 + P4);
  }
  hash = mod(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8)
    hash = mod(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4);
  for (; at + 4 <= bytes.length; at += 4)
    hash = mod(rotate(hash ^ mod(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
  for (; at < bytes.length; at++) hash = mod(rotate(hash ^ mod(BigInt(bytes[at]!) * P5), 11n) * P1);
  hash = mod((hash ^ (hash >> 33n)) * P2);
  hash = mod((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}

// Known answers of the reference program xxhsum, as its users quote them.
const KNOWN: readonly (readonly [string, bigint])[] = [
  ["", 0xef46db3751d8e999n],
  ["a", 0xd24ec4f1a98c6e5bn],
  ["abc", 0x44bc2cf5ad770999n],
  ["Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1n],
];

test("known answers", () => {
  for (const [text, hash] of KNOWN) assert.is(xxhash64(new TextEncoder().encode(text)), hash, text);
});

test("every length up to 100 as in exact integers", () => {
  const all = Uint8Array.from({ length: 101 }, (_, i) => (i * 151 + 251) & 255);
  for (let length = 0; length <= 100; length++) {
    const bytes = all.subarray(1, 1 + length);
    assert.is(xxhash64(bytes), slowly(bytes), `${length}`);
  }
});

test.run();
