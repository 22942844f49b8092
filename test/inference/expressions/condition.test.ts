/** Conditions as the parts that all have to hold. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { conditionParts } from "../../../inference/expressions/condition.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { expressionText } from "../../../inference/expressions/text.js";
import { rejects } from "../../support/rejects.js";

const parts = async (text: string) => conditionParts(await parseExpression(text, "cut"), "cut").map(expressionText);

test("a conjunction is its parts in order, whatever its brackets; all else is one part", async () => {
  assert.equal(await parts("a > 1 && (b < 2 && c == 3) && !d"), ["a > 1", "b < 2", "c == 3", "!d"]);
  assert.equal(await parts("a > 1 || b < 2 && c > 3"), ["a > 1 || b < 2 && c > 3"]);
  assert.equal(await parts("flag and pt > 20"), ["flag", "pt > 20"]);
  assert.equal(await parts("a > 1 ? b > 2 : flag"), ["ifelse(a > 1, b > 2, flag)"]);
  assert.is((await parts(Array.from({ length: 500 }, (_, i) => `a > ${i}`).join(" && "))).length, 500);
});

test("a number is no condition", async () => {
  for (const text of ["pt + 1", "1", "a > 2 && pt * 2", "a > 1 ? b > 2 : c + 3", "a > 1 ? 1 : b"]) {
    await rejects(parts(text), /^cut: expected conditions, each true or false, got a number, .*\. Compare it with/);
  }
});

test.run();
