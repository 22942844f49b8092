import { test } from "uvu";
import * as assert from "uvu/assert";
import { EXIT, exitCode } from "../../../cli/command/exit-codes.js";
import { errorText } from "../../../cli/command/terminal-text.js";
import { VerdictFailed } from "../../../workflow/errors.js";
import { runInProcess } from "../in-process.js";

const command = (words: readonly string[], isAborted = false) =>
  runInProcess(words, isAborted ? { signal: AbortSignal.abort() } : {});

test("a failed verdict exits with 4, and says what to do", async () => {
  const verdict = new VerdictFailed("evaluate", {
    expected: "a finite log-density of every event",
    got: "NaN for 3 of 100",
    hint: "Look at x of event 7",
  });
  assert.is(exitCode(verdict), 4);
  assert.is(
    errorText(verdict, false),
    "unbinned: evaluate: expected a finite log-density of every event, got NaN for 3 of 100. Look at x of event 7. " +
      "The results are written, with this verdict",
  );
  const codes = Object.values(EXIT);
  assert.is(new Set(codes).size, codes.length);
  const { out } = await command(["--help"]);
  assert.match(out, / 4 done and written but a check of the results failed/);
  for (const code of codes) assert.match(out, new RegExp(`[ :(] ?${code} `), `${code} in the help`);
});

test("a verb that was asked to stop exits with 130", async () => {
  assert.is((await command(["doctor"], true)).code, 130);
  const thrown = await command(["validate", "none.yaml"], true);
  assert.is(thrown.code, 130);
  assert.is(thrown.error, "");
});

test.run();
