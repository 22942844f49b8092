import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../in-process.js";

const command = (words: readonly string[], isAborted = false) =>
  runInProcess(words, isAborted ? { signal: AbortSignal.abort() } : {});

test("init writes once, again only with --force, and says where it cannot", async () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-"));
  const file = join(folder, "a.yaml");
  assert.is((await command(["init", file])).code, 0);
  writeFileSync(file, "mine");
  const again = await command(["init", file]);
  assert.is(again.code, 2);
  assert.match(again.error, /a\.yaml: expected no such file yet, got one\. --force overwrites it/);
  assert.is(readFileSync(file, "utf8"), "mine");
  assert.is((await command(["init", file, "--force"])).code, 0);
  assert.match(readFileSync(file, "utf8"), /^likelihood:$/m);
  assert.match((await command(["init", join(folder, "no", "a.yaml")])).error, /expected a file to write, got ENOENT/);
  rmSync(folder, { recursive: true });
});

test.run();
