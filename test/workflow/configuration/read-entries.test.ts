/** Values of `--set` against any table: shorthands, kinds, and names that are not there. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { number, section, text, variant } from "../../../workflow/configuration/entries.js";
import { readRaw } from "../../../workflow/configuration/read-entries.js";

const doc = "What it is.";
const table = section(
  {
    short: section({ a: number({ doc }), b: number({ doc, optional: true }) }, { doc, short: "a" }),
    kind: variant({ one: section({ c: text({ doc }) }, { doc }), two: number({ doc }) }, { doc }),
  },
  { doc },
);

const rawOf = (source: string, ...set: readonly string[]) =>
  JSON.parse(JSON.stringify(readRaw(source, "a.yaml", { set }, table).value));

test("a value that stands for a map keeps its place in it", () => {
  assert.equal(rawOf("short: 3", "short.b=4"), { short: { a: 3, b: 4 } });
  assert.equal(rawOf("short: { a: 3 }", "short.b=4"), { short: { a: 3, b: 4 } });
  assert.equal(rawOf("", "short.b=4"), { short: { b: 4 } });
});

test("a kind is reached by its name", () => {
  assert.equal(rawOf("kind: { one: { c: x } }", "kind.one.c=y"), { kind: { one: { c: "y" } } });
  assert.throws(
    () => rawOf("kind: { two: 1 }", "kind.twoo=2"),
    /--set: expected a known key of kind, got twoo\. Did you mean two\?/,
  );
});

test("problems are said with the option or the line that they come from", () => {
  const raw = readRaw("short: 3\nkind: { two: 1 }", "a.yaml", { set: ["short=4"] }, table);
  const problem = (...path: string[]) => [{ path, expected: "x", got: "y" }];
  assert.throws(() => raw.refuse(problem("short")), /^--set: short: expected x, got y$/);
  assert.throws(() => raw.refuse(problem("kind", "two")), /^a\.yaml:2:9: kind\.two: expected x, got y$/);
  raw.refuse([]);
});

test.run();
