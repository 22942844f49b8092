/** Likelihoods of a composition: which densities and samples their channels have, and which parameters they depend on. */
import { type CheckedComposition, checkedComposition } from "../../../inference/model/composition/composition.js";
import { reachableParts } from "../../../inference/model/composition/reachable-parts.js";
import type { TruncatedForm } from "../../../inference/model/densities/truncated.js";
import { checkIntervals, type Region } from "../../../inference/model/language/region.js";
import { freeParameters } from "../../../inference/model/parameters/parameter.js";
import { UsageError } from "../../errors.js";
import { COMPOSITION_KEY, type CompositionConfiguration } from "../composition-table.js";
import { regionOf } from "../table/composition/densities.js";
import type { Path, Problem } from "../validation.js";

export interface ChannelPlan {
  readonly name: string;
  /** As the file has it. */
  readonly density: string;
  /** The density of the events that are looked at: where the channel has a region, the one of `density` in it. */
  readonly selected: string;
  readonly sample: string;
  readonly isExtended: boolean;
  /** Events that are looked at, by column. */
  readonly region: Region;
}

export interface LikelihoodPlan {
  readonly name: string;
  /** Its free parameters are those that the likelihood depends on. */
  readonly composition: CheckedComposition;
  readonly channels: readonly ChannelPlan[];
  /** Those that it depends on, fixed ones among them, in declared order. */
  readonly parameters: readonly string[];
}

type WrittenChannel = Omit<CompositionConfiguration["likelihoods"][string], "channels">;

interface Placed {
  readonly likelihood: string;
  readonly channel: string;
  readonly written: WrittenChannel;
  readonly path: Path;
}

/** Channels as they are written, each with its place in the file. A likelihood of one has its name for it. */
function channelsOf({ likelihoods }: CompositionConfiguration): Placed[] {
  return Object.entries(likelihoods).flatMap(([likelihood, { channels, ...own }]) => {
    const path = [COMPOSITION_KEY, likelihood];
    if (channels === undefined) return [{ likelihood, channel: likelihood, written: own, path }];
    return Object.entries(channels).map(([channel, written]) => {
      return { likelihood, channel, written, path: [...path, "channels", channel] };
    });
  });
}

/** What is wrong with channels, each part of which is right. */
export function channelProblems(configuration: CompositionConfiguration, graph: CheckedComposition): Problem[] {
  const shapes = Object.entries(configuration.likelihoods).flatMap(([name, { channels, ...own }]): Problem[] => {
    const path = [COMPOSITION_KEY, name];
    const beside = Object.entries(own).find(([, value]) => value !== undefined)?.[0];
    if (channels !== undefined && beside !== undefined) {
      const hint = "Put it into one of the channels";
      return [{ path: [...path, beside], expected: "nothing beside channels", got: "a value", hint }];
    }
    if (channels === undefined || Object.keys(channels).length > 0) return [];
    return [{ path: [...path, "channels"], expected: "at least one channel", got: "none" }];
  });
  return [...shapes, ...channelsOf(configuration).flatMap((own) => ownProblems(own, graph))];
}

function ownProblems({ written, path }: Placed, graph: CheckedComposition): Problem[] {
  const { density, sample, extended, region = {} } = written;
  const missing = (["density", "sample"] as const).filter((key) => written[key] === undefined);
  if (density === undefined || sample === undefined) {
    return missing.map((key) => ({
      path: [...path, key],
      expected: `the name of a ${key}`,
      got: "nothing",
      hint: "Add it",
    }));
  }
  const problems: Problem[] = [];
  const shape = graph.shape(density);
  if (extended && !shape.isExtended) {
    problems.push({
      path: [...path, "extended"],
      expected: `numbers of events in ${density}, which an extended likelihood needs`,
      got: "fractions alone",
      hint: "Give its mixture numbers of events, or set extended to false",
    });
  }
  const sums = summedColumns(graph, density);
  // Of columns that the density is of, its truncation checks them.
  for (const [column, intervals] of Object.entries(regionOf(region))) {
    if (shape.of.includes(column)) continue;
    const sum = sums.get(column);
    if (sum !== undefined && !shape.given.includes(column)) {
      problems.push({
        path: [...path, "region", column],
        expected: `a column that ${density} is of or is conditional on, or that it does not look at`,
        got: `${column}, over all of whose values ${sum} is a sum`,
        hint: `Leave it out, or use the density behind ${sum} at the values that are kept`,
      });
      continue;
    }
    try {
      checkIntervals(column, intervals, graph.domain(column), graph.classes(column));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push({ path: [...path, "region", column], ...error.complaint });
    }
  }
  return problems;
}

/** Columns over whose values a density, or one that it is made of, is a sum; with the name of the sum. */
const summedColumns = (graph: CheckedComposition, density: string) =>
  new Map(
    Object.entries(reachableParts(graph, [density]).densities).flatMap(([name, form]) =>
      form.kind === "categories" ? [[form.over, name] as const] : [],
    ),
  );

/** No user's name has a space, so that this one is of no density in the file. */
const regionName = ({ likelihood, channel, written: { density } }: Placed) => `${density} in ${likelihood}/${channel}`;

/** Where the region is written of a density that stands for it; undefined for any other. */
export function regionPath(name: string): Path | undefined {
  const [, likelihood, channel] = /^.* in (.*)\/(.*)$/.exec(name) ?? [];
  if (likelihood === undefined || channel === undefined) return undefined;
  return [COMPOSITION_KEY, likelihood, ...(channel === likelihood ? [] : ["channels", channel]), "region"];
}

/** The part of a region that is of columns of the density; undefined where there is none. */
function ownRegion({ written: { density, region } }: Placed, graph: CheckedComposition): Region | undefined {
  const { of } = graph.shape(density!);
  const own = Object.entries(regionOf(region ?? {})).filter(([column]) => of.includes(column));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** Densities of channels that look at a region alone. */
export function regionDensities(
  configuration: CompositionConfiguration,
  graph: CheckedComposition,
): Readonly<Record<string, TruncatedForm>> {
  return Object.fromEntries(
    channelsOf(configuration).flatMap((own) => {
      const region = ownRegion(own, graph);
      return region ? [[regionName(own), { kind: "truncated", density: own.written.density!, region }] as const] : [];
    }),
  );
}

/** @param graph  with the densities of regions */
export function likelihoodPlans(configuration: CompositionConfiguration, graph: CheckedComposition): LikelihoodPlan[] {
  const all = channelsOf(configuration);
  return Object.keys(configuration.likelihoods).map((name) => {
    const channels = all.flatMap((own): ChannelPlan[] => {
      if (own.likelihood !== name) return [];
      const { density, sample, extended, region } = own.written;
      return [
        {
          name: own.channel,
          density: density!,
          selected: ownRegion(own, graph) ? regionName(own) : density!,
          sample: sample!,
          isExtended: extended ?? graph.shape(density!).isExtended,
          region: regionOf(region ?? {}),
        },
      ];
    });
    const used = new Set(channels.flatMap(({ selected }) => graph.parametersOf(selected)));
    return {
      name,
      channels,
      composition: checkedComposition({
        ...graph,
        // What says nothing of the likelihood has no term in it.
        parameters: graph.parameters.map(({ constraint, ...own }) =>
          used.has(own.name) ? { ...own, ...(constraint && { constraint }) } : { ...own, isFixed: true },
        ),
      }),
      parameters: graph.parameters.map((own) => own.name).filter((own) => used.has(own)),
    };
  });
}

/** Likelihoods that no fit can be made of. */
export const likelihoodProblems = (plans: readonly LikelihoodPlan[]): Problem[] =>
  plans
    .filter(({ composition }) => freeParameters(composition.parameters).length === 0)
    .map(({ name, parameters }) => ({
      path: [COMPOSITION_KEY, name],
      expected: "a free parameter that it depends on",
      got: parameters.length === 0 ? "none" : `fixed ones alone (${parameters.join(", ")})`,
    }));
