/** The steps of a measurement of a distribution of interest. */
import { willMoveY } from "../configuration/analysis.js";
import { looksAtY, type RunContext } from "../context.js";
import { nuisancesLeftOut } from "../simulation/simulation-checks.js";
import { stagesOf } from "../steps/trainings/densities.js";
import type { PlannedStep } from "./planned-steps.js";

/**
 * What the samples decide only once trainings are there has no name of its own in the plan: which morph describes a nuisance
 * (`morph-capacity.ts`), and whether a fit has noise to leave out.
 */
export const plannedName = (name: string): string =>
  name
    .replace(/^([xy]\.morph)\.(?:(?:simple|residual)(?:-quadratic|-spline)?|quadratic(?:-part)?)\./, "$1.single.")
    .replace(/^(fit\..+)\.noise$/, "$1");

type Kind = "train" | "closure" | "fit" | "simulation" | "project" | "displace" | "scan" | "impacts" | "predict";

/** Adds a step behind those that it needs, and returns its name, as others need it. */
type Add = (kind: Kind, name: string, ...needs: readonly (readonly string[])[]) => readonly string[];

/** Every step that `runChain` may do, each behind those that it needs. */
export async function measurementPlan(context: RunContext): Promise<PlannedStep[]> {
  const plan: PlannedStep[] = [];
  const add: Add = (kind, name, ...needs) => {
    plan.push({ name, kind, needs: [...new Set(needs.flat())] });
    return [name];
  };
  const leftOut = await leftOutOf(context);
  const x = density(context, add, "x", leftOut);
  const y = looksAtY(context) ? density(context, add, "y", leftOut) : [];
  add("closure", "closure", x, y);
  const fits = willMoveY(context.analysis.configuration)
    ? fitsWithT(context, add, x, y)
    : plainFits(context, add, x, y);
  behindFits(context, add, fits);
  return plan;
}

async function leftOutOf({ analysis, simulation }: RunContext): Promise<ReadonlySet<string>> {
  const { effects } = await simulation.checks();
  return nuisancesLeftOut(analysis.configuration, simulation.anchors, effects);
}

/** The nominal density, then the stages of its morph. */
function density(context: RunContext, add: Add, of: "x" | "y", leftOut: ReadonlySet<string>): readonly string[] {
  const nominal = add("train", `${of}.nominal`);
  const all = [...nominal];
  const last = new Map<string, readonly string[]>();
  for (const { name, nuisances } of stagesOf(context)) {
    if (nuisances.every((own) => leftOut.has(own))) continue;
    const stage = add("train", `${of}.morph.${name}`, nominal, ...nuisances.map((own) => last.get(own) ?? []));
    for (const own of nuisances) last.set(own, stage);
    all.push(...stage);
  }
  return all;
}

type Names = readonly string[];

function fitOfX({ analysis }: RunContext, add: Add, x: Names): Names {
  return analysis.configuration.likelihood.form === "joint" ? add("fit", "fit.x", x) : [];
}

/** Without a map T. */
function plainFits(context: RunContext, add: Add, x: Names, y: Names): Names {
  const xAlone = fitOfX(context, add, x);
  return looksAtY(context) ? [...xAlone, ...add("fit", "fit.fixed", x, y, xAlone)] : xAlone;
}

/** Step 1, the replicas, the response, the fits with them. */
function fitsWithT(context: RunContext, add: Add, x: Names, y: Names): Names {
  const { ensemble, response } = context.analysis.configuration;
  const xAlone = fitOfX(context, add, x);
  const transport = add("train", "transport", x, y, xAlone);
  const fixed = add("fit", "fit.fixed", transport);
  const replicas = Array.from({ length: ensemble.replicas }, (_, b) => {
    const start = xAlone.length > 0 ? add("fit", `fit.x.replica.${b}`, x, transport) : [];
    const replica = add("train", `replica.${b}`, transport, start);
    return [...start, ...replica, ...add("fit", `fit.fixed.replica.${b}`, replica)];
  }).flat();
  const trained = response.enabled ? add("train", "response", transport, replicas, fixed, xAlone) : [];
  const profiled = response.enabled ? add("fit", "fit.profiled", trained, fixed, xAlone) : [];
  const last = response.enabled ? profiled : fixed;
  const averaged = ensemble.replicas < 2 ? [] : add("fit", "fit.averaged", last, replicas);
  return [...xAlone, ...transport, ...fixed, ...replicas, ...trained, ...profiled, ...averaged];
}

/** Steps of the fits, by the names that the fits have in results. */
const FITS = { xAlone: "fit.x", fixed: "fit.fixed", profiled: "fit.profiled", averaged: "fit.averaged" } as const;

/** What looks at the fitted model, with all of its fits. */
function behindFits(context: RunContext, add: Add, fits: Names): void {
  const { likelihood, simulation, impacts, scan } = context.analysis.configuration;
  const names = Object.entries(FITS).flatMap(([name, step]) => (fits.includes(step) ? [name] : []));
  for (const name of simulation.replicas === 0 ? names.filter((own) => own !== "averaged") : []) {
    add("simulation", `simulation.error.${name}`, fits);
  }
  for (let index = 0; index < simulation.replicas; index++) add("simulation", `simulation.replica.${index}`, fits);
  const hasT = willMoveY(context.analysis.configuration);
  if (!looksAtY(context) || (hasT && likelihood.form === "joint")) add("closure", "closure.x", fits);
  if (looksAtY(context)) add("closure", "closure.y", fits);
  const projections = add("project", "projections", fits);
  if (hasT) add("displace", "displacements", fits, projections);
  const order = ["profiled", "fixed", "averaged"].filter((name) => names.includes(name));
  const wanted: readonly string[] = scan.fits;
  const [first = "xAlone", ...others] = order;
  for (const name of [first, ...others.filter((own) => wanted.includes(own))]) add("scan", `scans.${name}`, fits);
  if (impacts.enabled) add("impacts", "impacts", fits);
  add("project", "bands", fits, projections);
  add("predict", "sensitivity", fits);
}
