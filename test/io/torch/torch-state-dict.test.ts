import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../../io/errors.js";
import { memorySource } from "../../../io/source.js";
import { readTorchStateDict, readTorchStateDictFrom } from "../../../io/torch/torch-state-dict.js";
import { referenceFile, referenceTest } from "../../support/reference.js";
import { assertHolds, assertRefused, fixture, linesAbout } from "../support.js";
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

async function read(pickle: Opcodes) {
  return readTorchStateDictFrom(await torchArchive(pickle));
}

const refused = (pickle: Opcodes, message: RegExp) => assertRefused(() => read(pickle), message);

test("a file of PyTorch holds what PyTorch says: strides, shared storages, all types, nested dictionaries", async () => {
  assertHolds(await readTorchStateDict(fixture("state.pt")), "torch", "state.pt");
});

test("half and bfloat16 widen to f32; tied tensors are one array", async () => {
  const state = await readTorchStateDict(fixture("state.pt"));
  assert.instance(state.get("tensors.half")!.data, Float32Array);
  assert.instance(state.get("tensors.bfloat16")!.data, Float32Array);
  assert.is(state.get("tensors.bool")!.isBool, true);
  assert.is(state.get("tied"), state.get("tensors.sliced"));
});

for (const file of ["kin_density.pt", "score_density_residuals.pt", "mixture_step1.pt", "ensemble/mixture_boot2.pt"]) {
  referenceTest(`the published ${file} agrees with a reading by Python's zipfile, pickle and struct`, async () => {
    const state = await readTorchStateDict(referenceFile(`doi-toy/models/${file}`));
    const lines = linesAbout<{ ends: number[]; sum: number }>("published", file);
    assert.equal(
      [...state.keys()],
      lines.map(({ name }) => name),
    );
    for (const { name, shape, ends, sum } of lines) {
      const { shape: readShape, data } = state.get(name)!;
      const numbers = Float64Array.from(data as Float32Array, Number);
      assert.equal(readShape, shape, name);
      assert.equal(numbers.length === 0 ? [] : [numbers[0], numbers.at(-1)], ends, name);
      // 16 384 numbers of order 0.1 added up in f64, each addition off by at most 2^-53 of sums below 1000.
      const total = numbers.reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(total - sum) < 1e-9, `${name}: ${total} against ${sum}`);
    }
  });
}

test("the archive's folder need not be the file's name, and devices do not matter", async () => {
  const state = await read(dict(str("w"), tensor()));
  assert.equal(state, new Map([["w", { shape: [2], data: Float32Array.of(1, 2) }]]));
});

test("big-endian archives are read by their byteorder", async () => {
  const order = { name: "some_name/byteorder", chunks: [new TextEncoder().encode("big")] };
  const state = await readTorchStateDictFrom(await torchArchive(dict(str("w"), tensor()), [order]));
  // 00 00 80 3f and 00 00 00 40, most significant byte first.
  const swapped = new DataView(new Uint8Array([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]).buffer);
  assert.equal([...state.get("w")!.data], [swapped.getFloat32(0), swapped.getFloat32(4)]);
  const odd = { name: "some_name/byteorder", chunks: [new TextEncoder().encode("middle")] };
  await assertRefused(
    async () => readTorchStateDictFrom(await torchArchive(dict(str("w"), tensor()), [odd])),
    /expected byteorder little or big, got "middle"/,
  );
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
  "a storage outside the archive": [
    dict(str("w"), tensor({ key: "../../secret" })),
    /storage "\.\.\/\.\.\/secret": expected a member "some_name\/data\/\.\.\/\.\.\/secret", got none/,
  ],
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
  "a storage that claims more than it holds": [
    dict(str("w"), tensor({ elements: int(1000) })),
    /storage "0": expected 4000 bytes for 1000 elements of f4, got 8/,
  ],
  "one storage under two types": [
    dict(str("v"), tensor(), str("w"), tensor({ storageClass: "IntStorage" })),
    /storage "0": expected one type and size, got 2 of f4 and 2 of i4|got 2 of i4 and 2 of f4/,
  ],
  "strides of zero that fill the memory": [
    dict(str("w"), tensor({ shape: tuple(int(2 ** 30), int(2 ** 20)), strides: tuple(int(0), int(0)) })),
    /expected at most 1048584 elements out of 2 stored ones, got tensors of 1125899906842624 in all/,
  ],
  "many small repetitions": [
    dict(
      ...Array.from(
        { length: 200 },
        (_, i) => `${str(`w${i}`)}${tensor({ shape: tuple(int(10_000)), strides: tuple(int(0)) })}`,
      ),
    ),
    /expected at most 1048584 elements out of 2 stored ones, got tensors of 2000000 in all/,
  ],
  "sizes beyond exact integers": [
    dict(
      str("w"),
      tensor({
        shape: tuple(...Array.from({ length: 9 }, () => int(2 ** 30))),
        strides: tuple(...Array.from({ length: 9 }, () => int(0))),
      }),
    ),
    /got tensors of Infinity in all/,
  ],
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
  "a memo bomb of nested lists": [
    `\x80\x02}(${Array.from({ length: 30 }, (_, i) => `${str(`k${i}`)}](${i === 0 ? "K\x01" : `h${String.fromCharCode(i - 1)}h${String.fromCharCode(i - 1)}`}eq${String.fromCharCode(i)}`).join("")}u.`,
    /expected a plain tree of tensors, got a dictionary or list that is there twice or holds itself at "k1\.0"/,
  ],
  "a dictionary that holds itself": [
    `\x80\x02}q\x00${str("me")}h\x00s.`,
    /a dictionary or list that is there twice or holds itself at "me"/,
  ],
  "a list that holds itself": [`\x80\x02}${str("me")}]q\x00h\x00as.`, /holds itself at "me\.0"/],
  "a hundred thousand levels": [
    `\x80\x02${`}${str("a")}`.repeat(100_000)}K\x01${"s".repeat(100_000)}.`,
    /expected a plain tree of tensors, got more than 32 levels at "a\.a\./,
  ],
  "two million dictionaries": [`\x80\x02${"}".repeat(2_000_000)}.`, /expected at most 1048576 containers, got more/],
  "a name of megabytes": [
    dict(str("a".repeat(10 ** 6)), "K\x01"),
    /expected names of at most 1000 characters, got "aaaa/,
  ],
  "a pickle of more than 16 MiB": [
    `\x80\x02}${str("a".repeat(2 ** 24))}K\x01s.`,
    /expected a pickle of at most 16777216 bytes, got 167772\d\d/,
  ],
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
  "a tensor where a dictionary should be": [`\x80\x02${tensor()}.`, /expected a dictionary of tensors, got a tensor/],
  "text among the tensors": [dict(str("a"), str("b")), /expected tensors and numbers only, got the string "b" at "a"/],
  "None among the tensors": [dict(str("a"), "N"), /got None at "a"/],
  "a class among the tensors": [
    dict(str("a"), global("torch", "FloatStorage")),
    /got the global "torch\.FloatStorage" at "a"/,
  ],
  "two names that read the same": [
    dict(str("a.b"), "K\x01", str("a"), `}${str("b")}K\x02s`),
    /expected each name once, got two called "a\.b"/,
  ],
};

for (const [name, [pickle, message]] of Object.entries(hostile)) {
  test(`refuses ${name}`, () => refused(pickle, message));
}

test("refuses what is no state_dict of today's torch.save", async () => {
  const file = (name: string, message: RegExp) => assertRefused(() => readTorchStateDict(fixture(name)), message);
  await file("legacy.pt", /expected a zip archive as torch\.save writes since PyTorch 1\.6, got a bare pickle/);
  await file("protocol4.pt", /expected pickle protocol 2, torch\.save's default, got protocol 4/);
  await file(
    "module.pt",
    /got the global "torch\.nn\.modules\.container\.Sequential"; nothing was executed.*save model\.state_dict\(\) alone/,
  );
  await file("parameter.pt", /got the global "torch\._utils\._rebuild_parameter"/);
  await file("complex.pt", /got the global "torch\.ComplexFloatStorage"/);
  await file(
    "kinds.npz",
    /expected one <folder>\/data\.pkl in the archive, as torch\.save writes, got "little_f2\.npy"/,
  );
  await file("missing.pt", /missing\.pt: expected a file, got nothing at this path/);
});

test("an empty tensor of absurd shape costs nothing", async () => {
  const shape = tuple(int(2 ** 30), int(2 ** 30), int(0));
  const state = await read(dict(str("w"), tensor({ shape, strides: tuple(int(1), int(0), int(7)) })));
  assert.equal(state.get("w"), { shape: [2 ** 30, 2 ** 30, 0], data: new Float32Array() });
});

test("a _metadata attribute of a module's dictionary is passed over", async () => {
  const metadata = `}${str("_metadata")}${EMPTY_ORDERED_DICT}sb`;
  const state = await read(`\x80\x02${EMPTY_ORDERED_DICT}${str("w")}${tensor()}s${metadata}.`);
  assert.equal([...state.keys()], ["w"]);
});

test("a truncated or damaged file is refused wherever it is cut", async () => {
  const bytes = await readFile(fixture("state.pt"));
  for (let length = 0; length < bytes.length; length += 97) {
    await assertRefused(
      () => readTorchStateDictFrom(memorySource("model.pt", bytes.subarray(0, length))),
      /^model\.pt: expected a zip archive/,
    );
  }
});

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

test("random damage to a real pickle never ends otherwise than in a FileError", async () => {
  const pickle = dict(str("w"), tensor(), str("b"), tensor({ offset: int(1), shape: tuple(int(1)) }));
  let refused = 0;
  const damage = fc.array(fc.tuple(fc.nat(pickle.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const bytes = [...pickle];
      for (const [at, value] of changes) bytes[at] = String.fromCharCode(value);
      try {
        await read(bytes.join(""));
      } catch (error) {
        assert.instance(error, FileError, String(error));
        refused++;
      }
    }),
    { seed: 7, numRuns: 800 },
  );
  assert.ok(refused > 0, "nothing was refused");
});

test.run();
