/** Times of the kernels of programs as results: rates and fractions of the machine's peak, as JSON and as tables. */
import type { KernelTimes, ProgramTimes } from "../../engine/runtime/kernel-times.js";
import { textTable } from "../../workflow/text-table.js";
import type { Peak } from "./peak.js";

/** Of one evaluation, or of what is computed once. */
export interface KernelResult extends KernelTimes {
  /** Of the wall time, all threads together. */
  readonly share: number;
  /** Of all threads together. */
  readonly gigaflopsPerSecond: number;
  readonly gigabytesPerSecond: number;
  readonly ofPeakArithmetic: number;
  readonly ofPeakBandwidth: number;
}

export interface ProgramResult {
  /** Names of what it computes. */
  readonly outputs: readonly string[];
  /** Once for all evaluations, or in each. */
  readonly per: "evaluation" | "data set";
  readonly wallMilliseconds: number;
  /** Summed over threads. */
  readonly kernelMilliseconds: number;
  /** The slowest first. */
  readonly kernels: readonly KernelResult[];
}

export interface MeasuredProgram {
  readonly outputs: readonly string[];
  readonly per: ProgramResult["per"];
  readonly times: ProgramTimes;
}

/** Billions per second of floating-point operations and of bytes, by all threads together. */
function ratesOf({ milliseconds, flops, bytesRead, bytesWritten }: Amounts, threads: number): [number, number] {
  // A clock may be too coarse to see a kernel.
  const rate = (amount: number) => (milliseconds === 0 ? 0 : (amount * threads) / milliseconds / 1e6);
  return [rate(flops), rate(bytesRead + bytesWritten)];
}

export function programResult({ outputs, per, times }: MeasuredProgram, peak: Peak): ProgramResult {
  const { threads, wallMilliseconds } = times;
  const kernels = times.kernels
    .filter(({ calls }) => calls > 0)
    .map((kernel): KernelResult => {
      const [gigaflops, gigabytes] = ratesOf(kernel, threads);
      return {
        ...kernel,
        share: kernel.milliseconds / threads / wallMilliseconds,
        gigaflopsPerSecond: gigaflops,
        gigabytesPerSecond: gigabytes,
        ofPeakArithmetic: gigaflops / peak.gigaflopsPerSecond,
        ofPeakBandwidth: gigabytes / peak.gigabytesPerSecond,
      };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
  const kernelMilliseconds = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return { outputs, per, wallMilliseconds, kernelMilliseconds, kernels };
}

/** Kernels that take less of the wall time than this are shown together. */
const LEAST_SHARE = 0.005;
/** Outputs that are named; a program of more computes columns for others. */
const MOST_NAMED = 4;

const percent = (fraction: number) => `${(100 * fraction).toFixed(1)}%`;
const millions = (amount: number) => (amount === 0 ? "" : (amount / 1e6).toFixed(2));

const HEADER = ["kernel", "calls", "ms", "share", "Mflop", "MB in", "MB out", "Gflop/s", "of peak", "GB/s", "of peak"];
const NO_RATES = Array<string>(HEADER.length - 4).fill("");

type Amounts = Pick<KernelTimes, "milliseconds" | "flops" | "bytesRead" | "bytesWritten">;

const sumOf = (kernels: readonly Amounts[]): Amounts => {
  const of = (amount: keyof Amounts) => kernels.reduce((sum, kernel) => sum + kernel[amount], 0);
  return {
    milliseconds: of("milliseconds"),
    flops: of("flops"),
    bytesRead: of("bytesRead"),
    bytesWritten: of("bytesWritten"),
  };
};

/** A line per kernel, behind which stands what it computes. Milliseconds are those of the wall clock, all threads together. */
export function programText(program: ProgramResult, threads: number, peak: Peak): string {
  const { outputs, per, wallMilliseconds, kernelMilliseconds, kernels } = program;
  const row = (name: string, calls: string, amounts: Amounts) => {
    const { milliseconds, flops, bytesRead, bytesWritten } = amounts;
    const [gigaflops, gigabytes] = ratesOf(amounts, threads);
    return [
      name,
      calls,
      (milliseconds / threads).toFixed(3),
      percent(milliseconds / threads / wallMilliseconds),
      ...[flops, bytesRead, bytesWritten].map(millions),
      ...(flops === 0 ? ["", ""] : [gigaflops.toFixed(2), percent(gigaflops / peak.gigaflopsPerSecond)]),
      gigabytes.toFixed(2),
      percent(gigabytes / peak.gigabytesPerSecond),
    ];
  };
  const shown = kernels.filter(({ share }) => share >= LEAST_SHARE);
  const others = kernels.slice(shown.length);
  const rest = wallMilliseconds - kernelMilliseconds / threads;
  const [header, ...lines] = textTable([
    HEADER,
    ...shown.map((kernel) => row(kernel.name, String(kernel.calls), kernel)),
    ...(others.length === 0
      ? []
      : [row(`${others.length} others, each below ${percent(LEAST_SHARE)}`, "", sumOf(others))]),
    row("all kernels", "", sumOf(kernels)),
    ["rest: host, sums, waiting", "", rest.toFixed(3), percent(rest / wallMilliseconds), ...NO_RATES],
  ]).split("\n");
  const named = outputs.length <= MOST_NAMED ? outputs.join(", ") : `${outputs.length} columns that are kept`;
  return [
    `${per === "evaluation" ? "evaluation" : "once"}: ${named}; ${wallMilliseconds.toFixed(2)} ms`,
    header,
    ...lines.map((line, i) => (shown[i] === undefined ? line : `${line}  ${shown[i].operations}`)),
  ].join("\n");
}
