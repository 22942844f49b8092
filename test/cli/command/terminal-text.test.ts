import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../in-process.js";

test("what a terminal would obey is shown instead: escape sequences, writing direction turned round", async () => {
  const { error } = await runInProcess(["validate", "\u001b]0;title\u0007\u001b[31m\u202egnp.yaml"]);
  assert.is(error.split(":")[1], " \\u001b]0;title\\u0007\\u001b[31m\\u202egnp.yaml");
});

test.run();
