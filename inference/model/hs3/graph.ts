/** What is read of a file of HS³: the distributions and functions that a likelihood leads to, by name, each once. */
import { UsageError } from "../../../engine/errors.js";
import { type Expression, namesOf } from "../../expressions/expression.js";
import { parseExpression } from "../../expressions/parse.js";
import type { DensityForm } from "../densities/densities.js";
import type { FunctionForm } from "../functions/functions.js";
import type { Value } from "../language/environment.js";
import { type Axis, type Document, found } from "./document.js";
import { meant, type Part, shown } from "./part.js";

/** Names that refer to names: models have some ten levels, and what is deeper is no model. */
const DEEPEST = 200;

/** The value of a function may be written as its only output. */
const OUTPUT = /\.value$/;

/** Keys that objects may have without meaning for their numbers. */
const OWN_KEYS: readonly string[] = ["name", "type", "title", "tags", "dict", "description"];

/** Keys whose texts are no names. */
const NO_NAMES: readonly string[] = ["name", "type", "title", "tags", "dict", "description", "expression"];

/** All texts of a value, in lists and objects too. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  const inside = Array.isArray(value)
    ? value
    : Object.entries(value).flatMap(([key, own]) => (NO_NAMES.includes(key) ? [] : [own]));
  return inside.flatMap(textsOf);
}

export class Graph {
  readonly functions: Record<string, FunctionForm> = {};
  readonly densities: Record<string, DensityForm> = {};
  /** Parameters by the place at which they are first named. */
  readonly parameters = new Map<string, Part>();
  /** Distributions with numbers of events that count. */
  readonly extended = new Set<string>();
  readonly notes: string[] = [];
  private readonly expressions = new Map<string, Promise<Expression>>();
  /** Of objects that are read, those that they name. */
  private readonly edges = new Map<string, Set<string>>();
  private readonly waiting: string[] = [];

  /** @param columns  axes of the data by name */
  constructor(
    readonly document: Document,
    readonly columns: ReadonlyMap<string, Axis>,
    private readonly read: {
      readonly density: (part: Part, graph: Graph) => DensityForm | Promise<DensityForm>;
      readonly functionOf: (part: Part, graph: Graph) => FunctionForm | Promise<FunctionForm>;
    },
  ) {}

  /** Refuses keys that a type does not have. */
  only(part: Part, keys: readonly string[]): void {
    part.only([...OWN_KEYS, ...keys]);
  }

  /** The function of a name, also behind `.value`; undefined where there is none. */
  functionName(name: string): string | undefined {
    const { functions } = this.document;
    if (functions.has(name)) return name;
    const bare = name.replace(OUTPUT, "");
    return functions.has(bare) ? bare : undefined;
  }

  private isParameter(name: string): boolean {
    return this.document.points.has(name) || this.document.axis(name) !== undefined;
  }

  /** What a text in a place of a number is the name of; refuses one of nothing. */
  private named(part: Part, name: string): string {
    if (this.columns.has(name)) return name;
    const own = this.functionName(name);
    if (own !== undefined) {
      this.edge(part, own);
      this.queue(own);
      return own;
    }
    const { distributions, functions, points } = this.document;
    if (distributions.has(name) || distributions.has(name.slice(0, Math.max(name.lastIndexOf("."), 0)))) {
      return part.refuse("a number, a parameter or a function", `${shown(name)}, of a distribution`, {
        hint: "Hierarchical models are not supported",
      });
    }
    if (!this.isParameter(name)) {
      const known = [...this.columns.keys(), ...functions.keys(), ...points.keys()];
      const hint = meant(name, known).hint ?? "Parameters have a value in parameter_points";
      return part.refuse("the name of a parameter, a function or an axis of the data", shown(name), { hint });
    }
    if (!this.parameters.has(name)) this.parameters.set(name, part);
    return name;
  }

  private edge(part: Part, to: string): void {
    const own = this.edges.get(part.name) ?? new Set();
    this.edges.set(part.name, own.add(to));
  }

  private queue(name: string): void {
    if (!this.edges.has(name)) this.edges.set(name, new Set());
    if (!Object.hasOwn(this.functions, name) && !Object.hasOwn(this.densities, name)) this.waiting.push(name);
  }

  /** A number, or the name of a parameter, a function or a column. */
  value(part: Part): Value {
    if (part.isAbsent) part.refuse("a number or a name", "nothing");
    const value = part.numberOrName();
    return typeof value === "number" ? value : this.named(part, value);
  }

  values(part: Part): Value[] {
    return part.items().map((item) => this.value(item));
  }

  /** The name of an axis of the data. */
  column(part: Part): string {
    if (part.isAbsent) part.refuse("the name of an axis of the data", "nothing");
    const name = part.text();
    if (this.columns.has(name)) return name;
    const known = [...this.columns.keys()];
    const what = this.isParameter(name) ? `${shown(name)}, a parameter` : shown(name);
    return part.refuse(`the name of an axis of the data (${known.join(", ")})`, what, meant(name, known));
  }

  /** A distribution that the likelihood names: to be read. */
  start(distribution: Part): void {
    this.queue(distribution.name);
  }

  /** The name of a distribution, which is read too. */
  density(part: Part): string {
    const own = found(this.document.distributions, part, "a distribution");
    this.edge(part, own.name);
    this.queue(own.name);
    return own.name;
  }

  /** The expression of an object, with every name in it known. */
  async expression(part: Part): Promise<Expression> {
    const expression = await this.parsed(part);
    for (const name of namesOf(expression)) this.named(part.at("expression"), name);
    return expression;
  }

  /** The same without a look at its names. */
  parsed(part: Part): Promise<Expression> {
    const own = this.expressions.get(part.place) ?? this.parse(part.at("expression"));
    this.expressions.set(part.place, own);
    return own;
  }

  private async parse(text: Part): Promise<Expression> {
    if (text.isAbsent) text.refuse("an expression", "nothing");
    try {
      return await parseExpression(text.text(), text.where);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw error.where === text.where ? error : text.blame(error.complaint);
    }
  }

  /** A function that the file does not have, under a name like one that it has. */
  add(like: string, form: FunctionForm): string {
    let name = like;
    const { functions, distributions } = this.document;
    const isTaken = () =>
      functions.has(name) || distributions.has(name) || this.isParameter(name) || Object.hasOwn(this.functions, name);
    while (isTaken() || this.columns.has(name)) name += "_";
    this.functions[name] = form;
    return name;
  }

  /** Names that an object depends on in the end: of axes and parameters. */
  async leaves(name: string): Promise<ReadonlySet<string>> {
    const { distributions, functions } = this.document;
    const leaves = new Set<string>();
    const seen = new Set([name]);
    const open = [name];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const part = distributions.get(next) ?? functions.get(next)!;
      const inExpression = part.at("expression").isText ? namesOf(await this.parsed(part)) : [];
      for (const text of [...textsOf(part.value), ...inExpression]) {
        const own = distributions.has(text) ? text : this.functionName(text);
        if (own === undefined) leaves.add(text);
        else if (!seen.has(own)) {
          seen.add(own);
          open.push(own);
        }
      }
    }
    return leaves;
  }

  /**
   * Distributions of free parameters, and of no axis, to which none of those that are given leads: of terms that a file has and its likelihood
   * does not name. Through one function at most.
   *
   * @param used  names of distributions
   */
  termsBeside(used: readonly string[]): { readonly name: string; readonly parameters: readonly string[] }[] {
    const { distributions, functions, points } = this.document;
    const reached = new Set(used);
    // A set gives what is added while it is walked through.
    for (const name of reached)
      for (const text of textsOf(distributions.get(name)?.value)) if (distributions.has(text)) reached.add(text);
    return [...distributions].flatMap(([name, { value }]) => {
      if (reached.has(name)) return [];
      const texts = textsOf(value).flatMap((text) => [text, ...textsOf(functions.get(text)?.value)]);
      if (texts.some((text) => this.columns.has(text))) return [];
      const parameters = [...new Set(texts)].filter(
        (text) => this.parameters.has(text) && points.get(text)?.isConst !== true,
      );
      return parameters.length > 0 ? [{ name, parameters }] : [];
    });
  }

  /** Those of the names that are of axes of the data, in the order of the axes. */
  async columnsOf(name: string): Promise<readonly string[]> {
    const leaves = await this.leaves(name);
    return [...this.columns.keys()].filter((column) => leaves.has(column));
  }

  /** Reads all that is named and not yet read. */
  async finish(): Promise<void> {
    const { distributions, functions } = this.document;
    for (let name = this.waiting.pop(); name !== undefined; name = this.waiting.pop()) {
      if (Object.hasOwn(this.functions, name) || Object.hasOwn(this.densities, name)) continue;
      const density = distributions.get(name);
      if (density !== undefined) this.densities[name] = await this.read.density(density, this);
      else this.functions[name] = await this.read.functionOf(functions.get(name)!, this);
    }
    this.checkLevels();
  }

  /** Refuses circles of names, and names too deep in one another. */
  private checkLevels(): void {
    const left = new Map([...this.edges].map(([name, to]) => [name, new Set(to)]));
    const above = new Map<string, string[]>();
    for (const [name, to] of left) for (const own of to) above.set(own, [...(above.get(own) ?? []), name]);
    let level = [...left].filter(([, to]) => to.size === 0).map(([name]) => name);
    for (let depth = 1; level.length > 0; depth++) {
      const next: string[] = [];
      for (const name of level) {
        left.delete(name);
        for (const own of above.get(name) ?? []) {
          const to = left.get(own)!;
          to.delete(name);
          if (to.size === 0) next.push(own);
        }
      }
      if (depth > DEEPEST) {
        this.partOf(level[0]!).refuse(`at most ${DEEPEST} levels of names that refer to names`, "more");
      }
      level = next;
    }
    const [first] = left.keys();
    if (first === undefined) return;
    const circle = [first];
    for (let next = first; ; ) {
      next = [...left.get(next)!].find((own) => left.has(own))!;
      const at = circle.indexOf(next);
      circle.push(next);
      if (at < 0) continue;
      const text = circle.slice(at, at + 6).join(" → ");
      this.partOf(next).refuse("no circle of names", circle.length - at > 6 ? `${text} → …` : text);
    }
  }

  private partOf(name: string): Part {
    return this.document.distributions.get(name) ?? this.document.functions.get(name)!;
  }
}
