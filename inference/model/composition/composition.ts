/** A model as a graph: parameters, functions of them, columns, and densities that are made of all of these, by name. */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import {
  aList,
  anObject,
  checkArgument,
  checkOptions,
  checkParts,
  numbers,
  type Options,
  optional,
} from "../../../engine/options.js";
import { nearest } from "../../../io/edit-distance.js";
import { type DensityForm, densityKind } from "../densities/densities.js";
import { type FunctionForm, functionKind } from "../functions/functions.js";
import { anInterval } from "../language/entry-kinds.js";
import { type Shape, unionOf, type Value } from "../language/environment.js";
import type { Interval } from "../language/region.js";
import { checkParameters, freeParameters, type Parameter } from "../parameters/parameter.js";

export interface Column {
  /** Where events can be, in the units of the column. Absent: everywhere. */
  readonly range?: Interval;
  /** Of a categorical column, the values that it takes. */
  readonly values?: readonly number[];
}

/** Names of parameters, functions and columns are different; so are those of densities. */
export interface Composition {
  readonly parameters: readonly Parameter[];
  readonly columns: Readonly<Record<string, Column>>;
  readonly functions?: Readonly<Record<string, FunctionForm>>;
  readonly densities: Readonly<Record<string, DensityForm>>;
}

export const EVERYWHERE: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** A composition that is sound, with what is known of its parts without numbers. */
export interface CheckedComposition extends Composition {
  readonly functions: Readonly<Record<string, FunctionForm>>;
  /** Columns that a value looks at, itself among them. */
  columnsOf(value: Value): readonly string[];
  /** Parameters that a density depends on. */
  parametersOf(density: string): readonly string[];
  shape(density: string): Shape;
  domain(column: string): Interval;
  classes(column: string): readonly number[] | undefined;
}

type Kind = "parameter" | "function" | "column";

function unknownName(where: string, name: string, known: readonly string[], what: string): UsageError {
  const meant = nearest(name, known);
  return new UsageError(where, {
    expected: `${what} (${known.join(", ") || "there is none"})`,
    got: JSON.stringify(name),
    ...(meant !== undefined && { hint: `Did you mean ${meant}?` }),
  });
}

/** Of every name, what it is of; refuses a name of two. */
function kindsOf({ parameters, columns, functions = {} }: Composition): Map<string, Kind> {
  const kinds = new Map<string, Kind>();
  const add = (name: string, kind: Kind) => {
    const other = kinds.get(name);
    if (other !== undefined) {
      throw new UsageError(`${kind} ${name}`, { expected: "a name of its own", got: `that of a ${other}` });
    }
    kinds.set(name, kind);
  };
  for (const { name } of parameters) add(name, "parameter");
  for (const [name, form] of Object.entries(functions)) {
    for (const own of namesOf(name, form)) add(own, "function");
  }
  for (const name of Object.keys(columns)) add(name, "column");
  return kinds;
}

/** What belongs to the kind of a function whose entries are of their types. */
function soundFunction(name: string, form: FunctionForm) {
  const where = `function ${name}`;
  const kind = functionKind(where, form);
  checkOptions(where, form, kind.entries);
  return kind;
}

/** Names by which the numbers of a function are referred to. */
function namesOf(name: string, form: FunctionForm): string[] {
  const labels = soundFunction(name, form).labels?.(form);
  return labels?.map((label) => `${name}.${label}`) ?? [name];
}

/** The same of the function itself: `fractions.peak` is one of the numbers of `fractions`. */
export const functionOf = (functions: Readonly<Record<string, FunctionForm>>, value: string): string =>
  Object.hasOwn(functions, value) ? value : value.slice(0, value.lastIndexOf("."));

const columnOptions: Options<Column> = { range: optional(anInterval), values: optional(numbers) };

/** Refuses columns whose ranges or values are none. */
function checkColumns(columns: Readonly<Record<string, Column>>): void {
  for (const [name, column] of Object.entries(columns)) {
    const where = `column ${name}`;
    checkOptions(where, column, columnOptions);
    const { range, values } = column;
    if (range !== undefined && !(range[0] < range[1])) {
      throw new UsageError(where, { expected: "a range from low to high", got: `[${range.join(", ")}]` });
    }
    if (values === undefined) continue;
    if (range !== undefined) throw new UsageError(where, { expected: "a range or values", got: "both" });
    if (values.length > 0 && values.every(Number.isFinite) && new Set(values).size === values.length) continue;
    throw new UsageError(where, { expected: "different finite values", got: `[${values.join(", ")}]` });
  }
}

/** Follows names from one to the next, each once; refuses a circle. */
class Walk<T> {
  private readonly found = new Map<string, T>();
  private readonly open: string[] = [];

  constructor(
    private readonly what: string,
    private readonly visit: (name: string) => T,
  ) {}

  at(name: string): T {
    const known = this.found.get(name);
    if (known !== undefined) return known;
    if (this.open.includes(name)) {
      const circle = [...this.open.slice(this.open.indexOf(name)), name].join(" → ");
      throw new UsageError(`${this.what} ${name}`, { expected: "no circle of names", got: circle });
    }
    this.open.push(name);
    const value = this.visit(name);
    this.open.pop();
    this.found.set(name, value);
    return value;
  }
}

/** What a value follows from: names of parameters and columns. */
interface Sources {
  readonly parameters: readonly string[];
  readonly columns: readonly string[];
}

const NOTHING: Sources = { parameters: [], columns: [] };

/**
 * Refuses a composition whose names do not fit together: one that is not there, one of two things, a circle, densities of columns that they
 * cannot be of.
 */
export function checkedComposition(composition: Composition): CheckedComposition {
  checkParts("checkedComposition", "a composition", composition, {
    parameters: aList,
    columns: anObject,
    densities: anObject,
  });
  const { parameters, columns, functions = {}, densities } = composition;
  checkArgument("checkedComposition", "functions", functions, anObject);
  checkParameters(parameters);
  const kinds = kindsOf(composition);
  const free = new Set(freeParameters(parameters).map(({ name }) => name));
  const columnNames = Object.keys(columns);
  checkColumns(columns);
  const classes = (column: string) => entryOf(columns, column)?.values;
  const domain = (column: string): Interval => {
    const own = entryOf(columns, column);
    if (own === undefined) throw unknownName(`column ${column}`, column, columnNames, "a column");
    return own.range ?? EVERYWHERE;
  };

  const merged = (all: readonly Sources[]): Sources => ({
    parameters: unionOf(all.map((own) => own.parameters)),
    columns: unionOf(all.map((own) => own.columns)),
  });
  const sourcesOf = (where: string, value: Value): Sources => {
    if (typeof value === "number") {
      if (Number.isFinite(value)) return NOTHING;
      throw new UsageError(where, { expected: "finite numbers", got: `${value}` });
    }
    switch (kinds.get(value)) {
      case "parameter":
        return { parameters: [value], columns: [] };
      case "column":
        return { parameters: [], columns: [value] };
      case "function":
        return functionSources.at(functionOf(functions, value));
      case undefined:
        throw unknownName(where, value, [...kinds.keys()], "the name of a parameter, a function or a column");
    }
  };
  const functionSources = new Walk("function", (name) => {
    const where = `function ${name}`;
    const form = functions[name]!;
    const kind = soundFunction(name, form);
    kind.check(form, where, classes);
    return merged(kind.values(form).map((value) => sourcesOf(where, value)));
  });

  const densitySources = new Walk("density", (name): Sources & { readonly shape: Shape } => {
    const where = `density ${name}`;
    const form = entryOf(densities, name);
    if (form === undefined) throw unknownName(where, name, Object.keys(densities), "a density");
    const kind = densityKind(where, form);
    checkOptions(where, form, kind.entries);
    const own = merged(kind.values(form).map((value) => sourcesOf(where, value)));
    const parts = kind.parts(form).map((part) => {
      if (!Object.hasOwn(densities, part)) throw unknownName(where, part, Object.keys(densities), "a density");
      return densitySources.at(part);
    });
    const shapes = parts.map(({ shape }) => shape);
    kind.check(form, where, shapes, domain, classes);
    const isMoved = own.parameters.some((parameter) => free.has(parameter));
    const isBatched = kind.isBatched ?? (parts.length > 0 && shapes.every((part) => part.isBatched));
    const shape = { ...kind.shape(form, shapes, own.columns, isMoved), isBatched };
    const isLeaf = parts.length === 0 && kind.isOfCategories !== true;
    const category = isLeaf ? shape.of.find((column) => classes(column) !== undefined) : undefined;
    if (category !== undefined) {
      throw new UsageError(where, { expected: "a density of numbers", got: `the categorical column ${category}` });
    }
    for (const column of unionOf([shape.of, shape.given])) {
      if (!Object.hasOwn(columns, column)) throw unknownName(where, column, columnNames, "a column");
    }
    const both = shape.of.find((column) => shape.given.includes(column));
    if (both !== undefined) {
      const expected = "numbers that do not look at columns that the density is of";
      throw new UsageError(where, { expected, got: both });
    }
    return { ...merged([own, ...parts]), shape };
  });

  for (const name of Object.keys(functions)) functionSources.at(name);
  for (const name of Object.keys(densities)) densitySources.at(name);
  return {
    ...composition,
    functions,
    domain,
    classes,
    columnsOf: (value) => sourcesOf("value", value).columns,
    parametersOf: (density) => densitySources.at(density).parameters,
    shape: (density) => densitySources.at(density).shape,
  };
}
