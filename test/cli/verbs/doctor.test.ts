import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../in-process.js";

const { version } = JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8"));

const command = (words: readonly string[], isAborted = false) =>
  runInProcess(words, isAborted ? { signal: AbortSignal.abort() } : {});

test("doctor tells the machine, for people and as JSON", async () => {
  const human = await command(["doctor"]);
  assert.is(human.code, 0);
  for (const name of ["node", "backends", "threads", "shared memory", "simd", "memory", "webgpu adapter"]) {
    assert.match(human.out, `  ${name}:`);
  }
  const report = JSON.parse((await command(["doctor", "--json"])).out);
  assert.is(report.version, version);
  assert.is(report.ok, true);
  const found = ({ findings }: typeof report, wanted: string) =>
    findings.find(({ name }: { name: string }) => name === wanted).value;
  assert.match(found(report, "node"), process.versions.node);
  // On V8 of Node 20 there is none.
  assert.match(found(report, "simd"), /(no 256-bit code|256-bit code( for linear maps)?)$/);
});

test("UNBINNED_WIDE=off switches 256-bit code off, and doctor says so", async () => {
  const before = process.env.UNBINNED_WIDE;
  process.env.UNBINNED_WIDE = "off";
  try {
    assert.match((await command(["doctor"])).out, /256-bit code switched off \(UNBINNED_WIDE=off\)/);
  } finally {
    if (before === undefined) delete process.env.UNBINNED_WIDE;
    else process.env.UNBINNED_WIDE = before;
  }
});

test.run();
