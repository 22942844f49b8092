/** Pickles opcode by opcode: what they describe, and the refusal of all that PyTorch does not write for a state_dict. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../../io/errors.js";
import { readPickle } from "../../../io/torch/pickle.js";
import { PickleTuple, type PickleValue, StorageRef, TensorRef } from "../../../io/torch/pickle-values.js";
import { readTorchStateDictFrom } from "../../../io/torch/torch-state-dict.js";
import { assertRefused } from "../support.js";
import {
  dict,
  EMPTY_ORDERED_DICT,
  global,
  int,
  type Opcodes,
  str,
  tensor,
  torchArchive,
  tuple,
  u32,
} from "./pickle-writer.js";

const read = async (pickle: Opcodes) => readTorchStateDictFrom(await torchArchive(pickle));

/** Alone, and in an archive of PyTorch. */
async function refused(pickle: Opcodes, message: RegExp): Promise<void> {
  await assertRefused(() => readPickle("model.pt", Buffer.from(pickle, "latin1")), message);
  await assertRefused(() => read(pickle), message);
}

/** Python 3.11.7 on 2026-11-29: pickle.dumps(value, protocol=2).hex() of the value in the comment. */
const OF_PYTHON: readonly (readonly [string, PickleValue])[] = [
  // [1, -2, 70000, 300, -2**31, 2**40, -2**40, 2**53 - 1]
  [
    "80025d7100284b014afeffffff4a701101004d2c014a000000808a060000000000018a060000000000ff8a07ffffffffffff1f652e",
    [1, -2, 70000, 300, -(2 ** 31), 2 ** 40, -(2 ** 40), 2 ** 53 - 1],
  ],
  // [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]
  [
    "80025d710028294b018571014b014b028671024b014b024b03877103284b014b024b034b04747104652e",
    [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]].map((items) => new PickleTuple(items)),
  ],
  // {"n": None, "y": True, "z": False, "f": 0.1, "ν": "é"}
  [
    "80027d71002858010000006e71014e58010000007971028858010000007a7103895801000000667104473fb999999999999a5802000000cebd71055802000000c3a97106752e",
    new Map<PickleValue, PickleValue>([
      ["n", null],
      ["y", true],
      ["z", false],
      ["f", 0.1],
      ["ν", "é"],
    ]),
  ],
];

test("a pickle of Python's describes the value that it is of", () => {
  for (const [hex, value] of OF_PYTHON) assert.equal(readPickle("a.pkl", Buffer.from(hex, "hex")), value);
});

test("what is remembered is the very same when it is recalled", () => {
  // Python 3.11.7: a = []; pickle.dumps([a, a, "s"], protocol=2).
  const [first, second, word] = readPickle(
    "a.pkl",
    Buffer.from("80025d7100285d710168015801000000737102652e", "hex"),
  ) as PickleValue[];
  assert.equal([first, word], [[], "s"]);
  assert.is(first, second);
});

test("a tensor is a window on a storage that is left where it is, whatever its device", () => {
  const pickle = dict(
    str("w"),
    tensor({ storageClass: "LongStorage", key: "7", offset: int(1), shape: tuple(int(1)) }),
  );
  const value = readPickle("a.pkl", Buffer.from(pickle, "latin1")) as Map<PickleValue, PickleValue>;
  assert.equal(value.get("w"), new TensorRef(new StorageRef("7", "i8", 2), 1, [1], [1]));
});

const ATTACK = str("touch /tmp/owned");

/** Each would run a command, or fill the memory, in Python. */
const hostile: Readonly<Record<string, readonly [Opcodes, RegExp]>> = {
  "os.system by GLOBAL and REDUCE": [
    `\x80\x02${global("os", "system")}${ATTACK}\x85R.`,
    /^model\.pt, pickle byte 2: expected no globals but OrderedDict, _rebuild_tensor_v2 and torch storages, got the global "os\.system"; nothing was executed\. A file from an unknown source may be hostile/,
  ],
  "posix.system inside a state_dict": [
    dict(str("w"), `${global("posix", "system")}${ATTACK}\x85R`),
    /the global "posix\.system"/,
  ],
  "builtins.eval": [`\x80\x02${global("builtins", "eval")}${ATTACK}\x85R.`, /the global "builtins\.eval"/],
  "os.system by STACK_GLOBAL": [
    `\x80\x02${str("os")}${str("system")}\x93${ATTACK}\x85R.`,
    /got 0x93 STACK_GLOBAL; nothing was executed/,
  ],
  "os.system by INST": [`\x80\x02(${ATTACK}ios\nsystem\n.`, /got 0x69 INST/],
  "os.system by OBJ": [`\x80\x02(${global("os", "system")}${ATTACK}o.`, /the global "os\.system"/],
  "a class by NEWOBJ": [`\x80\x02${global("collections", "OrderedDict")})\x81.`, /got 0x81 NEWOBJ/],
  "an extension code": ["\x80\x02\x82\x01.", /got 0x82 EXT1/],
  "a class of torch that is no storage": [
    `\x80\x02${global("torch.nn", "Module")})R.`,
    /the global "torch\.nn\.Module"/,
  ],
  "a global with dots that spell an allowed one": [
    `\x80\x02${global("collections.OrderedDict", "fromkeys")}.`,
    /the global "collections\.OrderedDict\.fromkeys"/,
  ],
  "the prototype of objects": [`\x80\x02${global("torch", "__proto__")}.`, /the global "torch\.__proto__"/],
  "a storage class called": [
    `\x80\x02${global("torch", "FloatStorage")}${int(9)}\x85R.`,
    /expected REDUCE of OrderedDict\(\) or _rebuild_tensor_v2\(\.\.\.\), got REDUCE of the global "torch\.FloatStorage" with a tuple of 1/,
  ],
  "REDUCE of something that is no global": [
    `\x80\x02${str("os.system")})R.`,
    /got REDUCE of the string "os\.system" with a tuple of 0/,
  ],
  "OrderedDict with arguments": [
    `\x80\x02${global("collections", "OrderedDict")}${tuple(int(1))}R.`,
    /got REDUCE of the global "collections\.OrderedDict" with a tuple of 1/,
  ],
  "BUILD of a tensor's state": [
    dict(str("w"), `${tensor()}}${str("__class__")}${int(1)}sb`),
    /expected BUILD of a dictionary's _metadata, got BUILD of a tensor/,
  ],
  "BUILD of a dictionary's attributes": [
    dict(str("w"), `}}${str("__setstate__")}${int(1)}sb`),
    /expected BUILD of a dictionary's _metadata/,
  ],
  "hooks to be run on backward": [
    dict(str("w"), tensor({ hooks: `}${int(1)}${int(2)}s` })),
    /expected _rebuild_tensor_v2\(storage, offset, size, stride, requires_grad, \{\}\), got a storage, 0/,
  ],
  "a persistent id that is no storage": [
    dict(str("w"), `${tuple(str("module"), str("os"))}Q`),
    /expected a persistent id \("storage", class, key, device, elements\), got a tuple of 2/,
  ],
  "a persistent id of text": ["\x80\x02P123\n.", /got 0x50 PERSID/],
  "a tensor that reaches beyond its storage": [
    dict(str("w"), tensor({ offset: int(1) })),
    /expected a tensor inside its storage of 2 elements, got offset 1, size \[2\], stride \[1\]/,
  ],
  "a negative stride": [
    dict(str("w"), tensor({ offset: int(1), strides: tuple(int(-1)) })),
    /expected _rebuild_tensor_v2\(/,
  ],
  "a negative offset": [dict(str("w"), tensor({ offset: int(-1) })), /expected _rebuild_tensor_v2\(/],
  "a negative size": [dict(str("w"), tensor({ shape: tuple(int(-2)) })), /expected _rebuild_tensor_v2\(/],
  "sizes and strides that do not match": [dict(str("w"), tensor({ strides: ")" })), /expected _rebuild_tensor_v2\(/],
  "a million axes": [
    dict(str("w"), tensor({ shape: tuple("K\x01".repeat(10 ** 6)), strides: tuple("K\x01".repeat(10 ** 6)) })),
    /expected _rebuild_tensor_v2\(.* got a storage, 0, a tuple of 1000000, a tuple of 1000000, false/,
  ],
  "an integer of megabytes": ["\x80\x02\x8b\xff\xff\xff\x00.", /got 0x8b LONG4/],
  "a long of 255 bytes": [
    `\x80\x02\x8a\xff${"\xff".repeat(255)}.`,
    /expected integers of at most 8 bytes, got one of 255/,
  ],
  "an integer no double holds": [
    `\x80\x02\x8a\x08${"\xff".repeat(7)}\x7f.`,
    /expected integers below 2\^53, got 9223372036854775807/,
  ],
  "a string that claims 4 GB": [
    `\x80\x02X${u32(0xffffffff)}abc.`,
    /expected 4294967295 more bytes, got 4, a truncated pickle/,
  ],
  "two million dictionaries": [`\x80\x02${"}".repeat(2_000_000)}.`, /expected at most 1048576 containers, got more/],
  "a memo entry that was never stored": [
    "\x80\x02h\x05.",
    /expected a memo entry that was stored before, got number 5/,
  ],
  "an empty stack": ["\x80\x02R.", /expected a value on the stack, got an empty stack/],
  "a mark as a value": ["\x80\x02(R.", /expected a value on the stack, got a mark/],
  "a tuple without its mark": ["\x80\x02t.", /expected a mark on the stack, got none/],
  "leftovers on the stack": ["\x80\x02}}.", /expected one value, got 1 more on the stack/],
  "pairs for something that is no dictionary": [
    `\x80\x02]${str("a")}K\x01s.`,
    /expected a dictionary and pairs to put into it, got a list of 0/,
  ],
  "an odd number of pairs": [`\x80\x02}(${str("a")}u.`, /expected a dictionary and pairs to put into it/],
  "a tuple as a key": ["\x80\x02})K\x01s.", /expected names as dictionary keys, got a tuple of 0/],
  "items for something that is no list": ["\x80\x02}K\x01a.", /expected a list to append to, got a dictionary of 0/],
  "another protocol": ["\x80\x04}.", /expected pickle protocol 2, torch\.save's default, got protocol 4/],
  "an unknown opcode": ["\x80\x02\xff.", /got 0xff \(no opcode\)/],
  "no STOP": ["\x80\x02}", /expected 1 more bytes, got 0, a truncated pickle/],
  "a name without its end": ["\x80\x02cos", /expected a name that ends with a newline, got a truncated pickle/],
  "an empty pickle": ["", /a truncated pickle/],
};

for (const [name, [pickle, message]] of Object.entries(hostile)) {
  test(`refuses ${name}`, () => refused(pickle, message));
}

test("random opcodes never end otherwise than in a FileError", async () => {
  const pieces = [
    "\x80\x02",
    "}",
    "]",
    ")",
    "(",
    "t",
    "\x85",
    "\x86",
    "\x87",
    "N",
    "\x88",
    "\x89",
    "K\x01",
    "J\x02\0\0\0",
    "q\x00",
    "q\x01",
    "h\x00",
    "h\x01",
  ];
  const parts = [
    ...pieces,
    "Q",
    "s",
    "u",
    "a",
    "e",
    "b",
    "R",
    ".",
    str("a"),
    str("0"),
    str("storage"),
    tensor(),
    EMPTY_ORDERED_DICT,
    global("torch", "FloatStorage"),
  ];
  let refused = 0;
  const pickle = fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.constantFrom(...parts), { maxLength: 40 }).map((ops) => ops.join("")) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => String.fromCharCode(...bytes)),
    },
  );
  await fc.assert(
    fc.asyncProperty(pickle, async (text) => {
      try {
        await read(`\x80\x02${text}.`);
      } catch (error) {
        assert.instance(error, FileError, String(error));
        refused++;
      }
    }),
    { seed: 6, numRuns: 800 },
  );
  assert.ok(refused > 0, "nothing was refused");
});

test.run();
