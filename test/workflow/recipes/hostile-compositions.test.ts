/** Compositions that are wrong in one place: one sentence that says so, and an exit code that is not 0. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { SOUND, writeSamples } from "../../abuse/changed-composition.js";
import { HOSTILE_COMPOSITIONS } from "../../abuse/hostile-compositions.js";
import { runInProcess } from "../../cli/in-process.js";
import { compositionFiles, type Files } from "../composition-sample.js";

let files: Files;
test.before(async () => {
  files = await compositionFiles();
  await writeSamples(files.folder);
});
test.after(() => files.remove());

const fit = (source: string) => runInProcess(["fit", files.write("a.yaml", source)]);

test("what they are changed from has a fit", async () => {
  const { code, error } = await fit(SOUND);
  assert.is(code, 0, error);
});

for (const [name, { source, says, code: wanted }] of Object.entries(HOSTILE_COMPOSITIONS)) {
  test(`${name} is said in one sentence`, async () => {
    const { code, error } = await fit(source);
    assert.match(error, says);
    assert.is(code, wanted, error);
    assert.not.match(error, /^ +at |internal:/m);
    // Every mistake of a file is a line of its own; of one mistake there is one.
    const lines = error.split("\n").filter((line) => /^unbinned: (?!warning)/.test(line));
    assert.is(lines.length, name.startsWith("a text for") ? 2 : 1, error);
    assert.ok(lines.every((line) => line.length < 800));
  });
}

test.run();
