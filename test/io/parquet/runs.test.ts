import { test } from "uvu";
import * as assert from "uvu/assert";
import { unpackBits } from "../../../io/parquet/runs.js";

test("integers of every width, packed one bit after another", () => {
  for (let bits = 1; bits <= 32; bits++) {
    const values = Array.from({ length: 40 }, (_, i) => Number(BigInt.asUintN(bits, 0x9e3779b97f4a7c15n * BigInt(i))));
    // The lowest bit of the first value is the lowest of one large integer.
    let all = values.reduceRight((sum, value) => (sum << BigInt(bits)) | BigInt(value), 0n);
    const bytes = Uint8Array.from({ length: 5 * bits }, () => {
      const byte = Number(all & 255n);
      all >>= 8n;
      return byte;
    });
    const out = new Uint32Array(41);
    unpackBits(bytes, bits, out, 1, 40);
    assert.equal([...out], [0, ...values], `${bits} bits`);
  }
});

test("behind 2^32 bits, too", () => {
  const count = 2 ** 27 + 1;
  // Of zeros that were never written, the system keeps one page.
  const bytes = new Uint8Array(4 * count);
  bytes[4 * (count - 1)] = 7;
  const out = new Uint8Array(count);
  unpackBits(bytes, 32, out, 0, count);
  assert.equal([out[0], out[count - 1]], [0, 7]);
});

test.run();
