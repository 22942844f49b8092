/** JSON of files that nobody trusts. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseJson } from "../../../../inference/model/hs3/json.js";
import { cpuSeconds } from "../../../support/cpu-time.js";
import { rejects } from "../../../support/rejects.js";

const parsed = (text: string) => parseJson(text, "m.json");

test("values are those of JSON.parse, with a byte order mark before them too", () => {
  const text = '{"a": [1, -0.5e3, "b\\"{[", null, true], "c": {"a": {}, "\\u0062": []}}';
  assert.equal(parsed(text), JSON.parse(text));
  assert.equal(parsed(`\ufeff${text}`), JSON.parse(text));
  assert.is(Object.is(parsed("-0.0"), -0), true);
});

test("a key twice is refused with its line, in another object it may stand again", async () => {
  await rejects(
    () => parsed('{"a": 1,\n "b": {"a": 2},\n "a" : 3}'),
    /^m\.json:3: expected every key of an object once, got "a" twice\. Remove one of the two$/,
  );
  assert.equal(parsed('[{"a": 1}, {"a": "a"}, ["a", "a"]]'), [{ a: 1 }, { a: "a" }, ["a", "a"]]);
});

test("what JSON lacks is refused with what to do", async () => {
  await rejects(
    () => parsed('{"min": NaN}'),
    /^m\.json: expected a text in JSON, got .*NaN.*JSON has no NaN: leave out/,
  );
  await rejects(() => parsed('{"min": -Infinity}'), /^m\.json: expected a text in JSON, got /);
  await rejects(() => parsed('{"a": 1'), /^m\.json: expected a text in JSON, got /);
  await rejects(() => parsed('{"a'), /^m\.json: expected a text in JSON/);
  await rejects(() => parsed(""), /^m\.json: expected a text in JSON/);
  await rejects(() => parsed("{'a': 1}"), /^m\.json: expected a text in JSON/);
});

test("a hundred thousand lists in one another are refused before anything walks through them", async () => {
  const deep = "[".repeat(1e5) + "]".repeat(1e5);
  await rejects(() => parsed(deep), /^m\.json: expected at most 32 lists and objects in one another, got more$/);
  assert.ok(parsed("[".repeat(32) + "]".repeat(32)));
});

test("a million numbers take less than four seconds", () => {
  const text = JSON.stringify(Array.from({ length: 1e6 }, (_, i) => [i / 7]));
  const seconds = cpuSeconds();
  parsed(text);
  assert.ok(cpuSeconds() - seconds < 4);
});

test.run();
