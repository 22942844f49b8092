/** `unbinned time`: every kernel of the likelihood once, rates from its own numbers, tables for people. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ProgramResult } from "../../../cli/roofline/kernel-report.js";
import { writeNpz } from "../../../io/index.js";
import { saveModel } from "../../../workflow/store/model-files.js";
import { torchEvents, torchModel } from "../../inference/torch-mixture.js";
import { close } from "../../support/close.js";
import { webgpuTest } from "../../support/webgpu.js";
import { runInProcess as run } from "../in-process.js";
import { rows, TORCH_FLOWS, TORCH_SAMPLES } from "../torch-files.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-time-"));
const file = join(folder, "analysis.yaml");

test.before(async () => {
  writeFileSync(
    file,
    `
output: out
observables: { x: { features: 1 }, y: { features: 2 } }
processes:
  A: { yield: 14, samples: ${TORCH_SAMPLES("data.npz")} }
  B: { yield: 18, samples: ${TORCH_SAMPLES("data.npz")} }
nuisances: { nu1: , nu2: }
data: { file: data.npz }
${TORCH_FLOWS}`,
  );
  await writeNpz(join(folder, "data.npz"), { x: rows(torchEvents.x), y: rows(torchEvents.y!) });
  mkdirSync(join(folder, "out"));
  await saveModel(join(folder, "out"), torchModel({ hasTransport: true, hasRates: false }));
});
test.after(() => rmSync(folder, { recursive: true }));

async function jsonOf(...words: readonly string[]) {
  const { out, error, code } = await run([words[0]!, file, "--json", ...words.slice(1)]);
  assert.is(code, 0, error);
  return JSON.parse(out);
}

/** What holds of all times, on whatever backend. */
function check(result: { threads: number; programs: readonly ProgramResult[] }): void {
  assert.equal(Object.keys(result), [
    ...["backend", "precision", "threads", "timing", "order", "nu", "events", "evaluations", "peak", "programs"],
  ]);
  assert.is(result.programs[0]!.per, "evaluation");
  for (const { kernels, wallMilliseconds, kernelMilliseconds } of result.programs) {
    assert.ok(kernelMilliseconds > 0 && kernelMilliseconds <= result.threads * wallMilliseconds);
    const times = kernels.map(({ milliseconds }) => milliseconds);
    close([kernelMilliseconds], [times.reduce((sum, time) => sum + time, 0)], { absolute: 0, relative: 1e-12 });
    assert.equal(
      times,
      [...times].sort((a, b) => b - a),
    );
    for (const kernel of kernels) {
      assert.ok(kernel.name !== "" && kernel.operations !== "" && kernel.calls > 0, kernel.name);
      for (const value of Object.values(kernel)) assert.ok(typeof value === "string" || value >= 0, kernel.name);
    }
  }
}

test("time on cpu has every kernel that `kernels` prints, once", async () => {
  const cpu = ["--backend", "cpu", "--threads", "2", "--precision", "f64"];
  const result = await jsonOf("time", "--order", "2", "--nu", "0.1,-0.2", ...cpu);
  check(result);
  const { backend, precision, threads, timing, order, nu, events } = result;
  assert.equal(
    { backend, precision, threads, timing, order, nu, events },
    {
      ...{ backend: "cpu", precision: "f64", threads: 2, timing: "kernels", order: 2, nu: [0.1, -0.2], events: 30 },
    },
  );
  assert.ok(result.peak.gigaflopsPerSecond > 0 && result.peak.gigabytesPerSecond > 0);
  assert.equal(result.programs[0].outputs, ["nll", "gradient", "hessian"]);
  const { description } = await jsonOf("kernels", ...cpu);
  const described = (description as string).split("\n").filter((line) => line.startsWith("kernel "));
  const measured = (result.programs as ProgramResult[])
    .flatMap(({ kernels }) => kernels.map(({ name }) => name))
    .filter((name) => name.startsWith("kernel "));
  assert.equal(measured.sort(), described.sort());
});

test("time of the likelihood alone as tables", async () => {
  const { out, code } = await run(["time", file, "--order", "0", "--backend", "cpu", "--threads", "1"]);
  assert.is(code, 0);
  assert.match(out, /^likelihood of 30 events on cpu, f32, one thread; the quickest of \d+ evaluations$/m);
  assert.match(out, /^at best: [\d.]+ Gflop\/s of multiply-adds, [\d.]+ GB\/s of copies$/m);
  assert.match(out, /^evaluation: nll; [\d.]+ ms$/m);
  assert.match(out, /^kernel +calls +ms +share +Mflop +MB in +MB out +Gflop\/s +of peak +GB\/s +of peak$/m);
  assert.match(out, /^all kernels .*%$/m);
  assert.match(out, /^rest: host, sums, waiting +[\d.]+ +[\d.]+%$/m);
});

test("the reference is timed too", async () => {
  const result = await jsonOf("time", "--backend", "reference", "--head", "5");
  check(result);
  assert.equal([result.backend, result.threads, result.order, result.events], ["reference", 1, 1, 5]);
});

webgpuTest("a GPU is timed beside its own peak", async () => {
  const result = await jsonOf("time", "--backend", "webgpu", "--order", "0", "--head", "5");
  check(result);
  assert.is(result.timing, "kernels");
  assert.ok(result.peak.gigaflopsPerSecond > 0 && result.peak.gigabytesPerSecond > 0);
});

test("wrong input is refused with what to do", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[file, "--order", "3"], /--order: expected one of 0, 1, 2, got 3/],
    [[file, "--nu", "0"], /--nu: expected 2 values \(nu1, nu2\), got 1 \(0\)/],
    [[file, "--head", "31"], /--head: expected at most 30, .* got 31/],
    [[file, "--out", "x"], /unbinned time: expected an option of this verb, got --out/],
    [[join(folder, "none.yaml")], /none\.yaml/],
  ];
  for (const [words, message] of cases) {
    const { code, error } = await run(["time", ...words, "--backend", "cpu"]);
    assert.is(code, 2, error);
    assert.match(error, message);
  }
});

test.run();
