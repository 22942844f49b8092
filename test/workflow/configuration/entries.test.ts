/** What an entry accepts, in the words of messages and of the commented configuration. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  choice,
  describe,
  type Entry,
  flag,
  list,
  map,
  number,
  section,
  text,
  value,
  variant,
} from "../../../workflow/configuration/entries.js";

const doc = "What it is.";

test("every kind of entry says what it accepts", () => {
  const cases: readonly (readonly [Entry, string])[] = [
    [number({ doc }), "a number"],
    [number({ doc, integer: true, min: 1 }), "an integer of at least 1"],
    [number({ doc, above: 0, max: 0.5 }), "a number above 0 and up to 0.5"],
    [number({ doc, integer: true, min: 0, max: 9 }), "an integer of at least 0 and up to 9"],
    [text({ doc }), "a text"],
    [flag({ doc }), "true or false"],
    [choice({ doc, choices: ["a"] }), "a"],
    [choice({ doc, choices: ["a", "b"] }), "one of a, b"],
    [list(text({ doc }), { doc }), "a list, each a text"],
    [list(text({ doc }), { doc, minLength: 1 }), "a list of at least 1, each a text"],
    [list(text({ doc }), { doc, maxLength: 4 }), "a list of at most 4, each a text"],
    [list(text({ doc }), { doc, minLength: 2, maxLength: 2, unique: true }), "a list of 2, none twice, each a text"],
    [list(flag({ doc }), { doc, minLength: 1, maxLength: 3 }), "a list of 1 to 3, each true or false"],
    [map(number({ doc }), { doc, of: "nuisance names" }), "a map from nuisance names to a number"],
    [section({ a: flag({ doc }), b: text({ doc }) }, { doc }), "a map with the keys a, b"],
    [
      section({ a: flag({ doc }), b: text({ doc }) }, { doc, short: "a" }),
      "true or false, or a map with the keys a, b",
    ],
    [value({ doc, refersTo: "values" }), "a number or a name"],
    [value({ doc, refersTo: "values", words: ["rest"] }), "a number or a name, or rest"],
    [variant({ a: flag({ doc }), b: text({ doc }) }, { doc }), "a map with one of the keys a, b"],
  ];
  for (const [entry, expected] of cases) assert.is(describe(entry), expected);
});

test("an entry keeps its rules", () => {
  assert.equal(number({ doc, min: 1, default: 2, unit: "GeV" }), {
    kind: "number",
    doc,
    min: 1,
    default: 2,
    unit: "GeV",
  });
  const item = text({ doc });
  assert.equal(list(item, { doc, default: [] }), { kind: "list", item, doc, default: [] });
});

test.run();
