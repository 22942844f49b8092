/** State_dicts of PyTorch: against files of PyTorch, and with archives and pickles that are damaged or hostile. */
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../../io/errors.js";
import { memorySource } from "../../../io/source.js";
import { readTorchStateDict, readTorchStateDictFrom } from "../../../io/torch/torch-state-dict.js";
import type { ZipEntry } from "../../../io/zip/zip-write.js";
import { referenceFile, referenceTest } from "../../support/reference.js";
import { assertHolds, assertRefused, fixture, linesAbout } from "../support.js";
import { archive } from "../zip/archives.js";
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

/** Each would fill the memory, or be no state_dict, with a pickle that is read. */
const hostile: Readonly<Record<string, readonly [Opcodes, RegExp]>> = {
  "a storage outside the archive": [
    dict(str("w"), tensor({ key: "../../secret" })),
    /storage "\.\.\/\.\.\/secret": expected a member "some_name\/data\/\.\.\/\.\.\/secret", got none/,
  ],
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
  "a name of megabytes": [
    dict(str("a".repeat(10 ** 6)), "K\x01"),
    /expected names of at most 1000 characters, got "aaaa/,
  ],
  "a pickle of more than 16 MiB": [
    `\x80\x02}${str("a".repeat(2 ** 24))}K\x01s.`,
    /expected a pickle of at most 16777216 bytes, got 167772\d\d/,
  ],
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

test("a .pt of many storages is bounded as a whole, and so are copies of what it holds", async () => {
  const elements = 2 ** 23;
  const weights = Array.from({ length: 9 }, (_, i) => [str(`w${i}`), tensor({ key: `${i}`, elements: int(elements) })]);
  const zeros = new Uint8Array(4 * elements);
  const storages = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `a/data/${i}`, chunks: [zeros] }));
  const file = async (pickle: string, entries: readonly ZipEntry[]) =>
    memorySource(
      "model.pt",
      await archive([{ name: "a/data.pkl", chunks: [Buffer.from(pickle, "latin1")] }, ...entries], true),
    );
  const bomb = await file(dict(...weights.flat()), storages(9));
  await assertRefused(
    () => readTorchStateDictFrom(bomb),
    /model\.pt: expected at most 268435456 bytes out of \d+, got a claim of 301989888/,
  );
  // Columns of one storage: copies of 2^23 elements each, out of 32 kB.
  const [shape, strides] = [tuple(int(elements / 2), int(2)), tuple(int(1), int(elements / 2))];
  const transposed = tensor({ elements: int(elements), shape, strides });
  const copies = await file(dict(str("a"), transposed, str("b"), transposed), storages(1));
  await assertRefused(
    () => readTorchStateDictFrom(copies),
    /expected at most \d+ elements out of \d+ stored ones, got/,
  );
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
