/** Reads a file of HS³, the HEP Statistics Serialization Standard, as RooFit and others write it: a composition with its data. */
import { UsageError } from "../../../engine/errors.js";
import { aText, checkArgument, checkOptions, optional } from "../../../engine/options.js";
import {
  type CheckedComposition,
  type Column,
  type Composition,
  checkedComposition,
} from "../composition/composition.js";
import type { ChannelData } from "../likelihood/channels.js";
import type { Parameter } from "../parameters/parameter.js";
import { type DataSet, pointValue, readData } from "./data.js";
import { type Axis, type Document, found, readDocument } from "./document.js";
import { Graph } from "./graph.js";
import { type Part, shown } from "./part.js";
import { type OwnConstraint, readConstraints, type Term } from "./read-constraints.js";
import { readDistribution } from "./read-distributions.js";
import { readFunction } from "./read-functions.js";

export interface Hs3Channel {
  readonly name: string;
  /** Of the composition. */
  readonly density: string;
  /** Name of its data set. */
  readonly sample: string;
  readonly isExtended: boolean;
}

export interface Hs3Likelihood {
  readonly name: string;
  readonly channels: readonly Hs3Channel[];
}

/** A composition with likelihoods and their events: what a file of HS³ holds. */
export interface Hs3Model {
  readonly composition: CheckedComposition;
  readonly likelihoods: readonly Hs3Likelihood[];
  /** Events by the name of the data set. */
  readonly samples: Readonly<Record<string, ChannelData>>;
}

export interface ReadHs3 extends Hs3Model {
  /** Parameters of interest of the analysis. */
  readonly interests: readonly string[];
  /** What was left out or decided, one sentence each. */
  readonly notes: readonly string[];
}

export interface Hs3Options {
  /** The file, for messages. */
  readonly where?: string | undefined;
  /** Name of an analysis, or of a likelihood where the file has no analyses. Absent: the only one. */
  readonly analysis?: string | undefined;
}

interface Pair {
  readonly distribution: Part;
  readonly data: DataSet;
}

/** Distributions with their data; those with one number are auxiliary terms. */
function pairsOf(document: Document): { readonly pairs: readonly Pair[]; readonly terms: readonly Term[] } {
  const { likelihood, distributions } = document;
  likelihood.only(["name", "distributions", "data", "aux_distributions", "title", "description"]);
  const [list, data] = [likelihood.at("distributions").items(), likelihood.at("data").items()];
  if (list.length !== data.length) {
    likelihood.at("data").refuse(`${list.length} data sets, one for each distribution`, `${data.length}`);
  }
  const pairs: Pair[] = [];
  const terms: Term[] = [];
  const sets = new Map<string, DataSet>();
  for (const [i, reference] of list.entries()) {
    const distribution = found(distributions, reference, "a distribution");
    const own = data[i]!;
    if (typeof own.value === "number") {
      terms.push({ part: distribution, observed: own.number() });
      continue;
    }
    const set = found(document.data, own, "a data set");
    const observed = pointValue(set);
    if (observed !== undefined) terms.push({ part: distribution, observed });
    else {
      const read = sets.get(set.name) ?? readData(set);
      sets.set(set.name, read);
      pairs.push({ distribution, data: read });
    }
  }
  if (pairs.length === 0) likelihood.at("data").refuse("at least one data set of events", "none");
  const aux = likelihood.at("aux_distributions");
  const own = aux.isAbsent ? [] : aux.items().map((item) => ({ part: found(distributions, item, "a distribution") }));
  return { pairs, terms: [...terms, ...own] };
}

/** Axes of all data by name: those of one name have one range. */
function axesOf(document: Document, pairs: readonly Pair[], notes: string[]): ReadonlyMap<string, Axis> {
  const axes = new Map<string, Axis>();
  const text = ({ min, max }: Axis) => `[${min ?? "-Infinity"}, ${max ?? "Infinity"}]`;
  for (const { data } of pairs) {
    for (const [name, written] of data.axes) {
      const domain = document.axis(name);
      const { min = domain?.min, max = domain?.max } = written;
      const axis = { part: written.part, ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
      const other = axes.get(name);
      if (other !== undefined && text(other) !== text(axis)) {
        axis.part.refuse(`the range ${text(other)}, as ${other.part.place} has`, text(axis), {
          hint: "Give the axes names of their own",
        });
      }
      if (domain !== undefined && text({ ...domain }) !== text(axis) && other === undefined) {
        notes.push(`${axis.part.where}: ${text(axis)} is taken, not ${text(domain)} of ${domain.part.place}`);
      }
      axes.set(name, axis);
    }
  }
  return axes;
}

/**
 * The density of a channel, without the factors of a product that look at no axis of its data: RooFit keeps auxiliary terms there, and counts
 * each once.
 */
async function channelDensity(graph: Graph, distribution: Part, terms: Term[]): Promise<void> {
  if (distribution.at("type").value !== "product_dist") return;
  graph.only(distribution, ["x", "factors", "normalization"]);
  const factors: string[] = [];
  for (const item of distribution.at("factors").items()) {
    const own = found(graph.document.distributions, item, "a distribution");
    if ((await graph.columnsOf(own.name)).length === 0) terms.push({ part: own });
    else factors.push(graph.density(item));
  }
  if (factors.length === 0) distribution.at("factors").refuse("a factor that looks at an axis of the data", "none");
  graph.densities[distribution.name] = { kind: "product", factors };
}

function columnsOf(graph: Graph): Readonly<Record<string, Column>> {
  const one = ([name, { min, max }]: readonly [string, Axis]): [string, Column] => {
    const range = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY] as const;
    return [name, range.some(Number.isFinite) ? { range } : {}];
  };
  return Object.fromEntries([...graph.columns].map(one));
}

/** Extended are products too of which a factor is. */
function isExtended(graph: Graph, name: string): boolean {
  const form = graph.densities[name]!;
  return form.kind === "product" ? form.factors.some((own) => isExtended(graph, own)) : graph.extended.has(name);
}

/** Refuses densities that are conditional where HS³ normalises over all axes: only a product can say that they are. */
function checkConditions(document: Document, composition: CheckedComposition, channels: readonly Hs3Channel[]): void {
  for (const [name, form] of Object.entries(composition.densities)) {
    if (form.kind !== "product") continue;
    const part = document.distributions.get(name)!;
    const written = part.at("normalization");
    const over = new Map<string, readonly string[]>();
    for (const own of written.isAbsent ? [] : written.items()) {
      own.only(["factors", "over"]);
      const [factor, ...others] = own.at("factors").items();
      if (factor === undefined || others.length > 0)
        own.at("factors").refuse("one factor", `${others.length + (factor ? 1 : 0)}`);
      const columns = own
        .at("over")
        .items()
        .map((item) => item.text());
      const { of } = composition.shape(found(document.distributions, factor!, "a distribution").name);
      if ([...columns].sort().join() !== [...of].sort().join()) {
        own.at("over").refuse(`the axes that ${factor!.text()} is a density of (${of.join(", ")})`);
      }
      over.set(factor!.text(), columns);
    }
    const open = form.factors.find((own) => composition.shape(own).given.length > 0 && !over.has(own));
    if (open === undefined) continue;
    const { of, given } = composition.shape(open);
    written.refuse(
      `an entry { "factors": ["${open}"], "over": ${JSON.stringify(of)} }, as ${open} depends on ${given.join(", ")}`,
      written.isAbsent ? "nothing" : "none of it",
      { hint: "Without it the product is normalised over all axes at once, which is not supported" },
    );
  }
  for (const { density } of channels) {
    const { given, of } = composition.shape(density);
    if (given.length === 0) continue;
    document.distributions
      .get(density)!
      .refuse(
        `a density of all axes that it looks at`,
        `one of ${of.join(", ")} alone, which depends on ${given.join(", ")}`,
        { hint: "Make a product_dist of it and of a density of the others, with normalization" },
      );
  }
}

function parametersOf(graph: Graph, constraints: readonly OwnConstraint[]): Parameter[] {
  const { document } = graph;
  const order = [...new Set([...document.points.keys(), ...graph.parameters.keys()])];
  return order
    .filter((name) => graph.parameters.has(name))
    .map((name) => {
      const [point, axis] = [document.points.get(name), document.axis(name)];
      const range = [axis?.min ?? Number.NEGATIVE_INFINITY, axis?.max ?? Number.POSITIVE_INFINITY] as const;
      const middle = range.every(Number.isFinite) ? (range[0] + range[1]) / 2 : undefined;
      const start = point?.value ?? middle;
      if (start === undefined) {
        return graph.parameters.get(name)!.refuse(`a value of ${shown(name)} in parameter_points`, "none");
      }
      const constraint = constraints.find((own) => own.parameter === name)?.constraint;
      const isFixed = point?.isConst === true;
      if (axis === undefined && !isFixed) graph.notes.push(`${name} is in no domain: it is free, without limits`);
      // A fit does not move it: a range that lacks its value means nothing.
      const hasRange = range.some(Number.isFinite) && !(isFixed && (start < range[0] || start > range[1]));
      return {
        name,
        start,
        ...(hasRange && { range }),
        ...(constraint && { constraint }),
        ...(isFixed && { isFixed }),
      };
    });
}

/** Errors of the language, which know the name of a part, with the place of it in the file. */
function placed<T>(graph: Graph, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [, what = "", name = ""] =
      /^(density|function|column|parameter|constraint of) (\S+?)(?:,.*)?$/.exec(error.where) ?? [];
    const { distributions, functions, points } = graph.document;
    const parts: Readonly<Record<string, Part | undefined>> = {
      density: distributions.get(name),
      function: functions.get(name),
      column: graph.columns.get(name)?.part,
      parameter: points.get(name)?.part ?? graph.document.axis(name)?.part,
      "constraint of": points.get(name)?.part,
    };
    const part = Object.hasOwn(parts, what) ? parts[what] : undefined;
    throw part === undefined ? error : part.blame(error.complaint);
  }
}

const columnNames = (composition: CheckedComposition, density: string): readonly string[] => {
  const { of, given } = composition.shape(density);
  return [...of, ...given];
};

/** The composition without parameters and axes on which no channel depends: a constraint of them says nothing. */
function withoutUnused(graph: Graph, whole: CheckedComposition, channels: readonly Hs3Channel[]): Composition {
  const used = new Set(channels.flatMap(({ density }) => whole.parametersOf(density)));
  const left = whole.parameters.filter(({ name }) => !used.has(name));
  const said = left.filter(({ isFixed }) => isFixed !== true).map(({ name }) => name);
  if (said.length > 0) graph.notes.push(`no distribution of data depends on ${said.join(", ")}: left out`);
  const looked = new Set(Object.keys(whole.densities).flatMap((name) => columnNames(whole, name)));
  return {
    ...whole,
    parameters: whole.parameters.filter(({ name }) => used.has(name)),
    columns: Object.fromEntries(Object.entries(whole.columns).filter(([name]) => looked.has(name))),
  };
}

/**
 * The composition, the likelihood of one analysis, and its data.
 *
 * @param text  JSON
 * @throws {UsageError} one sentence with the place in the file: what is there, and what is supported
 */
export async function readHs3(text: string, options: Hs3Options = {}): Promise<ReadHs3> {
  checkArgument("readHs3", "the text", text, aText);
  checkOptions("readHs3", options, { where: optional(aText), analysis: optional(aText) });
  const document = readDocument(text, options.where ?? "readHs3", options.analysis);
  const { pairs, terms } = pairsOf(document);
  const notes: string[] = document.isPaired
    ? []
    : [
        `the file has no likelihood: ${pairs.map((own) => `${own.distribution.name} is fitted to ${own.data.part.name}`).join(", ")}`,
      ];
  const graph = new Graph(document, axesOf(document, pairs, notes), {
    density: readDistribution,
    functionOf: readFunction,
  });
  const all = [...terms];
  for (const { distribution } of pairs) {
    graph.start(distribution);
    await channelDensity(graph, distribution, all);
  }
  await graph.finish();
  const constraints = await readConstraints(graph, all);
  const used = [...pairs.map((own) => own.distribution.name), ...all.map((own) => own.part.name)];
  for (const { name, parameters } of graph.termsBeside(used)) {
    graph.notes.push(
      `${name}, of ${parameters.join(", ")}, is left out: the likelihood does not name it in aux_distributions`,
    );
  }
  const { functions, densities } = graph;
  const parts = { parameters: parametersOf(graph, constraints), columns: columnsOf(graph), functions, densities };
  const whole = placed(graph, () => checkedComposition(parts));
  const names = pairs.map(({ distribution: { name } }) => name);
  const channels = pairs.map(({ distribution: { name }, data }, i): Hs3Channel => {
    // Of a distribution that has several data sets, every channel has a name of its own.
    const channel = names.indexOf(name) === i ? name : `${name}_${i}`;
    return { name: channel, density: name, sample: data.part.name, isExtended: isExtended(graph, name) };
  });
  checkConditions(document, whole, channels);
  return {
    composition: checkedComposition(withoutUnused(graph, whole, channels)),
    likelihoods: [{ name: document.likelihood.name, channels }],
    samples: Object.fromEntries(pairs.map(({ data }) => [data.part.name, data.data])),
    interests: document.interests,
    notes: [...notes, ...graph.notes],
  };
}
