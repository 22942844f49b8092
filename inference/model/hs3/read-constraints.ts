/** Auxiliary terms of a likelihood of HS³ as constraints of parameters. */
import type { Expression } from "../../expressions/expression.js";
import type { Constraint } from "../parameters/constraints.js";
import type { Graph } from "./graph.js";
import { type Linear, Lines, requireConstant } from "./linear.js";
import { meant, type Part, shown } from "./part.js";

/** An auxiliary distribution with its outcome, where that stands beside it in the likelihood. */
export interface Term {
  readonly part: Part;
  readonly observed?: number;
}

export interface OwnConstraint {
  readonly parameter: string;
  readonly constraint: Constraint;
  readonly part: Part;
}

type Line = Linear | undefined;

/** The only parameter of a straight line without offset. */
function parameterOf(part: Part, line: Line, expected: string): { readonly parameter: string; readonly slope: number } {
  const { parameter, slope, offset } = line ?? {};
  if (parameter !== undefined && offset === 0 && slope! > 0) return { parameter, slope: slope! };
  const got =
    line === undefined
      ? "another function"
      : parameter === undefined
        ? "a constant"
        : `${offset} + ${slope} ${parameter}`;
  return part.refuse(expected, got);
}

class Reader {
  private readonly lines: Lines;
  /** The same with the fixed parameters of densities as parameters: a term of one counts, though no fit moves it. */
  private readonly fixed: Lines;

  constructor(
    private readonly graph: Graph,
    private readonly term: Term,
  ) {
    this.lines = new Lines(graph);
    this.fixed = new Lines(graph, (name) => !graph.parameters.has(name));
  }

  get part(): Part {
    return this.term.part;
  }

  private async line(key: string, lines = this.lines): Promise<Line> {
    const { observed } = this.term;
    if (key === "x" && observed !== undefined) return { offset: observed, slope: 0 };
    return lines.of(this.part.at(key));
  }

  /** Of a number that a parameter stands behind, if one does. */
  private async followed(key: string): Promise<Line> {
    const free = await this.line(key);
    return free !== undefined && free.parameter === undefined ? this.line(key, this.fixed) : free;
  }

  private async constant(key: string, what: string): Promise<number> {
    return requireConstant(this.part.at(key), await this.line(key), what);
  }

  /** x - mean is a straight line in one parameter: either of the two may be the outcome. */
  async gaussian(): Promise<OwnConstraint | undefined> {
    this.graph.only(this.part, ["x", "mean", "sigma"]);
    const sigma = await this.constant("sigma", "a width");
    const free = [await this.line("x"), await this.line("mean")];
    const isConstant = free.every((own) => own !== undefined && own.parameter === undefined);
    const [x, mean] = isConstant ? [await this.followed("x"), await this.followed("mean")] : free;
    const expected = "an outcome that is constant and a number that follows one parameter in a straight line";
    if (x === undefined || mean === undefined) this.part.refuse(expected, "another function");
    if (x!.parameter === undefined && mean!.parameter === undefined) return undefined;
    if (x!.parameter !== undefined && mean!.parameter !== undefined) {
      if (isConstant) return undefined;
      const hint = "Set the outcome const: true in parameter_points";
      this.part.refuse(expected, `both x (${x!.parameter}) and mean (${mean!.parameter}) free`, { hint });
    }
    const [own, outcome] = x!.parameter === undefined ? [mean!, x!] : [x!, mean!];
    if (own.slope === 0) return undefined;
    // - 0 is no outcome that anyone wrote.
    const observed = (outcome.offset - own.offset) / own.slope + 0;
    const constraint = { kind: "normal", observed, sigma: sigma / Math.abs(own.slope) } as const;
    return { parameter: own.parameter!, constraint, part: this.part };
  }

  async poisson(): Promise<OwnConstraint | undefined> {
    this.graph.only(this.part, ["x", "mean", "integer"]);
    const observed = await this.constant("x", "a count");
    const line = await this.followed("mean");
    if (line !== undefined && line.parameter === undefined) return undefined;
    const { parameter, slope } = parameterOf(this.part.at("mean"), line, "a parameter, or a multiple of one");
    return { parameter, constraint: { kind: "poisson", observed, scale: slope }, part: this.part };
  }

  /** mu = log(parameter): the outcome has a normal logarithm about that of the parameter. */
  async lognormal(): Promise<OwnConstraint | undefined> {
    this.graph.only(this.part, ["x", "mu", "sigma"]);
    const x = await this.line("x");
    if (x?.parameter !== undefined) {
      this.part.at("x").refuse("an outcome that is constant", `the parameter ${x.parameter}`, {
        hint: "Exchange the two: x is the outcome, mu the logarithm of the parameter",
      });
    }
    const observed = requireConstant(this.part.at("x"), x, "an outcome");
    const mu = this.part.at("mu");
    const line = await this.followed("mu");
    if (line !== undefined && line.parameter === undefined) return undefined;
    const expected = "a generic_function that is log(parameter)";
    const inside = logOperand(await this.lines.expression(mu));
    if (inside?.kind !== "name") return mu.refuse(expected, "another number");
    const point = this.graph.document.points.get(inside.name);
    if (this.graph.functionName(inside.name) !== undefined || point === undefined) {
      return mu.refuse(expected, `log(${inside.name}), of no parameter`);
    }
    this.graph.parameters.set(inside.name, mu);
    const kappa = await this.kappa();
    return { parameter: inside.name, constraint: { kind: "log-normal", observed, kappa }, part: this.part };
  }

  /** The factor of one standard deviation: exact where sigma is its logarithm. */
  private async kappa(): Promise<number> {
    const sigma = this.part.at("sigma");
    const inside = logOperand(await this.lines.expression(sigma));
    return inside?.kind === "number" ? inside.value : Math.exp(await this.constant("sigma", "a width"));
  }
}

/** a of log(a). */
function logOperand(expression: Expression | undefined): Expression | undefined {
  return expression?.kind === "call" && expression.function === "log" ? expression.operands[0] : undefined;
}

const readers: Readonly<Record<string, (own: Reader) => Promise<OwnConstraint | undefined>>> = {
  gaussian_dist: (own) => own.gaussian(),
  normal_dist: (own) => own.gaussian(),
  poisson_dist: (own) => own.poisson(),
  lognormal_dist: (own) => own.lognormal(),
  // The same at all values.
  uniform_dist: async () => undefined,
};

export const constraintTypes: readonly string[] = Object.keys(readers);

/** Terms of products are terms of their own. */
function unfolded(graph: Graph, term: Term, seen: readonly string[] = []): Term[] {
  const { part } = term;
  if (part.at("type").value !== "product_dist" || term.observed !== undefined) return [term];
  if (seen.includes(part.name)) part.refuse("no circle of names", [...seen, part.name].join(" → "));
  const { distributions } = graph.document;
  return part
    .at("factors")
    .items()
    .flatMap((item) => {
      const own = distributions.get(item.text());
      if (own === undefined) item.refuse("the name of a distribution", shown(item.value));
      return unfolded(graph, { part: own! }, [...seen, part.name]);
    });
}

/** The constraints of all terms, each distribution once: channels share them. */
export async function readConstraints(graph: Graph, terms: readonly Term[]): Promise<OwnConstraint[]> {
  const found = new Map<string, OwnConstraint>();
  const done = new Set<string>();
  for (const term of terms.flatMap((own) => unfolded(graph, own))) {
    const { part } = term;
    const name = `${part.name} ${term.observed ?? ""}`;
    if (done.has(name)) continue;
    done.add(name);
    const type = part.at("type");
    const kind = type.isAbsent ? "nothing" : type.text();
    if (!Object.hasOwn(readers, kind)) {
      type.refuse(
        `an auxiliary term of ${constraintTypes.join(", ")}`,
        shown(type.value),
        meant(kind, constraintTypes),
      );
    }
    const own = await readers[kind]!(new Reader(graph, term));
    if (own === undefined) {
      graph.notes.push(`${part.where} is left out, as it depends on no free parameter`);
      continue;
    }
    const other = found.get(own.parameter);
    if (other !== undefined) {
      part.refuse(`one auxiliary term for ${own.parameter}`, `a second one, beside ${other.part.name}`, {
        hint: "Write the two as one term",
      });
    }
    found.set(own.parameter, own);
  }
  return [...found.values()];
}
