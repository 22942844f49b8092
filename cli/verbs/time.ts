import { availableParallelism, loadavg } from "node:os";
import type { Backend, Program } from "../../engine/runtime/backend.js";
import { type ProgramTimes, timesBetween } from "../../engine/runtime/kernel-times.js";
import type { Likelihood } from "../../inference/model/likelihood/likelihood.js";
import { likelihoodOf } from "../command/likelihood.js";
import { startOf } from "../command/point.js";
import type { VerbContext } from "../command/verb.js";
import { type MeasuredProgram, type ProgramResult, programResult, programText } from "../roofline/kernel-report.js";
import { type Peak, peakOf } from "../roofline/peak.js";

/** At least so long: before, for the engine of WebAssembly to compile what runs often once more; and while it is measured. */
const WARM_UP_MS = 300;
const MEASURED_MS = 1000;
const FEWEST = 3;

interface Compiled {
  readonly outputs: readonly string[];
  readonly program: Program;
}

/** The backend, measuring every program that it compiles. */
function timed(backend: Backend, into: Compiled[]): Backend {
  return {
    ...backend,
    compile: async (request) => {
      const program = await backend.compile({ ...request, timed: true });
      into.push({ outputs: Object.keys(request.outputs), program });
      return program;
    },
  };
}

const allTimes = (compiled: readonly Compiled[]) => Promise.all(compiled.map(({ program }) => program.times()));

/** The quickest of many evaluations, which others on the machine disturbed least: what ran in it, and what ran once before. */
async function timesOf(
  likelihood: Likelihood,
  nu: readonly number[],
  order: 0 | 1 | 2,
  compiled: readonly Compiled[],
): Promise<{ readonly evaluations: number; readonly times: readonly MeasuredProgram[] }> {
  const evaluate = () => likelihood.evaluateParts(nu, order);
  const warm = performance.now() + WARM_UP_MS;
  do await evaluate();
  while (performance.now() < warm);
  let before = await allTimes(compiled);
  let times: readonly MeasuredProgram[] = [];
  let [evaluations, least] = [0, Number.POSITIVE_INFINITY];
  for (const end = performance.now() + MEASURED_MS; evaluations < FEWEST || performance.now() < end; evaluations++) {
    const start = performance.now();
    await evaluate();
    const wall = performance.now() - start;
    const after = await allTimes(compiled);
    if (wall < least) times = compiled.map(({ outputs }, i) => programTimes(outputs, before[i]!, after[i]!));
    least = Math.min(least, wall);
    before = after;
  }
  return { evaluations, times };
}

function programTimes(outputs: readonly string[], before: ProgramTimes, after: ProgramTimes): MeasuredProgram {
  const times = timesBetween(before, after);
  const isOnce = times.wallMilliseconds === 0;
  return isOnce ? { outputs, per: "data set", times: after } : { outputs, per: "evaluation", times };
}

interface TimeResult {
  readonly backend: string;
  readonly precision: string;
  readonly threads: number;
  readonly timing: ProgramTimes["timing"];
  readonly order: 0 | 1 | 2;
  readonly nu: readonly number[];
  readonly events: number;
  /** Measured; all other numbers are of the quickest. */
  readonly evaluations: number;
  readonly peak: Peak;
  readonly programs: readonly ProgramResult[];
}

/** Where the time of the likelihood at a point ν goes, kernel by kernel, beside what the machine gives at best. */
export async function time(context: VerbContext): Promise<void> {
  const { order, nu: point } = context.options;
  const compiled: Compiled[] = [];
  let backend: Backend | undefined;
  const open = await likelihoodOf(context, "f32", false, {
    through: (opened) => {
      backend = opened;
      return timed(opened, compiled);
    },
  });
  try {
    const nu = startOf(open.analysis, point);
    const [load] = loadavg() as [number, number, number];
    if (load > availableParallelism() + 0.5) {
      context.warn(
        `the machine has other work (load average ${load.toFixed(1)}): times of kernels hold waiting for it`,
      );
    }
    const { evaluations, times } = await timesOf(open.likelihood, nu, order, compiled);
    const { threads, timing } = times[0]!.times;
    const peak = await peakOf(backend!, threads);
    const { name, precision } = backend!;
    const result: TimeResult = {
      backend: name,
      precision,
      threads,
      timing,
      order,
      nu,
      events: open.events.data.count,
      evaluations,
      peak,
      programs: times.map((own) => programResult(own, peak)),
    };
    context.print(describe(result));
    context.printJson(result);
  } finally {
    await open.close();
  }
}

const DERIVATIVES = ["likelihood", "likelihood and gradient", "likelihood, gradient and Hessian"] as const;

function describe({ backend, precision, threads, timing, order, events, evaluations, peak, programs }: TimeResult) {
  return [
    `${DERIVATIVES[order]} of ${events} events on ${backend}, ${precision}, ${peak.device}; the quickest of ${evaluations} evaluations`,
    `at best: ${peak.gigaflopsPerSecond.toFixed(1)} Gflop/s of multiply-adds, ${peak.gigabytesPerSecond.toFixed(1)} GB/s of copies`,
    ...(timing === "submissions"
      ? ["The GPU has no clock: every kernel was sent alone, and its time holds what sending it takes."]
      : []),
    ...programs.map((program) => `\n${programText(program, threads, peak)}`),
  ].join("\n");
}
