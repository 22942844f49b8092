/**
 * Adam, AdamW and RAdam as programs on the tape: moments are parameters beside what they belong to, so that a step
 * stays where the program runs. All that depends on the step number alone is computed on the host in f64.
 */

import { gradient } from "../../engine/derivatives/gradient.js";
import { UsageError } from "../../engine/errors.js";
import { power } from "../../engine/exact-functions.js";
import { aList, aNumber, checkArgument, checkOptions, type Options, optional } from "../../engine/options.js";
import type { Named } from "../../engine/runtime/backend.js";
import { add, div, mul, sqrt, square, sub } from "../../engine/tape/operations.js";
import { sizeOf, type Tape, type Var } from "../../engine/tape/tape.js";

export type OptimiserName = "adam" | "adamw" | "radam";

/** Made by `adam`, `adamw` or `radam`. */
export interface Optimiser {
  readonly name: OptimiserName;
  readonly learningRate: number;
  /** Memory of the first moment. */
  readonly beta1: number;
  /** Memory of the second moment. */
  readonly beta2: number;
  /** Added to the root of the second moment, in units of the gradient. */
  readonly epsilon: number;
  /** Fraction of a parameter removed per step, in units of the learning rate. */
  readonly weightDecay: number;
}

/** The learning rate, and what else differs from PyTorch's defaults. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

export interface AdamWSettings extends AdamSettings {
  readonly weightDecay?: number;
}

const adamSettings: Options<AdamSettings> = {
  learningRate: aNumber,
  beta1: optional(aNumber),
  beta2: optional(aNumber),
  epsilon: optional(aNumber),
};
const adamWSettings: Options<AdamWSettings> = { ...adamSettings, weightDecay: optional(aNumber) };

/** Kingma and Ba 2015, arXiv:1412.6980, algorithm 1. */
export function adam(settings: AdamSettings): Optimiser {
  checkOptions("adam", settings, adamSettings);
  return checked({ ...defaults, ...settings, name: "adam" });
}

/** Adam with weight decay that is decoupled from the gradient: Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2. */
export function adamw(settings: AdamWSettings): Optimiser {
  checkOptions("adamw", settings, adamWSettings);
  return checked({ ...defaults, weightDecay: 0.01, ...settings, name: "adamw" });
}

/**
 * Adam whose step waits for the second moment to be known: Liu et al. 2020, arXiv:1908.03265, algorithm 2.
 *
 * As in the authors' program and PyTorch, steps are rectified where ρ_t > 5 (the paper has 4) and epsilon is added
 * to the root of the second moment.
 */
export function radam(settings: AdamSettings): Optimiser {
  checkOptions("radam", settings, adamSettings);
  return checked({ ...defaults, ...settings, name: "radam" });
}

const defaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

function checked(optimiser: Optimiser): Optimiser {
  const { name, learningRate, beta1, beta2, epsilon, weightDecay } = optimiser;
  const isFraction = (beta: number) => beta >= 0 && beta < 1;
  if (!(learningRate > 0 && isFraction(beta1) && isFraction(beta2) && epsilon > 0 && weightDecay >= 0)) {
    throw new UsageError(name, {
      expected: "learningRate > 0, betas in [0, 1), epsilon > 0 and weightDecay >= 0",
      got: `learningRate = ${learningRate}, betas ${beta1} and ${beta2}, epsilon = ${epsilon}, weightDecay = ${weightDecay}`,
    });
  }
  return Object.freeze(optimiser);
}

/** Parameters that share an optimiser. */
export interface ParameterGroup {
  readonly parameters: readonly Var[];
  readonly optimiser: Optimiser;
}

/**
 * Numbers of one step, in
 * θ ← θ - decay θ - stepSize m / (rootFactor √v + offset), with m, v the moments after this step's gradient.
 */
interface StepNumbers {
  readonly stepSize: number;
  readonly rootFactor: number;
  readonly offset: number;
  readonly decay: number;
}

const stepNumberNames = ["stepSize", "rootFactor", "offset", "decay"] as const;

/** @param t number of this step, from 1 */
function stepNumbers(optimiser: Optimiser, rate: number, t: number): StepNumbers {
  const { name, beta1, beta2, epsilon, weightDecay } = optimiser;
  const unbiased = rate / (1 - power(beta1, t));
  const beta2Power = power(beta2, t);
  const secondBias = 1 - beta2Power;
  const decay = rate * weightDecay;
  if (name !== "radam") {
    return { stepSize: unbiased, rootFactor: 1 / Math.sqrt(secondBias), offset: epsilon, decay };
  }
  const rhoInfinity = 2 / (1 - beta2) - 1;
  const rho = rhoInfinity - (2 * t * beta2Power) / secondBias;
  if (rho <= 5) return { stepSize: unbiased, rootFactor: 0, offset: 1, decay };
  const rectification = Math.sqrt(
    ((rho - 4) * (rho - 2) * rhoInfinity) / ((rhoInfinity - 4) * (rhoInfinity - 2) * rho),
  );
  return { stepSize: unbiased * rectification * Math.sqrt(secondBias), rootFactor: 1, offset: epsilon, decay };
}

/** A loss with its backward pass and optimiser step on the tape. */
export interface OptimiserProgram {
  /** New values of trainable parameters and moments, for `ProgramRequest.updates`. */
  readonly updates: Named<Var>;
  /** Moments before the first step. */
  readonly moments: Named<Float64Array>;
  /** Numbers of `count` steps, for `StepPlan.schedule`; `factor` as of `RateSchedule`, of the step counted from 0. */
  schedule(firstStep: number, count: number, factor: (step: number) => number): Record<string, Float64Array>;
}

/** Appends gradients, moments `adam.m.<name>` and `adam.v.<name>` and the step of every group. */
export function optimise(loss: Var, groups: readonly ParameterGroup[]): OptimiserProgram {
  checkArgument("optimise", "the groups", groups, aList);
  const names = groups.flatMap(({ parameters }) => parameters.map(parameterName));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (names.length === 0 || twice !== undefined) {
    throw new UsageError("optimise", {
      expected: "at least one parameter, each in one group",
      got: twice === undefined ? "none" : `"${twice}" twice`,
    });
  }
  const gradients = gradient(
    loss,
    groups.flatMap(({ parameters }) => parameters),
  );
  const updates: [string, Var][] = [];
  const moments: Record<string, Float64Array> = {};
  let next = 0;
  groups.forEach(({ parameters, optimiser }, group) => {
    const numbers = stepNumberNodes(loss.tape, group);
    for (const parameter of parameters) {
      updates.push(...step(optimiser, numbers, parameter, gradients[next++] as Var));
      for (const name of momentNames(parameter)) moments[name] = new Float64Array(sizeOf(parameter.shape));
    }
  });
  return { updates: Object.fromEntries(updates), moments, schedule: (...steps) => scheduleSteps(groups, ...steps) };
}

function parameterName(node: Var): string {
  if (node.operation.name === "parameter") return node.operation.label;
  throw new UsageError("optimise", {
    expected: "parameters of the tape",
    got: `a node of operation "${node.operation.name}"`,
    hint: "Give what tape.parameter returned",
  });
}

function momentNames(parameter: Var): [string, string] {
  const name = parameterName(parameter);
  return [`adam.m.${name}`, `adam.v.${name}`];
}

const stepNumberLabel = (group: number, name: keyof StepNumbers) => `adam.${group}.${name}`;

function stepNumberNodes(tape: Tape, group: number): Record<keyof StepNumbers, Var> {
  const entries = stepNumberNames.map((name) => [name, tape.parameter(stepNumberLabel(group, name))]);
  return Object.fromEntries(entries);
}

function step(
  { beta1, beta2, weightDecay }: Optimiser,
  { stepSize, rootFactor, offset, decay }: Record<keyof StepNumbers, Var>,
  parameter: Var,
  ownGradient: Var,
): [string, Var][] {
  const { tape, shape } = parameter;
  const [nameM, nameV] = momentNames(parameter);
  const m = add(mul(tape.parameter(nameM, shape), beta1), mul(ownGradient, 1 - beta1));
  const v = add(mul(tape.parameter(nameV, shape), beta2), mul(square(ownGradient), 1 - beta2));
  const move = div(mul(m, stepSize), add(mul(sqrt(v), rootFactor), offset));
  // Both parts are small beside θ: added first, their sum is rounded once.
  const change = weightDecay === 0 ? move : add(mul(parameter, decay), move);
  return [
    [parameterName(parameter), sub(parameter, change)],
    [nameM, m],
    [nameV, v],
  ];
}

function scheduleSteps(
  groups: readonly ParameterGroup[],
  firstStep: number,
  count: number,
  factor: (step: number) => number,
): Record<string, Float64Array> {
  const schedule: Record<string, Float64Array> = {};
  groups.forEach(({ optimiser }, group) => {
    const steps = Array.from({ length: count }, (_, i) => {
      const rate = optimiser.learningRate * factor(firstStep + i);
      return stepNumbers(optimiser, rate, firstStep + i + 1);
    });
    for (const name of stepNumberNames) {
      if (name === "decay" && optimiser.weightDecay === 0) continue;
      schedule[stepNumberLabel(group, name)] = Float64Array.from(steps, (numbers) => numbers[name]);
    }
  });
  return schedule;
}
