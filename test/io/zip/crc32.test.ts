import { test } from "uvu";
import * as assert from "uvu/assert";
import { crc32 } from "../../../io/zip/crc32.js";
import { text } from "./archives.js";

test("crc32 agrees with the check value of the CRC catalogue, whole and in parts", () => {
  // CRC-32/ISO-HDLC: check("123456789") = 0xcbf43926.
  assert.is(crc32(text("123456789")), 0xcbf43926);
  assert.is(crc32(text("6789"), crc32(text("12345"))), 0xcbf43926);
  // Python: zlib.crc32(bytes(range(256)) * 5 + b"abc") on 2026-11-22.
  assert.is(crc32(Uint8Array.from({ length: 1283 }, (_, i) => (i < 1280 ? i % 256 : 97 + i - 1280))), 0x6ae32228);
});

test.run();
