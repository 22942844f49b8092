/** The sections of a file of HS³, the analysis of it that is chosen, and what that says of parameters. */
import { parseJson } from "./json.js";
import { byName, meant, Part, shown } from "./part.js";
import { likelihoodWithout } from "./without-likelihood.js";

const SECTIONS = [
  "metadata",
  "distributions",
  "functions",
  "data",
  "likelihoods",
  "domains",
  "parameter_points",
  "analyses",
  "misc",
] as const;

/** Where RooFit writes ranges and values that belong to all analyses. */
const DEFAULT_DOMAIN = "default_domain";
const DEFAULT_POINT = "default_values";

/** More objects than any model has: files are walked through by names. */
const MOST_OBJECTS = 20_000;

/** What is known of a parameter or an axis. */
export interface Axis {
  readonly part: Part;
  /** Absent where that side is open. */
  readonly min?: number;
  readonly max?: number;
}

export interface Point {
  readonly part: Part;
  readonly value?: number;
  readonly isConst: boolean;
}

export interface Document {
  readonly distributions: ReadonlyMap<string, Part>;
  readonly functions: ReadonlyMap<string, Part>;
  readonly data: ReadonlyMap<string, Part>;
  /** That of the chosen analysis. */
  readonly likelihood: Part;
  /** Whether the file itself names the likelihood. */
  readonly isPaired: boolean;
  readonly interests: readonly string[];
  /** Of the domains of the analysis; where they lack it, of RooFit's default domain. */
  axis(name: string): Axis | undefined;
  /** Names of all parameters that have a value. */
  readonly points: ReadonlyMap<string, Point>;
  /** Whether RooFit wrote the file: some of its types are other formulas than those of the standard. */
  readonly isOfRoofit: boolean;
}

const named = (part: Part) => (part.isAbsent ? [] : part.items().map((own) => own.text()));

/** The object of that name. @param what  "a domain" */
export function found(of: ReadonlyMap<string, Part>, reference: Part, what: string): Part {
  const name = reference.text();
  const own = of.get(name);
  if (own !== undefined) return own;
  const known = [...of.keys()];
  const list = known.length === 0 ? "there is none" : known.slice(0, 20).join(", ");
  return reference.refuse(`${what} (${list})`, shown(name), meant(name, known));
}

/** @param open  the keys by which other programs say more of an axis, without meaning here */
function axisOf(part: Part): Axis {
  part.only(["name", "min", "max", "nbins", "edges", "const", "value", "unit", "title"]);
  const [min, max] = [part.at("min"), part.at("max")];
  const own = {
    part,
    ...(!min.isAbsent && { min: min.number() }),
    ...(!max.isAbsent && { max: max.number() }),
  };
  if (own.min !== undefined && own.max !== undefined && !(own.min < own.max)) {
    part.refuse("min below max", `[${own.min}, ${own.max}]`);
  }
  return own;
}

/** The axes of a list by name. */
export function axesOf(list: Part): ReadonlyMap<string, Axis> {
  return new Map([...byName(list, "axis")].map(([name, part]) => [name, axisOf(part)]));
}

function checkMetadata(metadata: Part): boolean {
  const missing = '"metadata": { "hs3_version": "0.2" }, which HS³ requires';
  if (metadata.isAbsent) metadata.refuse(missing, "nothing");
  const version = metadata.at("hs3_version");
  if (version.isAbsent) version.refuse(missing, "nothing");
  if (!/^0\.\d/.test(version.text())) version.refuse("version 0.1 or 0.2 of HS³");
  const packages = metadata.at("packages");
  const isRoot = (own: Part) =>
    typeof own.value === "object" && own.value !== null && !own.isList && own.at("name").value === "ROOT";
  return packages.isList && packages.items().some(isRoot);
}

/** The likelihood, domains and starting point of one analysis. */
interface Chosen {
  readonly likelihood: Part;
  readonly domains: readonly Part[];
  readonly init: Part | undefined;
  readonly interests: readonly string[];
}

function onlyOne<T>(of: ReadonlyMap<string, T>): T | undefined {
  return of.size === 1 ? [...of.values()][0] : undefined;
}

const CHOICE = "Choose one: --set analysis=NAME";

function chosenAnalysis(root: Part, choice: string | undefined): Chosen {
  const analyses = byName(root.at("analyses"), "analysis");
  const likelihoods = byName(root.at("likelihoods"), "likelihood");
  const domains = byName(root.at("domains"), "domain");
  const points = byName(root.at("parameter_points"), "parameter point");
  const all = new Map(analyses.size > 0 ? analyses : likelihoods);
  const section = analyses.size > 0 ? "analyses" : "likelihoods";
  const list = root.at(section);
  if (all.size === 0) {
    const own = likelihoodWithout(
      root,
      byName(root.at("distributions"), "distribution"),
      byName(root.at("data"), "data set"),
    );
    if (own !== undefined) all.set(own.name, own);
  }
  if (all.size === 0) {
    list.refuse("a likelihood, which pairs distributions with data", "none", {
      hint: 'Add "likelihoods": [{ "name": "…", "distributions": ["…"], "data": ["…"] }]',
    });
  }
  const names = [...all.keys()].join(", ");
  if (choice !== undefined && !all.has(choice)) {
    list.refuse(`one of ${names}`, shown(choice), meant(choice, [...all.keys()]));
  }
  const own = choice === undefined ? onlyOne(all) : all.get(choice);
  if (own === undefined) return list.refuse("one of them, or a choice", `${all.size} (${names})`, { hint: CHOICE });
  if (analyses.size === 0) {
    const domain = domains.get(DEFAULT_DOMAIN) ?? onlyOne(domains);
    const init = points.get(DEFAULT_POINT) ?? onlyOne(points);
    return { likelihood: own, domains: domain ? [domain] : [], init, interests: [] };
  }
  own.only([
    "name",
    "likelihood",
    "domain",
    "domains",
    "parameters_of_interest",
    "init",
    "prior",
    "description",
    "title",
  ]);
  const [one, several, init] = [own.at("domain"), own.at("domains"), own.at("init")];
  const references = [...(one.isAbsent ? [] : [one]), ...(several.isAbsent ? [] : several.items())];
  return {
    likelihood: found(likelihoods, own.at("likelihood"), "a likelihood"),
    domains: references.map((reference) => found(domains, reference, "a domain")),
    init: init.isAbsent ? (points.get(DEFAULT_POINT) ?? onlyOne(points)) : found(points, init, "a parameter point"),
    interests: named(own.at("parameters_of_interest")),
  };
}

function pointsOf(list: Part): ReadonlyMap<string, Point> {
  const one = (part: Part): Point => {
    part.only(["name", "value", "const", "err", "error", "relErr", "nbins", "min", "max", "unit", "title"]);
    const [value, fixed] = [part.at("value"), part.at("const")];
    return { part, ...(!value.isAbsent && { value: value.number() }), isConst: !fixed.isAbsent && fixed.flag() };
  };
  return new Map([...byName(list, "parameter")].map(([name, part]) => [name, one(part)]));
}

/**
 * @param choice  name of an analysis, or of a likelihood where the file has no analyses; absent: the only one
 * @param file    for messages
 */
export function readDocument(text: string, file: string, choice: string | undefined): Document {
  const root = new Part(parseJson(text, file), "", file);
  if (typeof root.value !== "object" || root.value === null || root.isList) {
    new Part(root.value, "the file", file).refuse("an object with metadata, distributions, …");
  }
  for (const key of root.keys()) {
    if ((SECTIONS as readonly string[]).includes(key)) continue;
    root.at(key).refuse(`sections of HS³ alone (${SECTIONS.join(", ")})`, shown(key), meant(key, SECTIONS));
  }
  const isOfRoofit = checkMetadata(root.at("metadata"));
  const distributions = byName(root.at("distributions"), "distribution");
  const functions = byName(root.at("functions"), "function");
  const size = distributions.size + functions.size;
  if (size > MOST_OBJECTS) {
    root.at("distributions").refuse(`at most ${MOST_OBJECTS} distributions and functions`, `${size}`);
  }
  for (const [name, part] of functions) {
    const other = distributions.get(name);
    if (other) part.at("name").refuse("names that no other object has", `${shown(name)}, as ${other.place} has`);
  }
  const { likelihood, domains, init, interests } = chosenAnalysis(root, choice);
  const ranges = domainsOf(root, domains);
  return {
    distributions,
    functions,
    data: byName(root.at("data"), "data set"),
    likelihood,
    isPaired: root.at("likelihoods").isList && root.at("likelihoods").items().length > 0,
    interests,
    axis: (name) => ranges.get(name),
    points: startsOf(root, init, [...distributions.keys(), ...functions.keys()]),
    isOfRoofit,
  };
}

function domainsOf(root: Part, domains: readonly Part[]): ReadonlyMap<string, Axis> {
  const standard = byName(root.at("domains"), "domain").get(DEFAULT_DOMAIN);
  const ranges = new Map<string, Axis>();
  for (const domain of standard === undefined ? domains : [...domains, standard]) {
    domain.only(["name", "type", "axes", "title"]);
    const type = domain.at("type");
    if (type.value !== "product_domain") type.refuse('"product_domain", the type that HS³ has');
    for (const [name, axis] of axesOf(domain.at("axes"))) if (!ranges.has(name)) ranges.set(name, axis);
  }
  return ranges;
}

/** Whether RooFit tags a name so, in its own part of the file: what is tagged constant is, also where a point does not say so. */
function isTagged(root: Part, name: string, tag: string): boolean {
  const inside = (of: unknown, key: string): unknown =>
    typeof of === "object" && of !== null && Object.hasOwn(of, key) ? (of as Record<string, unknown>)[key] : undefined;
  const tags = ["misc", "ROOT_internal", "attributes", name, "tags"].reduce(inside, root.value);
  return Array.isArray(tags) && tags.includes(tag);
}

/** Values of the starting point, then those of RooFit's default point that it lacks; constant is what one of them says is. */
function startsOf(root: Part, init: Part | undefined, taken: readonly string[]): ReadonlyMap<string, Point> {
  const standard = byName(root.at("parameter_points"), "parameter point").get(DEFAULT_POINT);
  const points = new Map<string, Point>();
  for (const own of [init, standard]) {
    if (own === undefined) continue;
    own.only(["name", "parameters", "title"]);
    for (const [name, point] of pointsOf(own.at("parameters"))) {
      if (points.has(name)) continue;
      points.set(name, { ...point, isConst: point.isConst || isTagged(root, name, "Constant") });
    }
  }
  for (const name of taken) {
    points.get(name)?.part.at("name").refuse("a name that no distribution and no function has", shown(name));
  }
  return points;
}
