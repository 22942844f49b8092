/** What no single entry can tell: names that refer to each other, samples that a term needs, sources that exclude each other. */

import { suggestion } from "../../io/edit-distance.js";
import {
  affectedProcesses,
  featureName,
  isOffNominal,
  nuisanceNames,
  nuisancesOfKind,
  nuisanceVector,
  processNames,
  variationPoints,
} from "./analysis.js";
import { GENERATORS } from "./generators.js";
import { MAXIMA } from "./limits.js";
import { normalisationProblem } from "./normalisation.js";
import { checkDerivations } from "./read-names.js";
import { checkRelevance, type Given } from "./relevance.js";
import { checkSamples } from "./samples.js";
import { checkEventCounts, checkSizes, checkYields } from "./size-checks.js";
import type { Configuration } from "./table.js";
import { MOST_PROBLEMS, type Path, type Problem, type ReportProblem, shown } from "./validation.js";

type Point = Readonly<Record<string, number>>;

/** Everything wrong with a configuration whose entries are each right. */
export function crossCheck(configuration: Configuration, given: Given): readonly Problem[] {
  const problems: Problem[] = [];
  const report: ReportProblem = (path, expected, got, hint) => {
    if (problems.length >= MOST_PROBLEMS) return;
    const own = typeof hint === "function" ? hint() : hint;
    problems.push({ path, expected, got, ...(own === undefined ? {} : { hint: own }) });
  };
  checkNames(configuration, report);
  // The checks that follow look names up.
  if (problems.length > 0) return problems;
  checkObservables(configuration, report);
  checkWithout(configuration, report);
  checkSources(configuration, report);
  checkDerivations(configuration, report);
  checkSamples(configuration, report);
  checkGenerators(configuration, report);
  checkNuisances(configuration, report);
  if (configuration.model.file === undefined) checkAnchors(configuration, report);
  checkFit(configuration, report);
  checkYields(configuration, report);
  if (problems.length === 0 && configuration.model.file === undefined) {
    checkEventCounts(configuration, report);
    checkSizes(configuration, report);
  }
  checkTrainings(configuration, report);
  // Of two sources, what belongs to either would be found wrong as well.
  if (problems.length === 0) problems.push(...checkRelevance(configuration, given));
  return problems;
}

function checkNames(configuration: Configuration, report: ReportProblem): void {
  const processes = new Set(processNames(configuration));
  const nuisances = new Set(nuisanceNames(configuration));
  const known = (path: Path, name: string, candidates: ReadonlySet<string>, what: string) => {
    if (candidates.has(name)) return;
    report(path, `a declared ${what}`, shown(name), () =>
      candidates.size === 0 ? `Declare it under \`${what}s\`` : suggestion(name, [...candidates]),
    );
  };
  const knownPoint = (path: Path, point: Point) => {
    for (const name of Object.keys(point)) known([...path, name], name, nuisances, "nuisance");
  };
  if (processes.size === 0) report(["processes"], "at least one process", "none", "Declare one, for example `signal:`");
  if (nuisances.size === 0)
    report(["nuisances"], "at least one nuisance", "none", "Declare one: they are what is fitted");
  for (const name of nuisances) {
    const path = ["nuisances", name, "processes"];
    configuration.nuisances[name]!.processes.forEach((process, i) => {
      known([...path, i], process, processes, "process");
    });
  }
  for (const name of processes) {
    configuration.processes[name]!.samples.forEach((sample, i) => {
      knownPoint(["processes", name, "samples", i, "at"], sample.at);
    });
  }
  configuration.simulation.variations.forEach((point, i) => {
    knownPoint(["simulation", "variations", i], point);
  });
  knownPoint(["truth"], configuration.truth);
  knownPoint(["fit", "start"], configuration.fit.start);
  configuration.scan.nuisances.forEach((name, i) => {
    known(["scan", "nuisances", i], name, nuisances, "nuisance");
  });
  for (const [group, members] of Object.entries(configuration.impacts.groups)) {
    members.forEach((name, i) => {
      known(["impacts", "groups", group, i], name, nuisances, "nuisance");
    });
  }
  for (const section of ["morph", "scan"] as const) {
    configuration[section].pairs.forEach((pair, i) => {
      for (const name of pair) known([section, "pairs", i], name, nuisances, "nuisance");
    });
  }
}

function checkTransforms(configuration: Configuration, name: "x" | "y", report: ReportProblem): void {
  const { transform, edges, features } = configuration.observables[name]!;
  const isGiven = Object.keys(edges).length > 0 || transform.some((choice) => choice !== "auto");
  if (configuration.simulation.generator !== undefined && isGiven) {
    const expected = "no transform and no edges, as features of simulation.generator stay as they are";
    report(["observables", name], expected, `transform ${shown(transform)}`, "Remove both, or simulate to files");
    return;
  }
  if (transform.length !== 1 && transform.length !== features) {
    const expected = `one transformation, or one per feature (${features})`;
    report(["observables", name, "transform"], expected, `${transform.length}`);
  }
  const names = Array.from({ length: features }, (_, feature) => featureName({ configuration }, name, feature));
  for (const [feature, { low, high }] of Object.entries(edges)) {
    const path = ["observables", name, "edges", feature];
    const known = names.flatMap((own, i) => [own, `${name}${i + 1}`]);
    const position = Math.floor(known.indexOf(feature) / 2);
    if (position < 0) {
      report(path, `a feature of ${name}`, shown(feature), () => suggestion(feature, known));
      continue;
    }
    const own = transform[transform.length === 1 ? 0 : position];
    if (own !== "auto" && own !== "rank") {
      const hint = "Set it to auto or rank, or remove the edges";
      report(path, "a feature with the transform auto or rank", `transform ${own}`, hint);
    }
    if (low !== undefined && high !== undefined && !(low < high)) report(path, "low below high", `${low} and ${high}`);
  }
}

function checkObservables(configuration: Configuration, report: ReportProblem): void {
  const { observables, likelihood, flows } = configuration;
  for (const name of ["x", "y"] as const) {
    const observable = observables[name];
    if (observable === undefined) continue;
    const { labels, features } = observable;
    if (labels.length > 0 && labels.length !== features) {
      report(["observables", name, "labels"], `one label per feature (${features}), or none`, `${labels.length}`);
    }
    checkTransforms(configuration, name, report);
    if (flows[name].structure === "coupling" && features < 2) {
      const hint = `Set flows.${name}.structure to autoregressive`;
      report(["flows", name, "structure"], `at least 2 features of ${name} for coupling`, `${features}`, hint);
    }
  }
  const path = ["likelihood", "observables"];
  const shown = `[${likelihood.observables.join(", ")}]`;
  if (!likelihood.observables.includes("x")) {
    report(
      path,
      "[x] or [x, y]",
      shown,
      "y is described given x; for y given x alone set likelihood.form to conditional",
    );
  }
  if (likelihood.observables.includes("y") && observables.y === undefined) {
    report(path, "observables that are declared", shown, "Declare observables.y, or set likelihood.observables to [x]");
  }
  if (likelihood.form === "conditional" && !likelihood.observables.includes("y")) {
    report(["likelihood", "form"], "joint, as only x is in likelihood.observables", "conditional", "Add y to it");
  }
}

/** Values are left out of features that the likelihood looks at. */
function checkWithout(configuration: Configuration, report: ReportProblem): void {
  const { observables, likelihood, data } = configuration;
  const known = (["x", "y"] as const).flatMap((of) => {
    const features = likelihood.observables.includes(of) ? (observables[of]?.features ?? 0) : 0;
    return Array.from({ length: features }, (_, feature) => featureName({ configuration }, of, feature));
  });
  for (const [i, { feature }] of data.without.entries()) {
    if (known.includes(feature)) continue;
    const path = ["data", "without", i, "feature"];
    report(path, "a feature of the likelihood", shown(feature), () => suggestion(feature, known));
  }
}

function checkSources(configuration: Configuration, report: ReportProblem): void {
  const { model, simulation, data } = configuration;
  const processes = processNames(configuration);
  const sampled = processes.filter((name) => configuration.processes[name]!.samples.length > 0);
  const sources = [
    ...(model.file === undefined ? [] : ["model.file"]),
    ...(simulation.generator === undefined ? [] : ["simulation.generator"]),
    ...(sampled.length === 0 ? [] : [`processes.${sampled[0]}.samples`]),
  ];
  if (sources.length !== 1) {
    const got = sources.length === 0 ? "none" : sources.join(" and ");
    const hint = sources.length === 0 ? "Add samples to every process" : "Remove all but one";
    report(["processes"], "one source of the densities: samples, simulation.generator or model.file", got, hint);
  }
  if ((data.generator === undefined) === (data.file === undefined)) {
    const got = data.generator === undefined ? "neither" : "both";
    report(["data"], "one source of data: data.file or data.generator", got, "Set exactly one of the two");
  }
  for (const name of processes) {
    const process = configuration.processes[name]!;
    const nuisances = nuisanceNames(configuration);
    const path = ["processes", name];
    const isNominal = ({ at }: { at: Point }) => !nuisances.some((k) => isOffNominal(configuration, at, k));
    if (sampled.length > 0 && !process.samples.some(isNominal)) {
      report([...path, "samples"], "a nominal sample, with an empty `at`", "none", "Add `- {file: nominal.npz}`");
    }
    if (process.yield === undefined && data.generator === undefined && model.file === undefined) {
      report([...path, "yield"], "the expected number of events", "nothing", "Add it: the mixture needs it");
    }
    checkYield(process, [...path, "yield"], report);
  }
}

/** A yield is given in one way, and follows from samples where there are some. */
function checkYield(
  { yield: own, samples }: Configuration["processes"][string],
  path: Path,
  report: ReportProblem,
): void {
  if (own === undefined) return;
  const { events, ...normalisation } = own;
  const problem = normalisationProblem(normalisation, events === undefined);
  if (problem !== undefined) report(path, ...problem);
  else if (typeof events !== "number" && samples.length === 0) {
    const expected = "a number of events, as there are no samples whose weights say it";
    report(path, expected, events ?? "a cross section and a luminosity", "Give the number");
  }
}

/** An analysis that uses a generator must have its names and sizes. */
function checkGenerators(configuration: Configuration, report: ReportProblem): void {
  for (const section of ["simulation", "data"] as const) {
    const generator = configuration[section].generator;
    if (generator === undefined) continue;
    const made = GENERATORS[generator];
    const path = [section, "generator"];
    const differs = (what: string, expected: string, got: string) => {
      if (got !== expected)
        report(path, `${what} ${expected} with ${generator}`, got, "Change it, or use your own files");
    };
    differs("processes", made.processes.join(", "), processNames(configuration).join(", "));
    differs("shape nuisances", made.nuisances.join(", "), nuisancesOfKind(configuration, "shape").join(", "));
    differs("observables.x.features", `${made.x}`, `${configuration.observables.x.features}`);
    if (configuration.observables.y !== undefined) {
      differs("observables.y.features", `${made.y}`, `${configuration.observables.y.features}`);
    }
  }
}

/** Is simulation read from files of the user? */
const hasSamples = ({ simulation, model }: Configuration) =>
  simulation.generator === undefined && model.file === undefined;

function checkNuisances(configuration: Configuration, report: ReportProblem): void {
  for (const name of nuisanceNames(configuration)) {
    const { kind, kappa, acceptance } = configuration.nuisances[name]!;
    const path = ["nuisances", name, "kappa"];
    if (kind === "rate" && kappa === undefined) {
      report(path, "the relative change of the yields, for example 0.05", "nothing", "Add it, or set kind to shape");
    }
    if (kind === "shape" && kappa !== undefined) {
      report(path, "no kappa, as this is a shape nuisance", `${kappa}`, "Remove it, or set kind to rate");
    }
    const ofAcceptance = ["nuisances", name, "acceptance"];
    if (kind === "rate" && acceptance !== undefined) {
      report(
        ofAcceptance,
        "nothing, as a rate moves the yields by kappa",
        acceptance,
        "Remove it, or set kind to shape",
      );
    }
    if (acceptance === "sums" && !hasSamples(configuration)) {
      const hint = "Remove it, or give samples under `processes`";
      report(ofAcceptance, "none, as there are no samples with sums of weights", acceptance, hint);
    }
  }
}

/** The points at which a process was or will be simulated. */
function anchors(configuration: Configuration, process: string): readonly Point[] {
  if (configuration.simulation.generator !== undefined) return variationPoints(configuration);
  return configuration.processes[process]!.samples.map(({ at }) => at);
}

function checkAnchors(configuration: Configuration, report: ReportProblem): void {
  for (const process of processNames(configuration)) {
    configuration.processes[process]!.samples.forEach(({ at }, i) => {
      for (const nuisance of Object.keys(at)) {
        const path = ["processes", process, "samples", i, "at", nuisance];
        if (configuration.nuisances[nuisance]!.kind === "rate") {
          report(path, "shape nuisances", `the rate ${nuisance}`, "Remove it: a rate does not change the densities");
        } else if (!affectedProcesses(configuration, nuisance).includes(process)) {
          const hint = `Add it to nuisances.${nuisance}.processes, or remove the sample`;
          report(path, `nuisances that act on ${process}`, nuisance, hint);
        }
      }
    });
  }
  for (const nuisance of nuisancesOfKind(configuration, "shape")) {
    for (const process of affectedProcesses(configuration, nuisance)) {
      if (anchors(configuration, process).some((at) => isOffNominal(configuration, at, nuisance))) continue;
      const expected = `a sample of ${process} with ${nuisance} off nominal`;
      const hint = `Add one with \`at: {${nuisance}: 1}\`, or list under \`processes\` those that ${nuisance} acts on`;
      report(["nuisances", nuisance], expected, "none", hint);
    }
  }
  checkPairs(configuration, report);
}

function checkPairs(configuration: Configuration, report: ReportProblem): void {
  configuration.morph.pairs.forEach((pair, i) => {
    const [k, l] = pair as readonly [string, string];
    const path = ["morph", "pairs", i];
    const rate = pair.find((name) => configuration.nuisances[name]!.kind === "rate");
    if (rate !== undefined) {
      report(path, "two shape nuisances", `the rate ${rate}`, "Remove the pair");
      return;
    }
    const isRepeat = configuration.morph.pairs.slice(0, i).some((other) => other.includes(k) && other.includes(l));
    if (isRepeat) report(path, "every pair once", `${k}, ${l} again`, "Remove the pair");
    const common = affectedProcesses(configuration, k).filter((name) =>
      affectedProcesses(configuration, l).includes(name),
    );
    if (common.length === 0) report(path, "a process that both act on", "none", "Remove the pair");
    for (const process of common) {
      const isJoint = (at: Point) => isOffNominal(configuration, at, k) && isOffNominal(configuration, at, l);
      if (anchors(configuration, process).some(isJoint)) continue;
      const hint = `Add one, for example with \`at: {${k}: 1, ${l}: 1}\`, or remove the pair`;
      report(path, `a sample of ${process} in which ${k} and ${l} are both off nominal`, "none", hint);
    }
  });
}

function checkFit(configuration: Configuration, report: ReportProblem): void {
  const { bounds, start } = configuration.fit;
  const [least, largest] = bounds as readonly [number, number];
  if (!(least < largest)) {
    report(["fit", "bounds"], "the smaller bound first", `[${least}, ${largest}]`, "Swap them");
    return;
  }
  if (largest - least < MAXIMA.leastWidth) {
    report(["fit", "bounds"], `bounds at least ${MAXIMA.leastWidth} apart`, `[${least}, ${largest}]`, "Widen them");
    return;
  }
  const inside = `a value inside fit.bounds [${least}, ${largest}]`;
  const starts = nuisanceVector(configuration, start);
  nuisanceNames(configuration).forEach((name, k) => {
    const value = starts[k]!;
    if (value > least && value < largest) return;
    if (Object.hasOwn(start, name)) report(["fit", "start", name], inside, `${value}`, "Widen the bounds");
    else {
      const hint = `Widen the bounds, or set fit.start.${name}`;
      report(["nuisances", name, "nominal"], `${inside}, as fits start there`, `${value}`, hint);
    }
  });
}

function checkTrainings(configuration: Configuration, report: ReportProblem): void {
  const { simulation, flows, morph, transport, ensemble, response } = configuration;
  const unseen = simulation.generator === undefined ? undefined : "the events of every epoch are new";
  const allUsed = "all data are used and none held out";
  const trainings = [
    { path: ["flows", "x"], ...flows.x.training, notHeldOut: unseen },
    { path: ["flows", "y"], ...flows.y.training, notHeldOut: unseen },
    { path: ["morph", "x"], ...morph.x.training, notHeldOut: unseen },
    { path: ["morph", "y"], ...morph.y.training, notHeldOut: unseen },
    { path: ["transport"], ...transport.training, notHeldOut: allUsed },
    { path: ["ensemble"], ...ensemble.training, notHeldOut: allUsed },
    { path: ["response"], ...response.training, notHeldOut: response.heldOut > 0 ? undefined : allUsed },
  ];
  for (const { path, notHeldOut, optimiser, weightDecay, patience } of trainings) {
    const key = (name: string) => [...path, "training", name];
    if (weightDecay > 0 && optimiser !== "adamw") {
      report(key("weightDecay"), `0 with ${optimiser}`, `${weightDecay}`, "Remove it, or set optimiser to adamw");
    }
    if (patience > 0 && notHeldOut !== undefined) {
      report(key("patience"), `0, as ${notHeldOut}`, `${patience}`, "Remove it");
    }
  }
}
