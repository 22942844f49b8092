/** Numbers of constraint terms: constants, and multiples of one parameter. */
import { UsageError } from "../../../engine/errors.js";
import { type Expression, foldExpression } from "../../expressions/expression.js";
import { functions } from "../../expressions/functions.js";
import { operators } from "../../expressions/operators.js";
import type { Value } from "../language/environment.js";
import type { Graph } from "./graph.js";
import { Part } from "./part.js";

/** offset + slope · parameter; without a parameter, a constant. */
export interface Linear {
  readonly offset: number;
  readonly slope: number;
  readonly parameter?: string;
}

const constant = (offset: number): Linear => ({ offset, slope: 0 });

/** Undefined of what is no such number: of two parameters, or no straight line. */
type Maybe = Linear | undefined;

function sum(a: Maybe, b: Maybe, sign: 1 | -1): Maybe {
  if (a === undefined || b === undefined) return undefined;
  const both = a.parameter !== undefined && b.parameter !== undefined;
  if (both && a.parameter !== b.parameter) return undefined;
  const parameter = a.parameter ?? b.parameter;
  const own = { offset: a.offset + sign * b.offset, slope: a.slope + sign * b.slope };
  return parameter === undefined ? own : { ...own, parameter };
}

function times(a: Maybe, b: Maybe): Maybe {
  if (a === undefined || b === undefined || (a.parameter !== undefined && b.parameter !== undefined)) return undefined;
  const [line, factor] = a.parameter === undefined ? [b, a.offset] : [a, b.offset];
  return { ...line, offset: line.offset * factor, slope: line.slope * factor };
}

function ofOperation(node: Expression, parts: readonly Maybe[]): Maybe {
  const [a, b] = parts;
  if (node.kind === "operator") {
    if (node.operator === "+") return sum(a, b, 1);
    if (node.operator === "-") return sum(a, b, -1);
    if (node.operator === "unary -") return sum(constant(0), a, -1);
    if (node.operator === "*") return times(a, b);
    if (node.operator === "/" && b !== undefined && b.parameter === undefined) {
      return a && { ...a, offset: a.offset / b.offset, slope: a.slope / b.offset };
    }
  }
  // Of constants anything is one.
  if (parts.some((own) => own === undefined || own.parameter !== undefined)) return undefined;
  const numbers = parts.map((own) => own!.offset);
  if (node.kind === "operator")
    return constant((operators[node.operator].f64 as (...all: number[]) => number)(...numbers));
  if (node.kind === "call") return constant((functions[node.function].f64 as (...all: number[]) => number)(...numbers));
  return undefined;
}

/**
 * What the numbers of constraint terms are, followed through sums, products and expressions.
 *
 * @param isFixed  whether a parameter that does not move counts as a number
 */
export class Lines {
  constructor(
    private readonly graph: Graph,
    private readonly isFixed: (name: string) => boolean = () => true,
  ) {}

  /** Undefined where it is neither a constant nor a straight line in one parameter. */
  async of(part: Part, depth = 0): Promise<Maybe> {
    if (part.isAbsent) part.refuse("a number or a name", "nothing");
    const value = part.numberOrName();
    return typeof value === "number" ? constant(value) : this.named(part, value, depth);
  }

  /** The expression of the function that a part names; undefined of all else. */
  async expression(part: Part): Promise<Expression | undefined> {
    const value = part.numberOrName();
    const own = typeof value === "string" ? this.functionOf(value) : undefined;
    return own?.at("expression").isText ? this.graph.parsed(own) : undefined;
  }

  private functionOf(name: string): Part | undefined {
    const own = this.graph.functionName(name);
    return own === undefined ? undefined : this.graph.document.functions.get(own);
  }

  private async named(part: Part, name: string, depth: number): Promise<Maybe> {
    const own = this.functionOf(name);
    if (own !== undefined) {
      if (depth > 50) part.refuse("at most 50 levels of functions in a constraint", "more");
      return this.ofFunction(own, depth + 1);
    }
    const point = this.graph.document.points.get(name);
    if (point?.isConst && point.value !== undefined && this.isFixed(name)) return constant(point.value);
    // Refuses a name of nothing.
    const known: Value = this.graph.value(part);
    return { offset: 0, slope: 1, parameter: known as string };
  }

  private async ofFunction(part: Part, depth: number): Promise<Maybe> {
    switch (part.at("type").value) {
      case "sum":
        return this.folded(part.at("summands"), depth, (a, b) => sum(a, b, 1));
      case "product":
        return this.folded(part.at("factors"), depth, times);
      case "generic":
      case "generic_function":
        return this.ofExpression(part, depth);
      default:
        return undefined;
    }
  }

  private async folded(list: Part, depth: number, add: (a: Maybe, b: Maybe) => Maybe): Promise<Maybe> {
    const parts: Maybe[] = [];
    for (const item of list.items()) parts.push(await this.of(item, depth));
    return parts.length === 0 ? undefined : parts.reduce(add);
  }

  private async ofExpression(part: Part, depth: number): Promise<Maybe> {
    const expression = await this.graph.parsed(part);
    const named = new Map<string, Maybe>();
    const names = foldExpression<string[]>(expression, (node, parts) =>
      node.kind === "name" ? [node.name] : parts.flat(),
    );
    const text = part.at("expression");
    for (const name of names) {
      const own = new Part(name, text.place, text.file, text.name);
      if (!named.has(name)) named.set(name, await this.named(own, name, depth));
    }
    return foldExpression<Maybe>(expression, (node, parts) => {
      if (node.kind === "number") return constant(node.value);
      return node.kind === "name" ? named.get(node.name) : ofOperation(node, parts);
    });
  }
}

/** For callers that know it to be one. */
export function requireConstant(part: Part, line: Maybe, what: string): number {
  if (line !== undefined && line.parameter === undefined && Number.isFinite(line.offset)) return line.offset;
  throw new UsageError(part.where, {
    expected: `${what} that is constant`,
    got: line?.parameter === undefined ? "one that is not" : `one that depends on ${line.parameter}`,
    hint: "Parameters are constant with const: true in parameter_points",
  });
}
