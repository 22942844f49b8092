import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess as run } from "../../cli/in-process.js";
import { file, removeAnalyses, writeAnalyses } from "../../cli/likelihood-analyses.js";

test.before(writeAnalyses);
test.after(removeAnalyses);

test("kernels prints what the likelihood was lowered to", async () => {
  const { out, code } = await run(["kernels", file]);
  assert.is(code, 0);
  assert.match(out, /linear/);
});

test.run();
