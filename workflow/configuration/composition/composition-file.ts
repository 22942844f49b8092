/** Reads the file of a composition: the table of entries, the names in it, then the graph that they make. */
import {
  type CheckedComposition,
  type Column,
  type Composition,
  checkedComposition,
} from "../../../inference/model/composition/composition.js";
import type { DensityForm } from "../../../inference/model/densities/densities.js";
import type { FunctionForm } from "../../../inference/model/functions/functions.js";
import type { ChannelData } from "../../../inference/model/likelihood/channels.js";
import { type Constraint, constraintEstimate } from "../../../inference/model/parameters/constraints.js";
import {
  changedParameters,
  type Parameter,
  type ParameterChanges,
} from "../../../inference/model/parameters/parameter.js";
import { UsageError } from "../../errors.js";
import { COMPOSITION_KEY, type CompositionConfiguration, compositionTable } from "../composition-table.js";
import { foreignKeys } from "../kinds-of-file.js";
import { normalisationProblem } from "../normalisation.js";
import { type Overrides, readRaw } from "../read-entries.js";
import { checkCompositionColumns } from "../read-names.js";
import { checkReferences } from "../references.js";
import { densityRows, restProblem } from "../table/composition/densities.js";
import { functionRows } from "../table/composition/functions.js";
import { constraintRows } from "../table/composition/parameters.js";
import { formOf } from "../table/composition/row.js";
import { type Path, type Problem, type ReportProblem, shown, validate } from "../validation.js";
import {
  channelProblems,
  type LikelihoodPlan,
  likelihoodPlans,
  likelihoodProblems,
  regionDensities,
  regionPath,
} from "./likelihood-plans.js";

export interface WrittenComposition {
  /** The file as the user named it. */
  readonly file: string;
  readonly configuration: CompositionConfiguration;
}

/** Expected events, by the names of functions. */
type Yields = ReadonlyMap<string, number>;

export interface CompositionOverrides extends Overrides {
  /** Of --fix, --free, --set-parameter and --limit. */
  readonly parameters?: ParameterChanges | undefined;
  /** Reads the samples that numbers of events come from, where functions have some. */
  readonly yields?: ((written: WrittenComposition) => Promise<Yields>) | undefined;
}

/** A composition that a file describes, every default filled in and every name checked. */
export interface CompositionAnalysis {
  /** The file as the user named it. */
  readonly file: string;
  readonly configuration: CompositionConfiguration;
  readonly composition: CheckedComposition;
  readonly likelihoods: readonly LikelihoodPlan[];
  /** Of a file that holds its events itself: these, by sample, and what its reader left out or decided. */
  readonly inline?: {
    readonly samples: Readonly<Record<string, ChannelData>>;
    readonly notes: readonly string[];
  };
}

/** @param file  how messages name the text */
export async function readComposition(
  source: string,
  file: string,
  overrides: CompositionOverrides = { set: [] },
): Promise<CompositionAnalysis> {
  const { value: raw, refuse } = readRaw(source, file, overrides, compositionTable);
  refuse(foreignKeys(raw, "composition"));
  const problems: Problem[] = [];
  const configuration = validate(compositionTable, raw, problems);
  refuse(problems);
  refuse(nameProblems(configuration));
  refuse(writtenProblems(configuration));
  const placed = async <T>(make: () => T | Promise<T>): Promise<T> => {
    try {
      return await make();
    } catch (error) {
      refuse([problemOf(error)]);
      throw error;
    }
  };
  const graph = (own: Composition) => placed(() => checkedComposition(own));
  const hasYields = Object.values(configuration.functions).some((own) => "yield" in own);
  const yields = hasYields ? await overrides.yields!({ file, configuration }) : new Map<string, number>();
  const written = await placed(() => compositionOf(configuration, yields));
  const whole = await graph(written);
  refuse([...morphProblems(configuration, whole), ...channelProblems(configuration, whole)]);
  const densities = { ...written.densities, ...regionDensities(configuration, whole) };
  const { parameters } = await graph({ ...written, densities });
  const composition = checkedComposition({
    ...written,
    densities,
    parameters: changedParameters(parameters, overrides.parameters ?? {}),
  });
  const likelihoods = likelihoodPlans(configuration, composition);
  refuse(likelihoodProblems(likelihoods));
  return { file, configuration, composition, likelihoods };
}

/** Names that every object of JavaScript has: maps of numbers by name could not tell them from their own. */
const isInherited = (name: string) => name in {};

/** Names that are of nothing, or that no one may use. */
function nameProblems(configuration: CompositionConfiguration): Problem[] {
  const problems: Problem[] = [];
  const report: ReportProblem = (path, expected, got, hint) => {
    const own = typeof hint === "function" ? hint() : hint;
    problems.push({ path, expected, got, ...(own === undefined ? {} : { hint: own }) });
  };
  const { parameters, functions, columns, densities, samples, likelihoods } = configuration;
  const maps = { parameters, functions, columns, densities, samples, likelihoods };
  const reserved = (path: Path, name: string) => {
    if (isInherited(name) || name === "rest")
      report(path, "another name, as this one is reserved", shown(name), "Rename it");
  };
  for (const [key, map] of Object.entries(maps)) for (const name of Object.keys(map)) reserved([key, name], name);
  for (const [name, { channels }] of Object.entries(likelihoods)) {
    for (const own of Object.keys(channels ?? {})) reserved([COMPOSITION_KEY, name, "channels", own], own);
  }
  const names = (map: object) => Object.keys(map);
  checkReferences(
    compositionTable,
    configuration,
    {
      values: {
        names: [parameters, functions, columns].flatMap(names),
        what: "a number, or the name of a parameter, a function or a column",
      },
      parameters: { names: names(parameters), what: "a parameter" },
      columns: { names: names(columns), what: "a column" },
      densities: { names: names(densities), what: "a density" },
      samples: { names: names(samples), what: "a sample" },
    },
    report,
  );
  checkCompositionColumns(configuration, report);
  return problems;
}

/** What is wrong with the writing of parts, before they are parts of a graph. */
function writtenProblems({ parameters, functions, densities, likelihoods }: CompositionConfiguration): Problem[] {
  const ofParameters = Object.entries(parameters).flatMap(([name, { start, constraint }]): Problem[] =>
    start !== undefined || constraint !== undefined
      ? []
      : [{ path: ["parameters", name, "start"], expected: "a number", got: "nothing", hint: "Add where a fit begins" }],
  );
  const ofDensities = Object.entries(densities).flatMap(([name, written]): Problem[] => {
    const problem = "mixture" in written ? restProblem(written.mixture) : undefined;
    return problem === undefined ? [] : [{ path: ["densities", name, "mixture"], ...problem }];
  });
  const ofYields = Object.entries(functions).flatMap(([name, written]): Problem[] => {
    if (!("yield" in written)) return [];
    const { sample: _, ...own } = written.yield;
    const isGiven = Object.values(own).some((value) => value !== undefined);
    const problem = isGiven ? normalisationProblem(own, true) : undefined;
    if (problem === undefined) return [];
    const [expected, got, hint] = problem;
    return [{ path: ["functions", name, "yield"], expected, got, hint }];
  });
  const none = Object.keys(likelihoods).length === 0;
  return [
    ...ofParameters,
    ...ofYields,
    ...ofDensities,
    ...(none ? [{ path: [COMPOSITION_KEY], expected: "at least one likelihood", got: "none" }] : []),
  ];
}

/** A morph is trained before anything is fitted. */
const morphProblems = ({ densities }: CompositionConfiguration, graph: CheckedComposition): Problem[] =>
  Object.entries(densities).flatMap(([name, written]): Problem[] => {
    if (!("morphed" in written)) return [];
    const { density } = written.morphed;
    const parameters = graph.parametersOf(density);
    if (parameters.length === 0) return [];
    return [
      {
        path: ["densities", name, "morphed", "density"],
        expected: "a density that depends on no parameter, as what nuisances do to it is trained before the fit",
        got: `${density}, which depends on ${parameters.join(", ")}`,
        hint: "Give it numbers, or train a flow",
      },
    ];
  });

async function parametersOf({ parameters }: CompositionConfiguration): Promise<Parameter[]> {
  const one = async ([name, own]: readonly [string, CompositionConfiguration["parameters"][string]]) => {
    const { start, range, constraint: written, fixed } = own;
    const constraint = written && (await formOf<Constraint>(constraintRows, written, `constraint of ${name}`));
    return {
      name,
      start: start ?? constraintEstimate(constraint!)[0],
      ...(range && { range: range as unknown as readonly [number, number] }),
      ...(constraint && { constraint }),
      ...(fixed && { isFixed: true }),
    };
  };
  return Promise.all(Object.entries(parameters).map(one));
}

/** Every part under its name, made one after the other: of several that are wrong, the first is refused. */
async function mapped<T, U>(map: Readonly<Record<string, T>>, to: (own: T, name: string) => U | Promise<U>) {
  const made: [string, U][] = [];
  for (const [name, own] of Object.entries(map)) made.push([name, await to(own, name)]);
  return Object.fromEntries(made) as Record<string, U>;
}

async function compositionOf(configuration: CompositionConfiguration, yields: Yields): Promise<Composition> {
  const { functions, densities } = configuration;
  const columns = await mapped(
    configuration.columns,
    ({ range, values }): Column => ({
      ...(range && { range: range as unknown as readonly [number, number] }),
      ...(values && { values }),
    }),
  );
  return {
    parameters: await parametersOf(configuration),
    columns,
    functions: await mapped(functions, (written, name) =>
      "yield" in written
        ? ({ kind: "product", factors: [yields.get(name)!] } as const)
        : formOf<FunctionForm>(functionRows, written, `function ${name}`),
    ),
    densities: await mapped(densities, (written, name) =>
      formOf<DensityForm>(densityRows, written, `density ${name}`, columns),
    ),
  };
}

const SECTIONS: Readonly<Record<string, string>> = {
  density: "densities",
  function: "functions",
  column: "columns",
  parameter: "parameters",
  "constraint of": "parameters",
};

/** What the language says of a part, "density signal, m", where the file has that. */
function problemOf(error: unknown): Problem {
  if (!(error instanceof UsageError)) throw error;
  const { where, complaint } = error;
  const [, what = "", name = ""] = /^(density|function|column|parameter|constraint of) ([^,]+)/.exec(where) ?? [];
  const section = SECTIONS[what];
  if (section === undefined) throw error;
  const path = regionPath(name) ?? [section, name, ...(what === "constraint of" ? ["constraint"] : [])];
  return { path, ...complaint };
}
