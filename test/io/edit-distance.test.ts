import { test } from "uvu";
import * as assert from "uvu/assert";
import { editDistance, nearest, suggestion } from "../../io/edit-distance.js";

test("edit distance of textbook pairs", () => {
  assert.is(editDistance("kitten", "sitting"), 3);
  assert.is(editDistance("Saturday", "Sunday"), 3);
  assert.is(editDistance("", "abc"), 3);
  assert.is(editDistance("abc", ""), 3);
  assert.is(editDistance("same", "same"), 0);
});

test("the nearest word is suggested, a far one is not", () => {
  assert.is(nearest("transform", ["bins", "transforms", "hidden"]), "transforms");
  assert.is(nearest("learningrate", ["learningRate", "batch"]), "learningRate");
  assert.is(nearest("pears", ["pairs", "q", "r"]), "pairs");
  assert.is(nearest("obs", ["observables", "output"]), "observables");
  assert.is(nearest("zzzz", ["bins", "hidden"]), undefined);
  assert.is(suggestion("zzzz", ["bins", "hidden"]), "Choose from bins, hidden");
});

test("a word of one letter is meant by the same letter alone", () => {
  assert.is(nearest("y", ["x", "z"]), undefined);
  assert.is(nearest("X", ["w", "x"]), "x");
});

test.run();
