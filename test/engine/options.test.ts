/** Kinds of options, what they accept, and how values stand in messages; public functions are in test/options.test.ts. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  aColumn,
  aFlag,
  aNumber,
  anObject,
  checkArgument,
  checkOptions,
  either,
  type Kind,
  numbers,
  type Options,
  oneOf,
  optional,
  valueText,
} from "../../engine/options.js";

const cases: readonly (readonly [name: string, kind: Kind, right: readonly unknown[], wrong: readonly unknown[]])[] = [
  [
    "numbers",
    numbers,
    [[], [1, Number.NaN], Int8Array.of(1)],
    ["12", [1, "2"], new Array(1), BigInt64Array.of(1n), new DataView(new ArrayBuffer(8)), null],
  ],
  ["a column", aColumn, [new Float32Array(1), new Float64Array(0)], [[1], Int32Array.of(1)]],
  ["an object", anObject, [{}, Object.create(null)], [[], null, new Map(), Promise.resolve(), () => 1]],
  ["one of two words", oneOf("a", "b"), ["a", "b"], ["c", 0, undefined]],
  ["either", either(aNumber, aFlag), [1, false], ["1", null]],
];

for (const [name, kind, right, wrong] of cases) {
  test(`${name}: what is accepted and what is not`, () => {
    for (const value of right) assert.ok(kind.accepts(value), valueText(value));
    for (const value of wrong) assert.not.ok(kind.accepts(value), valueText(value));
  });
}

test("values in messages are short, and say what they are", () => {
  for (const [value, text] of [
    ["a", '"a"'],
    [[1, "b"], '[1, "b"]'],
    [[1, 2, 3, 4, 5], "a list of 5"],
    [new Float32Array(2), "a Float32Array of 8 bytes"],
    [{ x: 1 }, "{ x }"],
    [new Map(), "a Map"],
    [() => 1, "a function"],
    [undefined, "undefined"],
  ] as const) {
    assert.is(valueText(value), text);
  }
});

interface Some {
  readonly size: number;
  readonly quick?: boolean;
}
const some: Options<Some> = { size: aNumber, quick: optional(aFlag) };

test("options: a misspelt one is asked about, a missing one is named, an awaited one is not taken", () => {
  const refused = (options: unknown, text: string) =>
    assert.throws(
      () => checkOptions("here", options as Some, some),
      (error: Error) => error.message === text,
    );
  checkOptions("here", { size: 1 }, some);
  refused({ size: 1, quik: true }, 'here: expected options among size, quick, got "quik". Did you mean quick?');
  refused({}, "here: expected a number for size, got undefined");
  refused({ size: 1, quick: 0 }, "here: expected true or false for quick, got 0");
  refused(Promise.resolve({ size: 1 }), "here: expected an object with size, quick, got a Promise. Await it");
  assert.throws(
    () => checkArgument("here", "the size", "1", aNumber),
    /^here: expected a number for the size, got "1"$/,
  );
});

test.run();
