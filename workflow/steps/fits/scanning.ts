/** Scans around the fits of a run: T fixed, T profiled and averaged over the ensemble, at the same points. */

import { withDampedBfgs } from "../../../inference/statistics/fit/damped-bfgs.js";
import type { Objective } from "../../../inference/statistics/objective.js";
import { likelihoodInputs, type RunContext } from "../../context.js";
import type { OpenLikelihood } from "../../likelihood/bound-likelihood.js";
import { leveled } from "../../likelihood/level.js";
import { minimumOf } from "../../likelihood/minimum.js";
import {
  hasEveryError,
  NO_SCANS,
  type ScannedFit,
  type ScanPlan,
  type Scans,
  scanPlan,
  scanProblems,
  scans,
} from "../../likelihood/nuisance-scan.js";
import { openFit } from "../../likelihood/open-fit.js";
import { someOf } from "../../store/chosen-steps.js";
import { type AveragedFit, openAverage } from "./averaged.js";
import type { FittedModel } from "./fitted-model.js";
import { type ScanTask, scanTasks } from "./scan-tasks.js";

/** The scans of one fit, kept as a step. */
async function scanTask(context: RunContext, fitted: FittedModel, task: ScanTask, plan: ScanPlan): Promise<Scans> {
  const { store, progress, signal, events } = context;
  const { name, label, fit: of, model } = task;
  const inputs = {
    key: name === "fixed" ? fitted.fixedKey : fitted.key,
    data: context.dataKey,
    plan,
    of: minimumOf(of.fit),
    members: name === "averaged" ? (of as AveragedFit).members.map(minimumOf) : [],
    replicas: name === "averaged" ? fitted.replicas.map(({ transportKey }) => transportKey) : [],
    ...likelihoodInputs(context, model),
  };
  const step = await store.run(`scans.${name}`, inputs, async () => {
    const open = await openFit(context, model, events.data);
    const { objective, close } = await openObjective(context, fitted, task, open);
    try {
      // Newton's steps begin with the Hessian of the fit, gradients update it: each step is several times cheaper.
      const cheap = withDampedBfgs(objective, Float64Array.from(of.fit.hessian!.flat()));
      progress.note(`scans, ${label}:`);
      const found = await scans(open, cheap, of.fit, plan, progress, signal);
      signal.throwIfAborted();
      return { record: found, arrays: {} };
    } finally {
      await close();
      await open.close();
    }
  });
  return step.record;
}

async function openObjective(
  context: RunContext,
  { replicas }: FittedModel,
  { name, fit, model }: ScanTask,
  open: OpenLikelihood,
): Promise<{ readonly objective: Objective; close(): Promise<void> }> {
  if (name !== "averaged") return { objective: open.likelihood, close: async () => {} };
  const members = replicas.map(({ replica }) => replica);
  return openAverage(context, model, members, (fit as AveragedFit).members);
}

/** All at the points of the first, so that curves and contours compare. */
export async function scanFits(context: RunContext, fitted: FittedModel): Promise<readonly ScannedFit[]> {
  const tasks = scanTasks(context, fitted);
  const first = tasks[0]!;
  if (first.fit.fit.hessian === undefined || !hasEveryError(first.fit.fit)) {
    context.warn(`${NO_SCANS}. ${first.fit.fit.reason}`);
    return [];
  }
  const plan = scanPlan({ ...context, model: first.model }, first.fit.fit, first.fit.summary);
  const scanOne = async (task: ScanTask): Promise<ScannedFit> => {
    const { fit, summary } = task.fit;
    const found = leveled(await scanTask(context, fitted, task, plan), summary, fit.covariance);
    for (const problem of scanProblems(found)) context.warn(`${task.label}, ${problem}`);
    return { name: task.name, label: task.label, summary, found };
  };
  return someOf(tasks.filter(({ fit }) => fit.fit.hessian !== undefined).map((task) => () => scanOne(task)));
}
