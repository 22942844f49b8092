import { test } from "uvu";
import * as assert from "uvu/assert";
import { VERBS } from "../../../cli/command/verb-table.js";
import { runInProcess } from "../in-process.js";

const command = (words: readonly string[], isAborted = false) =>
  runInProcess(words, isAborted ? { signal: AbortSignal.abort() } : {});

test("every verb has help with exactly its options", async () => {
  for (const [name, { options, summary }] of Object.entries(VERBS)) {
    const { out, code } = await command([name, "--help"]);
    assert.is(code, 0);
    assert.match(out, summary);
    const listed = [...out.matchAll(/^ {2}--([\w-]+)/gm)].map(([, option]) => option);
    assert.equal(listed, [...options, "help"]);
    assert.is((await command(["help", name])).out, out);
  }
});

test.run();
