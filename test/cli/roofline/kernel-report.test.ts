import { test } from "uvu";
import * as assert from "uvu/assert";
import { type KernelResult, programResult, programText } from "../../../cli/roofline/kernel-report.js";
import type { KernelTimes, ProgramTimes } from "../../../engine/runtime/kernel-times.js";

const kernel = (name: string, milliseconds: number, flops: number, bytes: number, calls = 2): KernelTimes => ({
  ...{ name, operations: `operations of ${name}`, calls, milliseconds, flops, bytesRead: bytes, bytesWritten: bytes },
});

test("rates and fractions follow from times, threads and peak", () => {
  const kernels = [kernel("a", 5, 2e6, 5e5), kernel("b", 15, 0, 1.5e6), kernel("never", 0, 0, 0, 0)];
  const times: ProgramTimes = { kernels, wallMilliseconds: 20, threads: 2, timing: "kernels" };
  const peak = { device: "two threads", gigaflopsPerSecond: 8, gigabytesPerSecond: 4 };
  const result = programResult({ outputs: ["y"], per: "evaluation", times }, peak);
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
