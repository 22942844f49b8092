/** The errors of the fits of a run from the fluctuation of its simulation: to first order, or by the replicas that are asked for. */

import { ofNewtonStep, plus, scatterOf, sigmaOf } from "../../../inference/model/simulation-errors/covariance-parts.js";
import { gradientFluctuation } from "../../../inference/model/simulation-errors/fluctuation.js";
import { covariance, F32_PRECISION, F64_PRECISION } from "../../../inference/statistics/fit/covariance.js";
import { isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import type { Matrix } from "../../../inference/statistics/objective.js";
import { formOf, looksAtY, observedEvents, type RunContext } from "../../context.js";
import type { FitErrors, SimulationError } from "../../likelihood/fit-errors.js";
import { allOf, someOf } from "../../store/chosen-steps.js";
import type { NamedFit } from "../fits/fitted-model.js";
import { FIT_NAMES, type FitName, modelOf, type ReplicaFit, type SimulatedFit, simulationReplica } from "./replicas.js";
import { simulatedScores } from "./simulated-scores.js";

/** By the names of the fits; a fit without a covariance has none. */
export type SimulationErrors = Readonly<Partial<Record<FitName, FitErrors>>>;

/** @param of  with the key of the model of x alone, which the fitted model does not name */
export async function findSimulationErrors(
  context: RunContext,
  of: SimulatedFit & { readonly xAloneKey: string },
): Promise<SimulationErrors> {
  const { fits } = of.fitted;
  const replicas = await allReplicas(context, of);
  const errorsOf = async (name: FitName): Promise<readonly [FitName, FitErrors][]> => {
    const fit = fits[name];
    const statistical = fit?.summary.covariance ?? null;
    const inverse = fit && inverseOf(context, fit);
    if (fit === undefined || statistical === null || inverse === undefined) return [];
    const ofFit = replicas.map((replica) => replica[name]!);
    const simulation =
      bootstrapError(context, fit, inverse, ofFit) ?? (await firstOrderError(context, of, name, fit, inverse));
    const total = plus(statistical, simulation.covariance);
    return [[name, { simulation, total: { covariance: total, sigma: sigmaOf(total) } }]];
  };
  return Object.fromEntries((await someOf(FIT_NAMES.map((name) => () => errorsOf(name)))).flat());
}

/** The inverse Hessian; undefined where there is none. */
function inverseOf({ backend }: RunContext, { fit: { hessian, estimate } }: NamedFit): Matrix | undefined {
  if (hessian === undefined) return undefined;
  const precision = backend.precision === "f64" ? F64_PRECISION : F32_PRECISION;
  const found = covariance(hessian.flat(), estimate.names, precision);
  return found.status === "positive-definite" ? found.matrix : undefined;
}

async function firstOrderError(
  context: RunContext,
  of: SimulatedFit & { readonly xAloneKey: string },
  name: FitName,
  fit: NamedFit,
  inverse: Matrix,
): Promise<SimulationError> {
  const { store, simulation } = context;
  const { fitted, acceptance, leftOut } = of;
  const nu = fit.summary.estimate;
  const withY = name !== "xAlone" && looksAtY(context);
  const keys = { xAlone: of.xAloneKey, fixed: fitted.fixedKey, profiled: fitted.key };
  const inputs = {
    key: keys[name],
    nu,
    acceptance,
    leftOut: [...leftOut].sort(),
    simulation: simulation.digest(simulation.anchors, withY ? "y" : "x"),
    ...formOf(context),
    observed: observedEvents(context) ?? null,
  };
  const { record } = await store.run(`simulation.error.${name}`, inputs, async () => {
    const scored = await simulatedScores(context, modelOf(name, fitted.model), nu, { acceptance, leftOut });
    return { record: Array.from(gradientFluctuation(scored, nu.length)), arrays: {} };
  });
  const own = ofNewtonStep(inverse, record);
  return {
    estimator: "first order",
    covariance: own,
    sigma: sigmaOf(own),
    replicas: 0,
    precision: null,
    noise: null,
  };
}

async function allReplicas(context: RunContext, of: SimulatedFit): Promise<Readonly<Record<string, ReplicaFit>>[]> {
  const { replicas } = context.analysis.configuration.simulation;
  const indices = Array.from({ length: replicas }, (_, index) => index);
  return allOf(indices.map((index) => () => simulationReplica(context, of, index)));
}

/** Undefined where less than two replicas have a minimum. */
function bootstrapError(
  { warn }: RunContext,
  fit: NamedFit,
  inverse: Matrix,
  replicas: readonly ReplicaFit[],
): SimulationError | undefined {
  if (replicas.length === 0) return undefined;
  const good = replicas.filter(({ status }) => isMinimum({ ...fit.fit, status }));
  if (good.length < replicas.length) {
    const bad = replicas.find((own) => !good.includes(own))!;
    warn(
      `${fit.label}: ${replicas.length - good.length} of ${replicas.length} replicas of the simulation have no minimum and are left out. ` +
        bad.reason,
    );
  }
  if (good.length < 2) {
    warn(`${fit.label}: a scatter needs two replicas of the simulation. Its error is estimated to first order`);
    return undefined;
  }
  const scatter = scatterOf(good.map(({ estimate }) => estimate));
  const size = scatter.length;
  const noise = Array.from(
    { length: size * size },
    (_, i) => good.reduce((sum, own) => sum + own.noise[i]!, 0) / good.length,
  );
  return {
    estimator: "bootstrap",
    covariance: scatter,
    sigma: sigmaOf(scatter),
    replicas: good.length,
    precision: 1 / Math.sqrt(2 * (good.length - 1)),
    noise: sigmaOf(ofNewtonStep(inverse, noise)),
  };
}
