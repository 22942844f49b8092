/** Architectures of the flows that a configuration asks for, and whether stored weights are of these. */
import {
  type Architecture,
  type AutoregressiveArchitecture,
  autoregressiveFlow,
  couplingFlow,
  type FactorizableArchitecture,
  type FlowArchitecture,
  factorizableFlow,
} from "../../flows/architecture/architecture.js";
import { type MixtureModel, type PartName, partOf, sideOf } from "../../inference/model/mixture-model.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import { isLinearOnly } from "../../inference/model/training/morph.js";
import { UsageError } from "../errors.js";
import { type Analysis, dimensionsOf, nuisancesOfKind, simulationAnchors } from "./analysis.js";
import type { Configuration } from "./table.js";

function contextOf(configuration: Configuration, of: ObservableName): number {
  const { processes, x } = dimensionsOf(configuration);
  return of === "x" ? processes : processes + x;
}

/** Splines act within an interval, which a process of another width than all together would leave or hardly use; affine maps have none. */
function classesOf(configuration: Configuration, of: ObservableName): { readonly classes?: number } {
  return configuration.flows[of].kind === "spline" ? { classes: dimensionsOf(configuration).processes } : {};
}

/** What a file says of a flow. */
type WrittenFlow = Omit<Configuration["flows"]["x"], "training">;

/** @param sizes  of features, context and classes */
export function flowArchitecture(
  { kind, structure, transforms, bins, bound, hidden }: WrittenFlow,
  sizes: Pick<FlowArchitecture, "features" | "context"> & { readonly classes?: number },
): FlowArchitecture {
  const options = {
    ...sizes,
    hidden,
    transforms,
    transform: kind === "affine" ? { kind } : { kind, bins, bound, scaled: true },
    // Smooth in x and ν, so that second derivatives are what they say.
    activation: "silu",
    standardisation: "input",
  } as const;
  return structure === "coupling" ? couplingFlow(options) : autoregressiveFlow(options);
}

export const nominalArchitecture = (configuration: Configuration, of: ObservableName): FlowArchitecture =>
  flowArchitecture(configuration.flows[of], {
    features: dimensionsOf(configuration)[of],
    context: contextOf(configuration, of),
    ...classesOf(configuration, of),
  });

export function morphArchitecture(configuration: Configuration, of: ObservableName): FactorizableArchitecture {
  const { morph, nuisances } = configuration;
  const { kind, bins, bound, hidden, layers } = morph[of];
  const anchors = simulationAnchors(configuration);
  return factorizableFlow({
    features: dimensionsOf(configuration)[of],
    context: contextOf(configuration, of),
    hidden,
    layers,
    nuisances: nuisancesOfKind(configuration, "shape").map((name, k) => {
      const { nominal } = nuisances[name]!;
      return { nominal, linearOnly: isLinearOnly(anchors, k, nominal) };
    }),
    pairs: pairPositions(configuration),
    quadraticDamping: morph.quadraticDamping,
    pairDamping: morph.pairDamping,
    shiftFirst: morph.shiftFirst,
    spline: kind === "spline" ? { kind, bins, bound } : undefined,
    standardisation: "both",
    ...classesOf(configuration, of),
  });
}

/** Positions among the shape nuisances, the smaller one first. */
function pairPositions(configuration: Configuration): [number, number][] {
  const names = nuisancesOfKind(configuration, "shape");
  return configuration.morph.pairs.map((pair) => {
    const [k, l] = pair.map((name) => names.indexOf(name)).sort((a, b) => a - b);
    return [k!, l!];
  });
}

/** T of step 1. */
export function transportArchitecture(configuration: Configuration): AutoregressiveArchitecture {
  const { hidden, transforms, bins, bound } = configuration.transport;
  return autoregressiveFlow({
    features: dimensionsOf(configuration).y,
    context: contextOf(configuration, "y"),
    hidden,
    transforms,
    transform: { kind: "spline", bins, bound, freeRightSlope: true },
    activation: "silu",
    standardisation: "both",
  });
}

/**
 * T's response of step 2.
 *
 * @param nominal  fitted values ν_0 of step 1 [K]
 * @param scales  of the nuisances, where the configuration has none [K]
 */
export function responseArchitecture(
  configuration: Configuration,
  nominal: readonly number[],
  scales: readonly number[],
): FactorizableArchitecture {
  const { kind, bins, hidden, layers, scale } = configuration.response;
  return factorizableFlow({
    features: dimensionsOf(configuration).y,
    context: contextOf(configuration, "y"),
    hidden,
    layers,
    nuisances: nominal.map((value, k) => ({ nominal: value, scale: scale ?? scales[k]! })),
    // It acts in the frame of T.
    spline: kind === "spline" ? { kind, bins, bound: configuration.transport.bound } : undefined,
    standardisation: "both",
  });
}

/** Entries of the configuration that an architecture shows, by key. */
type Entries = Readonly<Record<string, string>>;

const list = (values: readonly (number | string)[]) => `[${values.join(", ")}]`;

/** Units of each hidden layer; all transforms of a flow have the same. */
function hiddenOf({ layers }: Architecture): string {
  const units = layers[0]!.hidden.map((layer) =>
    typeof layer === "number" ? layer : layer.reduce((sum, count) => sum + count, 0),
  );
  return list(units);
}

/** Kind of the layers of a factorizable flow, and its bins. */
const kindEntries = ({ spline }: FactorizableArchitecture): Entries =>
  spline === undefined ? { kind: "affine" } : { kind: spline.kind, bins: `${spline.bins}` };

function splineBins({ transform }: FlowArchitecture): Entries {
  return transform.kind === "spline" ? { bins: `${transform.bins}`, bound: `${transform.bound}` } : {};
}

function flowEntries(architecture: FlowArchitecture): Entries {
  return { transforms: `${architecture.layers.length}`, hidden: hiddenOf(architecture), ...splineBins(architecture) };
}

function morphEntries(architecture: FactorizableArchitecture, names: readonly string[]): Entries {
  const { nuisances, pairs, quadraticDamping, pairDamping, shiftFirst } = architecture;
  const oneSided = names.filter((_, k) => nuisances[k]!.linearOnly);
  return {
    "morph.pairs": list(pairs.map((pair) => list(pair.map((k) => names[k]!)))),
    "morph.quadraticDamping": `${quadraticDamping}`,
    "morph.shiftFirst": `${shiftFirst ?? false}`,
    ...(pairs.length > 0 && { "morph.pairDamping": `${pairDamping}` }),
    "nuisances simulated at one value only": list(oneSided),
  };
}

function under(section: string, entries: Entries): Entries {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [`${section}.${key}`, value]));
}

function entriesOf(part: PartName, architecture: Architecture, configuration: Configuration): Entries {
  const layers = { layers: `${architecture.layers.length}`, hidden: hiddenOf(architecture) };
  const of = part.startsWith("x") ? "x" : "y";
  switch (part) {
    case "x.nominal":
    case "y.nominal": {
      const flow = architecture as FlowArchitecture;
      return under(`flows.${of}`, { kind: flow.transform.kind, structure: flow.kind, ...flowEntries(flow) });
    }
    case "x.morph":
    case "y.morph": {
      const shapes = nuisancesOfKind(configuration, "shape");
      const own = architecture as FactorizableArchitecture;
      const bound = own.spline && { bound: `${own.spline.bound}` };
      return {
        ...under(`morph.${of}`, { ...kindEntries(own), ...bound, ...layers }),
        ...morphEntries(own, shapes),
      };
    }
    case "transport":
      return under("transport", flowEntries(architecture as FlowArchitecture));
    case "response": {
      const own = architecture as FactorizableArchitecture;
      const scale = [...new Set(own.nuisances.map((nuisance) => nuisance.scale))].join(", ");
      return under("response", { ...kindEntries(own), ...layers, scale });
    }
  }
}

/** What `run` would make of the configuration, for the parts that the likelihood looks at; ν_0 and scales of the response are the fit's. */
function configuredParts(configuration: Configuration, model: MixtureModel): Map<PartName, Architecture> {
  const { likelihood, transport, response } = configuration;
  const parts = new Map<PartName, Architecture>();
  const hasShapes = dimensionsOf(configuration).shapes > 0;
  for (const of of likelihood.observables as readonly ObservableName[]) {
    parts.set(`${of}.nominal`, nominalArchitecture(configuration, of));
    if (hasShapes) parts.set(`${of}.morph`, morphArchitecture(configuration, of));
  }
  if (!likelihood.observables.includes("y") || !transport.enabled) return parts;
  parts.set("transport", transportArchitecture(configuration));
  if (response.enabled) {
    const nuisances = model.response?.architecture.nuisances ?? model.nuisances.map(() => ({ nominal: 0, scale: 1 }));
    const [nominal, scales] = [nuisances.map(({ nominal }) => nominal), nuisances.map(({ scale }) => scale)];
    parts.set("response", responseArchitecture(configuration, nominal, scales));
  }
  return parts;
}

/** Entries that differ, as the configuration has them and as the weights have them. */
function differences({ configuration }: Analysis, model: MixtureModel): { asked: string[]; found: string[] } {
  const [asked, found] = [new Set<string>(), new Set<string>()];
  const differ = (key: string, wanted: string, got: string) => {
    asked.add(`${key} = ${wanted}`);
    found.add(`${key} = ${got}`);
  };
  const configured = configuredParts(configuration, model);
  for (const [part, architecture] of configured) {
    const stored = partOf(model, part);
    if (stored === undefined) continue;
    const got = entriesOf(part, stored.architecture, configuration);
    for (const [key, wanted] of Object.entries(entriesOf(part, architecture, configuration))) {
      if (got[key] !== undefined && got[key] !== wanted) differ(key, wanted, got[key]);
    }
  }
  const { actsOn } = configuration.response;
  const stored = model.response && sideOf(model.response);
  if (configured.has("response") && stored !== undefined && stored !== actsOn)
    differ("response.actsOn", actsOn, stored);
  if (configuration.likelihood.observables.includes("y")) {
    for (const [part, key] of [
      ["transport", "transport.enabled"],
      ["response", "response.enabled"],
    ] as const) {
      const [isAsked, isThere] = [configured.has(part), partOf(model, part) !== undefined];
      if (isAsked !== isThere) differ(key, `${isAsked}`, `${isThere}`);
    }
  }
  return { asked: [...asked], found: [...found] };
}

/**
 * Refuses weights that `run` would not have made with this configuration.
 *
 * @param where  their file
 */
export function checkArchitectures(analysis: Analysis, model: MixtureModel, where: string): void {
  const { asked, found } = differences(analysis, model);
  if (asked.length === 0) return;
  throw new UsageError(where, {
    expected: `${asked.join("; ")}, as ${analysis.file} asks for`,
    got: `weights of another architecture, ${found.join("; ")}`,
    hint: `Train again with \`unbinned run ${analysis.file}\`, or restore the settings`,
  });
}
