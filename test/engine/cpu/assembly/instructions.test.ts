/** Opcodes: each instruction has one of its own, and numbers are written as LEB128, as DWARF 5 gives its examples. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { laneCode, memoryCode, plainCode, signed, unsigned } from "../../../../engine/cpu/assembly/instructions.js";

test("no two instructions have one opcode", () => {
  const codes = [...Object.values(plainCode), ...Object.values(laneCode)].map((code) => code.join());
  assert.is(new Set(codes).size, codes.length);
});

test("opcodes of a prefix are the prefix and a number", () => {
  assert.equal(plainCode["i32.add"], [0x6a]);
  assert.equal(plainCode["f32x4.add"], [0xfd, 0xe4, 0x01]);
  // Opcode, then the alignment as a power of two.
  assert.equal(memoryCode("f64.load"), [0x2b, 3]);
});

test("unsigned numbers as in DWARF 5, appendix C", () => {
  for (const [value, bytes] of [
    [2, [2]],
    [127, [127]],
    [128, [0x80, 1]],
    [129, [0x81, 1]],
    [12857, [0xb9, 0x64]],
  ] as const) {
    assert.equal(unsigned(value), bytes);
  }
});

test("signed numbers as in DWARF 5, appendix C", () => {
  for (const [value, bytes] of [
    [2n, [2]],
    [-2n, [0x7e]],
    [127n, [0xff, 0]],
    [-127n, [0x81, 0x7f]],
    [128n, [0x80, 1]],
    [-129n, [0xff, 0x7e]],
  ] as const) {
    assert.equal(signed(value), bytes);
  }
});

test.run();
