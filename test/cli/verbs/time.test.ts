/** `unbinned time`: every kernel of the likelihood once, rates from its own numbers, tables for people. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type KernelResult,
  type ProgramResult,
  programResult,
  programText,
} from "../../../cli/roofline/kernel-report.js";
import type { KernelProfile, Profile } from "../../../engine/runtime/kernel-times.js";
import { writeNpz } from "../../../io/index.js";
import { saveModel } from "../../../workflow/store/model-files.js";
import { torchEvents, torchModel } from "../../inference/torch-mixture.js";
import { close } from "../../support/close.js";
import { webgpuTest } from "../../support/webgpu.js";
import { runInProcess as run } from "../in-process.js";
import { rows, TORCH_FLOWS, TORCH_SAMPLES } from "../torch-files.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-profile-"));
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
events: { file: data.npz }
${TORCH_FLOWS}`,
  );
  await writeNpz(join(folder, "data.npz"), { x: rows(torchEvents.x), y: rows(torchEvents.y!) });
  mkdirSync(join(folder, "out"));
  await saveModel(join(folder, "out"), torchModel({ hasTransfer: true, hasRates: false }));
});
test.after(() => rmSync(folder, { recursive: true }));

async function jsonOf(...words: readonly string[]) {
  const { out, error, code } = await run([words[0]!, file, "--json", ...words.slice(1)]);
  assert.is(code, 0, error);
  return JSON.parse(out);
}

/** What every profile keeps, on whatever backend. */
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

const kernel = (name: string, milliseconds: number, flops: number, bytes: number, calls = 2): KernelProfile => ({
  ...{ name, operations: `operations of ${name}`, calls, milliseconds, flops, bytesRead: bytes, bytesWritten: bytes },
});

test("rates and fractions follow from times, threads and peak", () => {
  const kernels = [kernel("a", 5, 2e6, 5e5), kernel("b", 15, 0, 1.5e6), kernel("never", 0, 0, 0, 0)];
  const profile: Profile = { kernels, wallMilliseconds: 20, threads: 2, timing: "kernels" };
  const peak = { device: "two threads", gigaflopsPerSecond: 8, gigabytesPerSecond: 4 };
  const result = programResult({ outputs: ["y"], per: "evaluation", profile }, peak);
  assert.equal(
    result.kernels.map(({ name }) => name),
    ["b", "a"],
  );
  assert.equal([result.wallMilliseconds, result.kernelMilliseconds], [20, 20]);
  const { name: _, operations: __, ...numbers } = result.kernels[1] as KernelResult;
  // 2 Mflop and 1 MB in 5 ms of one thread, which are 2.5 ms of two.
  assert.equal(numbers, {
    ...{ calls: 2, milliseconds: 5, flops: 2e6, bytesRead: 5e5, bytesWritten: 5e5, share: 0.125 },
    ...{ gigaflopsPerSecond: 0.8, gigabytesPerSecond: 0.4, ofPeakArithmetic: 0.1, ofPeakBandwidth: 0.1 },
  });
  assert.equal(
    programText(result, 2, peak)
      .split("\n")
      .map((line) => line.split(/ {2,}/)),
    [
      ["evaluation: y; 20.00 ms"],
      ["kernel", "calls", "ms", "share", "Mflop", "MB in", "MB out", "Gflop/s", "of peak", "GB/s", "of peak"],
      ["b", "2", "7.500", "37.5%", "1.50", "1.50", "0.40", "10.0%", "operations of b"],
      ["a", "2", "2.500", "12.5%", "2.00", "0.50", "0.50", "0.80", "10.0%", "0.40", "10.0%", "operations of a"],
      ["all kernels", "10.000", "50.0%", "2.00", "2.00", "2.00", "0.20", "2.5%", "0.40", "10.0%"],
      ["rest: host, sums, waiting", "10.000", "50.0%"],
    ],
  );
});

test.run();
