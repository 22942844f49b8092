import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSafetensors } from "../../../io/index.js";
import { belongingsIn, checkBelonging } from "../../../workflow/store/belonging.js";
import { writeSealed } from "../../../workflow/store/checksum.js";
import { at, command, file, removeRun, runToy, simulation } from "../../cli/applied-run.js";
import { runInProcess } from "../../cli/in-process.js";
import { refusal } from "../../support/rejects.js";

test.before(runToy);
test.after(removeRun);

test("what belongs is compared by the sums that the caller has, and those of the files are not computed again", async () => {
  const one = at("belonging.bin");
  writeFileSync(one, "one");
  const known = await belongingsIn(dirname(one), ["belonging.bin"]);
  await checkBelonging("results.json", known, [one]);
  writeFileSync(one, "another");
  await checkBelonging("results.json", known, [one], known);
  const refused = await refusal(() => checkBelonging("results.json", known, [one]));
  assert.match(refused, /belonging\.bin: expected the file that results\.json was made with, sha256 \w+, got another/);
  rmSync(one);
});

test("replicas and data of other runs, and damaged data, are refused by name", async () => {
  cpSync(at("out"), at("mixed"), { recursive: true });
  const there = ["--run", at("mixed"), "--set", "output=nowhere"];
  const ofT = ["--events", simulation, "--process", "A", ...there, "--out", at("no.npz")];
  const { tensors } = await readSafetensors(at("mixed/replicas.safetensors"));
  await writeSealed(
    at("mixed/replicas.safetensors"),
    new Map([...tensors].filter(([name]) => name.startsWith("0."))),
    {},
  );
  for (const words of [
    ["apply", file, ...ofT, "--threads", "1"],
    ["export", file, ...there, "--out", at("no")],
  ]) {
    const { code, error } = await runInProcess(words);
    assert.is(code, 2);
    assert.match(
      error,
      /mixed\/replicas\.safetensors: expected the file that .*results\.json was made with, .* got another/,
    );
  }
  // The time of the first member, which no checksum of zip holds.
  const data = readFileSync(at("mixed/data.npz"));
  data[10]! ^= 4;
  writeFileSync(at("mixed/data.npz"), data);
  const { code, error } = await command(["evaluate", file, ...there, "--out", at("no.npz")]);
  assert.is(code, 2);
  assert.match(error, /mixed\/data\.npz: expected the file that .*results\.json was made with/);
  assert.not.ok(existsSync(at("no")) || existsSync(at("no.npz")));
});

test.run();
