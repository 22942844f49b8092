/** Writes a composition with its data as a file of HS³, the HEP Statistics Serialization Standard. */
import { UsageError } from "../../../engine/errors.js";
import { aList, anObject, checkParts } from "../../../engine/options.js";
import { namesOf } from "../../expressions/expression.js";
import { type CheckedComposition, type Column, functionOf } from "../composition/composition.js";
import { densityKind } from "../densities/densities.js";
import { functionKind } from "../functions/functions.js";
import type { Value } from "../language/environment.js";
import type { ChannelData } from "../likelihood/channels.js";
import type { Constraint } from "../parameters/constraints.js";
import type { Parameter } from "../parameters/parameter.js";
import type { Hs3Likelihood, Hs3Model } from "./read.js";
import { type Written, writtenDensities, writtenFunctions } from "./write-densities.js";

/** The version of the standard, as RooFit has it. */
const VERSION = "0.2";

type Named = { readonly name: string } & Readonly<Record<string, unknown>>;

/** Names that are of something, and new ones beside them. */
class Names {
  constructor(private readonly taken: Set<string>) {}

  free(like: string): string {
    let name = like;
    while (this.taken.has(name)) name += "_";
    this.taken.add(name);
    return name;
  }
}

/** A range without the ends that are open. */
const ends = (range: readonly [number, number] | undefined) => ({
  ...(range && Number.isFinite(range[0]) && { min: range[0] }),
  ...(range && Number.isFinite(range[1]) && { max: range[1] }),
});

/** What a constraint becomes: a distribution, the outcome as a constant parameter, and functions that they need. */
interface Auxiliary {
  readonly distribution: Named;
  readonly outcome: Named;
  readonly functions: readonly Named[];
}

function auxiliaryOf(name: string, constraint: Constraint, names: Names): Auxiliary {
  const own = names.free(`${name}_constraint`);
  const outcome = { name: names.free(`${name}_observed`), value: constraint.observed, const: true };
  const expression = (like: string, text: string) => ({
    name: names.free(like),
    type: "generic_function",
    expression: text,
  });
  switch (constraint.kind) {
    case "normal": {
      const distribution = { name: own, type: "gaussian_dist", x: outcome.name, mean: name, sigma: constraint.sigma };
      return { distribution, outcome, functions: [] };
    }
    case "log-normal": {
      const mu = expression(`${name}_log`, `log(${name})`);
      const sigma = expression(`${name}_log_kappa`, `log(${constraint.kappa})`);
      const distribution = { name: own, type: "lognormal_dist", x: outcome.name, mu: mu.name, sigma: sigma.name };
      return { distribution, outcome, functions: [mu, sigma] };
    }
    case "poisson": {
      const { scale } = constraint;
      const mean = { name: names.free(`${name}_expected`), type: "product", factors: [name, scale] };
      const isOne = scale === 1;
      const distribution = { name: own, type: "poisson_dist", x: outcome.name, mean: isOne ? name : mean.name };
      return { distribution, outcome, functions: isOne ? [] : [mean] };
    }
  }
}

/** Names of functions and columns in expressions are their names in the file. */
const EXPRESSION_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

class Writer {
  readonly densities = new Map<string, Written>();
  readonly functions = new Map<string, Written>();
  readonly parameters = new Set<string>();

  constructor(private readonly composition: CheckedComposition) {}

  private row<R>(rows: Readonly<Record<string, R | string>>, kind: string, where: string): R {
    const row = rows[kind]!;
    if (typeof row !== "string") return row;
    throw new UsageError(where, { expected: "what HS³ can say", got: `${kind}: ${row}` });
  }

  density(name: string): void {
    if (this.densities.has(name)) return;
    const form = this.composition.densities[name]!;
    const kind = densityKind(`density ${name}`, form);
    const row = this.row(writtenDensities, form.kind, `density ${name}`) as (
      own: unknown,
      name: string,
      composition: CheckedComposition,
    ) => Written;
    this.densities.set(name, row(form, name, this.composition));
    for (const part of kind.parts(form)) this.density(part);
    for (const value of kind.values(form)) this.value(value);
  }

  private value(value: Value): void {
    if (typeof value === "number" || Object.hasOwn(this.composition.columns, value)) return;
    const { functions, parameters } = this.composition;
    if (parameters.some(({ name }) => name === value)) {
      this.parameters.add(value);
      return;
    }
    const name = functionOf(functions, value);
    if (this.functions.has(name)) return;
    const form = functions[name]!;
    const row = this.row(writtenFunctions, form.kind, `function ${name}`) as (own: unknown) => Written;
    this.functions.set(name, row(form));
    for (const own of functionKind(`function ${name}`, form).values(form)) this.value(own);
  }

  /** Which mixtures count events: those of extended channels, and in the factors of their products. */
  extended(name: string, isExtended: boolean): void {
    const form = this.composition.densities[name]!;
    if (form.kind === "product") {
      for (const factor of form.factors) this.extended(factor, isExtended);
      return;
    }
    if (form.kind !== "mixture" || form.coefficients.length < form.summands.length) return;
    const written = this.densities.get(name)!;
    if (written.extended !== undefined && written.extended !== isExtended) {
      throw new UsageError(`density ${name}`, {
        expected: "channels that are all extended, or none: HS³ says it of the density",
        got: "both",
      });
    }
    this.densities.set(name, { ...written, extended: isExtended });
  }
}

/** One event a line: numbers with all their digits. */
function* linesOf({ count, columns, weights }: ChannelData, names: readonly string[]): Generator<string> {
  const own = names.map((name) => columns[name]!);
  const text = (value: number) => (Object.is(value, -0) ? "-0.0" : String(value));
  yield '"entries": [';
  for (let i = 0; i < count; i++) {
    yield `${i === 0 ? "\n" : ",\n"}[${own.map((column) => text(column[i]!)).join(",")}]`;
  }
  yield "]";
  if (weights !== undefined) yield `,\n"weights": [${Array.from(weights, text).join(",")}]`;
}

function dataOf(name: string, data: ChannelData, columns: Readonly<Record<string, Column>>): string {
  const names = Object.keys(data.columns);
  for (const [column, values] of Object.entries(data.columns)) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new UsageError(`data ${name}`, { expected: "finite numbers", got: `${values[bad]} of ${column}` });
  }
  const axes = names.map((column) => ({ name: column, ...ends(columns[column]?.range) }));
  const head = `{ "name": ${JSON.stringify(name)}, "type": "unbinned", "axes": ${JSON.stringify(axes)},\n`;
  return `${head}${[...linesOf(data, names)].join("")} }`;
}

function checkLikelihoods(composition: CheckedComposition, likelihoods: readonly Hs3Likelihood[]): void {
  if (likelihoods.length === 0) throw new UsageError("writeHs3", { expected: "a likelihood", got: "none" });
  for (const { name, channels } of likelihoods) {
    for (const { density } of channels) {
      const { given, of } = composition.shape(density);
      if (given.length === 0) continue;
      throw new UsageError(`likelihood ${name}`, {
        expected: "densities of all columns that they look at, as HS³ has no others",
        got: `${density} of ${of.join(", ")} given ${given.join(", ")}`,
        hint: "Make a product of it and of a density of the others",
      });
    }
  }
}

/** Columns of categories, and names that expressions cannot have. */
function checkColumns(composition: CheckedComposition, densities: Iterable<string>): void {
  for (const density of densities) {
    const { of, given } = composition.shape(density);
    for (const column of [...of, ...given]) {
      if (composition.classes(column) === undefined) continue;
      throw new UsageError(`column ${column}`, { expected: "what HS³ can say", got: "a column of categories" });
    }
  }
  const forms = [...Object.values(composition.densities), ...Object.values(composition.functions)];
  for (const form of forms) {
    if (!("expression" in form)) continue;
    const bad = namesOf(form.expression).find((name) => !EXPRESSION_NAME.test(name));
    if (bad === undefined) continue;
    throw new UsageError("expression", { expected: "names of letters, digits and _", got: JSON.stringify(bad) });
  }
}

const pointOf = ({ name, start, isFixed }: Parameter) => ({ name, value: start, ...(isFixed && { const: true }) });

/** A list of objects, one a line. */
const listed = (objects: readonly unknown[]) =>
  objects.length === 0 ? "[]" : `[\n${objects.map((own) => JSON.stringify(own)).join(",\n")}\n]`;

/**
 * The text of a file of HS³, in JSON. What `readHs3` makes of it is the same model, bit by bit; of several likelihoods it reads one at a time.
 *
 * @throws {UsageError} where a part of the model has no form in HS³, and says which
 */
export function writeHs3(model: Hs3Model): string {
  checkParts("writeHs3", "a model", model, { composition: anObject, likelihoods: aList, samples: anObject });
  const { composition, likelihoods, samples } = model;
  checkLikelihoods(composition, likelihoods);
  const writer = new Writer(composition);
  for (const { channels } of likelihoods) {
    for (const { density, isExtended } of channels) {
      writer.density(density);
      writer.extended(density, isExtended);
    }
  }
  checkColumns(composition, writer.densities.keys());
  const parameters = composition.parameters.filter(({ name }) => writer.parameters.has(name));
  const names = new Names(
    new Set([
      ...writer.densities.keys(),
      ...writer.functions.keys(),
      ...composition.parameters.map(({ name }) => name),
      ...Object.keys(composition.columns),
    ]),
  );
  checkUnique(writer, parameters, composition);
  const auxiliary = new Map(
    parameters.flatMap(({ name, constraint }) =>
      constraint === undefined ? [] : [[name, auxiliaryOf(name, constraint, names)] as const],
    ),
  );
  const all = [...auxiliary.values()];
  const named = (of: ReadonlyMap<string, Written>) => [...of].map(([name, own]) => ({ name, ...own }));
  // In the order of the data, as they are read again.
  const columns = [...new Set(Object.values(samples).flatMap((own) => Object.keys(own.columns)))];
  const domain = [
    ...columns.map((name) => ({ name, ...ends(composition.columns[name]?.range) })),
    ...parameters.map(({ name, range }) => ({ name, ...ends(range) })),
  ];
  const point = [...parameters.map(pointOf), ...all.map(({ outcome }) => outcome)];
  const sections = {
    metadata: JSON.stringify({ hs3_version: VERSION }),
    distributions: listed([...named(writer.densities), ...all.map(({ distribution }) => distribution)]),
    functions: listed([...named(writer.functions), ...all.flatMap((own) => own.functions)]),
    data: `[\n${Object.entries(samples)
      .map(([name, data]) => dataOf(name, data, composition.columns))
      .join(",\n")}\n]`,
    likelihoods: listed(likelihoods.map((own) => likelihoodOf(own, composition, auxiliary))),
    domains: listed([{ name: "default_domain", type: "product_domain", axes: domain }]),
    parameter_points: listed([{ name: "default_values", parameters: point }]),
    analyses: listed(
      likelihoods.map(({ name }) => ({ name, likelihood: name, domains: ["default_domain"], init: "default_values" })),
    ),
  };
  return `{\n${Object.entries(sections)
    .map(([key, text]) => `"${key}": ${text}`)
    .join(",\n")}\n}\n`;
}

/** Names of HS³ are of one object, whatever it is. */
function checkUnique(writer: Writer, parameters: readonly Parameter[], { columns }: CheckedComposition): void {
  const others = [...writer.functions.keys(), ...parameters.map(({ name }) => name), ...Object.keys(columns)];
  const twice = others.find((name) => writer.densities.has(name));
  if (twice === undefined) return;
  throw new UsageError(`density ${twice}`, {
    expected: "a name that no column, parameter or function has, as in HS³",
    got: twice,
    hint: "Rename it",
  });
}

function likelihoodOf(
  { name, channels }: Hs3Likelihood,
  composition: CheckedComposition,
  auxiliary: ReadonlyMap<string, Auxiliary>,
) {
  const used = new Set(channels.flatMap(({ density }) => composition.parametersOf(density)));
  const terms = [...auxiliary].flatMap(([parameter, { distribution }]) =>
    used.has(parameter) ? [distribution.name] : [],
  );
  return {
    name,
    distributions: channels.map(({ density }) => density),
    data: channels.map(({ sample }) => sample),
    ...(terms.length > 0 && { aux_distributions: terms }),
  };
}
