/** What the convergence of trainings means for a fit of the data, as sentences and as data. */
import type { Convergence } from "../flows/training/convergence.js";
import type { Verdict } from "./verdicts.js";

/** What a training belongs to; `density`: to one of a composition. */
export type TrainedPart = "x" | "y" | "transport" | "replica" | "response" | "density";

/** A training, as far as its convergence is concerned. */
export interface JudgedTraining {
  /** For people. */
  readonly label: string;
  readonly of: TrainedPart;
  /** Key of the configuration that says how it is trained. */
  readonly recipe: string;
  readonly convergence: Convergence;
  /** Epoch whose parameters are the result; 0 for those that the training began with. */
  readonly keptEpoch: number;
}

/** A training that did not converge. */
export interface TrainingVerdict extends Verdict {
  readonly check: "training";
  readonly training: string;
  readonly of: TrainedPart;
}

/** Units of ln L: a shift of an estimate by one standard error costs 0.5, by three 4.5. */
const NOTICEABLE = 0.5;
const DECISIVE = 4.5;

/** Of what the second half of a training gained, the part that further training may bring before its result is refused. */
const LARGE_PART = 0.5;

/** Gain per event of a density that is wrong by 20% everywhere, ½ · 0.2²: then its result is refused whatever was gained before. */
const LARGE_GAIN = 0.02;

/** "140", "5.2" */
const short = (value: number) => (value < 99.5 ? value.toPrecision(2) : Math.round(value).toString());

/** @param events  effective number of events of the data */
export function trainingVerdict(training: JudgedTraining, events: number): TrainingVerdict | undefined {
  const { label, of, convergence, keptEpoch } = training;
  const { status, reason, change, gain } = convergence;
  if (status === "converged") return undefined;
  const verdict = (failed: boolean, found: string) => {
    // The response begins with its least-squares solution: what is kept of that is a response, of the first order.
    const isStart = of === "response" && keptEpoch === 0;
    const text = `${label}: ${found}${isStart ? ", and keeps its start, the response to first order" : ""}`;
    return {
      check: "training" as const,
      about: of === "x" || of === "y" || of === "density" ? ("densities" as const) : ("fit" as const),
      training: label,
      of,
      failed: failed && !isStart,
      text,
      advice: adviceOf(training),
    };
  };
  if (status === "undecided") return verdict(true, `whether the training converged cannot be said, as ${reason}`);
  const lost = gain === null ? undefined : gain * events;
  if (lost !== undefined && lost < NOTICEABLE) return undefined;
  const units = lost === undefined ? "" : `, ${short(lost)} units of ln L of ${short(events)} events`;
  const isDecisive = lost === undefined || lost >= DECISIVE;
  // A rise of less is that of a flow that learns its events by heart: a part of the noise of every density, which closure judges.
  const isRuined = lost === undefined || (isDecisive && gain! >= LARGE_GAIN);
  if (status === "diverged") return verdict(isRuined, `the training diverged: ${reason}${units}`);
  const isLarge = gain! > Math.min(LARGE_GAIN, LARGE_PART * -(change ?? 0));
  return verdict(isDecisive && isLarge, `the training did not converge: ${reason}${units}`);
}

/** Which trainings a fit of a run rests on. */
const RESTS_ON: Readonly<Record<string, readonly TrainedPart[]>> = {
  xAlone: ["x"],
  fixed: ["x", "y", "transport"],
  // One response serves the T of all replicas.
  profiled: ["x", "y", "transport", "replica", "response"],
  averaged: ["x", "y", "transport", "replica", "response"],
};

/** Names of the trainings that failed and that a fit rests on. */
export function unconvergedOf(fit: string, verdicts: readonly Verdict[]): string[] {
  const parts = RESTS_ON[fit]!;
  return verdicts
    .filter(isOfTraining)
    .flatMap(({ of, failed, training }) => (failed && parts.includes(of) ? [training] : []));
}

const isOfTraining = (verdict: Verdict): verdict is TrainingVerdict => verdict.check === "training";

/** "It rests on trainings that did not converge: p(x), nominal." Nothing where there are none. */
export function unconvergedText(fit: string, verdicts: readonly Verdict[]): string {
  const names = unconvergedOf(fit, verdicts);
  if (names.length === 0) return "";
  return `It rests on ${names.length === 1 ? "a training" : "trainings"} that did not converge: ${names.join("; ")}.`;
}

function adviceOf({ recipe, of, convergence }: JudgedTraining): string {
  const { status } = convergence;
  if (status === "diverged") return `Lower ${recipe}.learningRate`;
  if (status === "still falling") return `Raise ${recipe}.epochs, or ${recipe}.learningRate where it is low`;
  return `Take more events${of === "x" || of === "y" ? " of simulation" : ""}, raise ${recipe}.epochs or lower ${recipe}.batch`;
}
