/** How the types of function of HS³ and of RooFit are read. */
import type { Expression } from "../../expressions/expression.js";
import type { FunctionForm } from "../functions/functions.js";
import type { Value } from "../language/environment.js";
import type { Graph } from "./graph.js";
import { meant, type Part, shown } from "./part.js";

interface Row {
  readonly keys: readonly string[];
  readonly read: (part: Part, graph: Graph) => FunctionForm | Promise<FunctionForm>;
}

const node = (value: Value): Expression =>
  typeof value === "number" ? { kind: "number", value } : { kind: "name", name: value, at: 1 };

const operation = (operator: "+" | "*", ...operands: readonly Expression[]): Expression => ({
  kind: "operator",
  operator,
  operands,
});

/** a_0 + x (a_1 + x (a_2 + …)) */
export function polynomialOf(x: string, coefficients: readonly Value[]): Expression {
  const [last, ...before] = coefficients.map(node).reverse();
  return before.reduce((inner, own) => operation("+", own, operation("*", node(x), inner)), last!);
}

const combined = (operator: "+" | "*", values: readonly Value[]): Expression | undefined => {
  const [first, ...others] = values.map(node);
  return first && others.reduce((own, next) => operation(operator, own, next), first);
};

/** A function as an expression of what it names; undefined of types that have none. */
export async function asExpression(part: Part, graph: Graph): Promise<Expression | undefined> {
  switch (part.at("type").value) {
    case "generic":
    case "generic_function":
      return graph.expression(part);
    case "sum":
      return combined("+", graph.values(part.at("summands")));
    case "product":
      return combined("*", graph.values(part.at("factors")));
    case "polynomial":
      return polynomialOf(part.at("x").text(), coefficientsOf(part, graph));
    default:
      return undefined;
  }
}

/** The coefficients of a polynomial: at least one. */
export function coefficientsOf(part: Part, graph: Graph): Value[] {
  const list = part.at("coefficients");
  const values = graph.values(list);
  return values.length > 0 ? values : list.refuse("at least one coefficient", "none");
}

const expression: Row = {
  keys: ["expression", "axes"],
  read: async (part, graph) => ({ kind: "expression", expression: await graph.expression(part) }),
};

/** HistFactory's: one factor for each parameter, relative to the nominal value. */
function readInterpolation(part: Part, graph: Graph): FunctionForm {
  const [vars, low, high] = [graph.values(part.at("vars")), part.at("low").items(), part.at("high").items()];
  if (low.length !== vars.length) part.at("low").refuse(`${vars.length} numbers, as vars has`, `${low.length}`);
  if (high.length !== vars.length) part.at("high").refuse(`${vars.length} numbers, as vars has`, `${high.length}`);
  const nominal = part.at("nom").number();
  if (!(nominal > 0)) part.at("nom").refuse("a number above 0");
  const codes = part.at("interpolationCodes");
  const code = (i: number): 1 | 4 => {
    // RooFit's own default is linear.
    const own = codes.isAbsent ? part.at("interpolationCodes") : codes.items()[i]!;
    const value = codes.isAbsent ? 0 : own.number();
    if (value === 1 || value === 4) return value;
    return own.refuse("code 1 (exponential) or 4 (polynomial between -1 and 1)", codes.isAbsent ? "0" : shown(value));
  };
  if (!codes.isAbsent && codes.items().length !== vars.length) {
    codes.refuse(`${vars.length} codes, as vars has`, `${codes.items().length}`);
  }
  const factors = vars.map((parameter, i): FunctionForm => {
    const factor = (own: Part) => {
      const value = own.number();
      return value > 0 ? value / nominal : own.refuse("a number above 0");
    };
    return { kind: "interpolation", code: code(i), low: factor(low[i]!), high: factor(high[i]!), parameter };
  });
  if (nominal === 1 && factors.length === 1) return factors[0]!;
  return { kind: "product", factors: [nominal, ...factors.map((own, i) => graph.add(`${part.name}_${i}`, own))] };
}

/** Also those of RooFit. */
const rows: Readonly<Record<string, Row>> = {
  sum: {
    keys: ["summands"],
    read: (part, graph) => ({ kind: "sum", summands: graph.values(part.at("summands")) }),
  },
  product: {
    keys: ["factors"],
    read: (part, graph) => ({ kind: "product", factors: graph.values(part.at("factors")) }),
  },
  generic_function: expression,
  generic: expression,
  polynomial: {
    keys: ["x", "coefficients"],
    read(part, graph) {
      const x = graph.value(part.at("x"));
      if (typeof x === "number") part.at("x").refuse("the name of a variable");
      return { kind: "expression", expression: polynomialOf(x as string, coefficientsOf(part, graph)) };
    },
  },
  interpolation0d: {
    keys: ["vars", "nom", "low", "high", "interpolationCodes", "positiveDefinite"],
    read: readInterpolation,
  },
};

export const functionTypes: readonly string[] = Object.keys(rows);

export function readFunction(part: Part, graph: Graph): FunctionForm | Promise<FunctionForm> {
  const type = part.at("type");
  if (type.isAbsent) type.refuse(`a type of function (${functionTypes.join(", ")})`, "nothing");
  const kind = type.text();
  if (!Object.hasOwn(rows, kind)) {
    type.refuse(`a type of function that is supported (${functionTypes.join(", ")})`, shown(kind), {
      hint: meant(kind, functionTypes).hint ?? "Write it as a generic_function with an expression, if it has one",
    });
  }
  const { keys, read } = rows[kind]!;
  graph.only(part, keys);
  return read(part, graph);
}
