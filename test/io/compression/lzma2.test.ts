import { test } from "uvu";
import * as assert from "uvu/assert";
import { unpackXz } from "../../../io/compression/xz.js";
import { Damage } from "../../../io/damage.js";
import { withFlippedBit } from "../random-bytes.js";

interface Sample {
  readonly bytes: Uint8Array;
  readonly packed: Uint8Array;
}

const sample = (bytes: Uint8Array, ...base64: string[]): Sample => ({
  bytes,
  packed: new Uint8Array(Buffer.from(base64.join(""), "base64")),
});

/** Packed by liblzma through Python 3.11's `lzma.compress(..., format=FORMAT_XZ, check=CHECK_CRC32)`, 2026-12-01. */
const SAMPLES: readonly Sample[] = [
  sample(
    new TextEncoder().encode("hello hello hello hello"),
    "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AAWAAtdADQZSe6N6VYKteAAAADjUT2NAAEjF41H/B2QQpkNAQAAAAABWVo=",
  ),
  // What cannot be packed is stored as it is.
  sample(
    Uint8Array.from({ length: 40 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 251),
    "/Td6WFoAAAFpIt42AgAhAQwAAACPmEGcAQAnAIoZozK8S9WDEpwrtUTOXQuVJK49x1bgjh2nNsBP2WgWoC+5SNJh6wA8G175AAE8",
    "KC5kwGaQQpkNAQAAAAABWVo=",
  ),
  // With lc=1, lp=2, pb=1.
  sample(
    Uint8Array.from({ length: 700 }, (_, i) => Math.floor((i * i) / 7) & 255),
    "/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM4AK7ArBAAABn/qBOluMt8wggDCHTkxu9lLrF24p/3xMZqrThUejNDpknBFd032ZYcxXA",
    "415/7SVezRIKtIsD18mqrrRdOzU8KLlEGTYI3mlwzNqsbhmUS7L0XKz4p37e0/TgxOhAnemja14qfp4UOctvEZlPKZl8pk5PLWvZ",
    "7F/+p9+RC1TDRADow6bXOz+LpTSjca4APNqVxr1dkhbophgF0yzbPQSE2LfAotagnFeqJUpzvJLTWP1XuRJjX0k3k6wiw3vOZgyI",
    "vu4kfsC5RYxIkfQbzCKSxa4imiReV0Hpr384Mm7ynTC4EiRX/yI4uRgifCGej47hTKrujTNCJJc0l5wJ9HJDRUAv8LRX0PBstM9u",
    "u2q47Pz/+WJK9gXqDmp2+MOvG/NeiRQRyamEXfbTiGsYTyaHPn40Yhrc3A+ateSm5alcq8yat4bqOErRmANReSIt1JBjeLCmD2Z6",
    "3p5gThczBlLuWD435a184plR190r3S/zCVd/dSi5L7KC1859qVHv7+e8oGYDRT4qXTx98HN7BT8zrxMiBsjjYKdb7O2ioZRej3xI",
    "DxzLSdbQ7zuQi3A5pu85JAFkEiB7Saqjfb2D0MCFV5KmPkFRzdaACHAgWiMT9ytWga3wBhuM/twGZgfi+VC3IWiUPl3HCIltuwyk",
    "EVD1egVgebNw9iBecNjnzmJpBpHDYrXfuiX2GGd3IduFpT4hEJ48yKNiiP83W7C6pZsG6KXpjp1DDQMPc8EC//9q6lGD3Kju5u0j",
    "XjUkOZ2QkpbQqIKBrtWcGXZYKgw5TkKgav5aNnHQpjS810tbF2g+IRsnC3xmvXytkwG/iXoz6L85XSuTzxLfcVQLtYAwHxRplmV7",
    "yvuBu70uWwxdwzcpWyN1l61hgAkxPDTwCkoF+2qNRq//M/gm0NaP6TRNOAAABKPAmQAByAW8BQAAvfRhpz4wDYsCAAAAAAFZWg==",
  ),
];

test("streams of liblzma unpack to the bytes that were packed", () => {
  for (const { bytes, packed } of SAMPLES) assert.equal(unpackXz(packed, bytes.length), bytes);
});

test("a flipped bit of a stream is found, or changes no byte", () => {
  for (const { bytes, packed } of SAMPLES) {
    for (let seed = 0; seed < 300; seed++) {
      const flipped = withFlippedBit(packed, seed);
      let found: Uint8Array | undefined;
      try {
        found = unpackXz(flipped, bytes.length);
      } catch (error) {
        assert.instance(error, Damage, `${(error as Error).stack}`);
      }
      if (found !== undefined) assert.equal(found, bytes, `seed ${seed}`);
    }
  }
});

test("a stream that is cut, or that holds more or less than it should, is damage", () => {
  for (const { bytes, packed } of SAMPLES) {
    for (let length = 0; length < packed.length - 24; length++) {
      assert.throws(
        () => unpackXz(packed.subarray(0, length), bytes.length),
        (error: unknown) => error instanceof Damage,
      );
    }
    for (const length of [bytes.length - 1, bytes.length + 1]) {
      assert.throws(
        () => unpackXz(packed, length),
        (error: unknown) => error instanceof Damage,
      );
    }
  }
});

test.run();
