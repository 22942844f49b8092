/** How the types of distribution of HS³ and of RooFit are read: one row a type. */
import { type Expression, foldExpression, namesOf } from "../../expressions/expression.js";
import type { CrystalballForm } from "../densities/crystalball.js";
import type { DensityForm } from "../densities/densities.js";
import type { Value } from "../language/environment.js";
import type { Graph } from "./graph.js";
import { meant, type Part, shown } from "./part.js";
import { readCrystalball, withoutTails } from "./read-crystalball.js";
import { asExpression, coefficientsOf, polynomialOf } from "./read-functions.js";

interface Row {
  readonly keys: readonly string[];
  readonly read: (part: Part, graph: Graph) => DensityForm | Promise<DensityForm>;
}

/** A density of one axis whose other keys are numbers. */
const formula = <K extends string>(kind: DensityForm["kind"], axis: string, keys: readonly K[]): Row => ({
  keys: [axis, ...keys],
  read: (part, graph) =>
    ({
      kind,
      [axis]: graph.column(part.at(axis)),
      ...Object.fromEntries(keys.map((key) => [key, graph.value(part.at(key))])),
    }) as unknown as DensityForm,
});

const ofCoefficients = (kind: "polynomial" | "chebychev" | "bernstein"): Row => ({
  keys: ["x", "coefficients"],
  read: (part, graph) => ({
    kind,
    x: graph.column(part.at("x")),
    coefficients: coefficientsOf(part, graph),
  }),
});

const gaussian: Row = {
  keys: ["x", "mean", "sigma"],
  read(part, graph) {
    const isAxis = (key: string) => graph.columns.has(`${part.at(key).value}`);
    // The formula is the same with the two exchanged, and RooFit's users write it either way.
    const [x, mean] = !isAxis("x") && isAxis("mean") ? ["mean", "x"] : ["x", "mean"];
    return {
      kind: "gaussian",
      x: graph.column(part.at(x!)),
      mean: graph.value(part.at(mean!)),
      sigma: graph.value(part.at("sigma")),
    };
  },
};

const argus = formula("argus", "mass", ["resonance", "slope", "power"]);
const generalizedNormal = formula("generalized-normal", "x", ["mean", "alpha", "beta"]);

/** The special case of a constant width: one channel without masses or angular momentum. */
const breitWigner: Row = {
  keys: ["x", "mass", "channels"],
  read(part, graph) {
    const channels = part.at("channels");
    const [channel, ...others] = channels.items();
    if (channel === undefined || others.length > 0) {
      channels.refuse("one channel, of a width that is constant", `${others.length + (channel ? 1 : 0)}`);
    }
    channel!.only(["name", "Gamma", "m1", "m2", "l", "R"]);
    for (const key of ["m1", "m2", "l"]) {
      const own = channel!.at(key);
      if (!own.isAbsent && own.number() !== 0) own.refuse("0, as only a width that is constant is supported");
    }
    return {
      kind: "relativistic-breit-wigner",
      x: axisOf(part, graph),
      mass: graph.value(part.at("mass")),
      Gamma: graph.value(channel!.at("Gamma")),
    };
  },
};

/** HS³ has no key for the axis of some types: where there is one axis alone, it is that. */
function axisOf(part: Part, graph: Graph): string {
  const x = part.at("x");
  const [only, ...others] = graph.columns.keys();
  return x.isAbsent && only !== undefined && others.length === 0 ? only : graph.column(x);
}

/** An expression, of the axis that it looks at. */
async function generic(part: Part, graph: Graph, expression: Expression): Promise<DensityForm> {
  const looked = part.at("x").isAbsent ? await graph.columnsOf(part.name) : [graph.column(part.at("x"))];
  if (looked.length !== 1) {
    const known = [...graph.columns.keys()].join(", ");
    part.refuse(`an expression of one axis of the data (${known})`, looked.join(" and ") || "one of none", {
      hint: looked.length > 1 ? "Say with the key x of which it is a density, given the others" : "Look at its names",
    });
  }
  const [x] = looked as [string];
  return { kind: "generic", x, expression: await written(part, graph, expression, x) };
}

/** Nodes of an expression that functions were put into. */
const LARGEST = 10_000;

/** The expression with the functions in it that look at x written out, until x itself is in it. */
async function written(part: Part, graph: Graph, expression: Expression, x: string): Promise<Expression> {
  let own = expression;
  while (!namesOf(own).includes(x)) {
    const inside = new Map<string, Expression>();
    for (const name of namesOf(own)) {
      const form = graph.document.functions.get(name);
      if (form === undefined || !(await graph.leaves(name)).has(x)) continue;
      const text = await asExpression(form, graph);
      if (text !== undefined) inside.set(name, text);
    }
    if (inside.size === 0) part.refuse(`an expression of ${x}`, `one of ${namesOf(own).join(", ") || "numbers"}`);
    own = foldExpression<Expression>(own, (node, operands) => {
      if (node.kind === "name") return inside.get(node.name) ?? node;
      return node.kind === "number" ? node : { ...node, operands };
    });
    let size = 0;
    foldExpression<void>(own, () => void size++);
    if (size > LARGEST) part.refuse(`at most ${LARGEST} operations, its functions written out`, `${size}`);
  }
  return own;
}

/** The density in proportion to a function. @param of  what is made of the function */
const ofFunction = (of: (own: Expression) => Expression): Row => ({
  keys: ["function", "x", "selfNormalized", "selfnormalized"],
  read(part, graph) {
    const value = graph.value(part.at("function"));
    if (typeof value === "number") part.at("function").refuse("the name of a function");
    return generic(part, graph, of({ kind: "name", name: value as string, at: 1 }));
  },
});

const exponentialOf = (own: Expression): Expression => ({ kind: "call", function: "exp", operands: [own] });

const mixture: Row = {
  keys: ["x", "summands", "coefficients", "extended"],
  read(part, graph) {
    const [list, coefficients, flag] = [part.at("summands"), part.at("coefficients"), part.at("extended")];
    const written = list.items();
    if (written.length === 0) list.refuse("at least one distribution", "none");
    const own = coefficients.isAbsent ? [] : graph.values(coefficients);
    if (own.length === 0) return ofExtended(part, graph, written);
    const summands = written.map((item) => graph.density(item));
    if (own.length !== summands.length && own.length !== summands.length - 1) {
      coefficients.refuse(`${summands.length} coefficients, or fractions of all but the last`, `${own.length}`);
    }
    const isExtended = flag.isAbsent ? own.length === summands.length : flag.flag();
    if (isExtended && own.length < summands.length) {
      flag.refuse("false, as there is a coefficient less than there are summands", "true");
    }
    if (isExtended) graph.extended.add(part.name);
    return { kind: "mixture", summands, coefficients: own };
  },
};

/** RooFit's sum without coefficients: its summands say how many events they have. */
function ofExtended(part: Part, graph: Graph, written: readonly Part[]): DensityForm {
  const rates = written.map((item) => {
    const own = graph.document.distributions.get(item.text());
    if (own?.at("type").value === "rate_extended_dist") return readRate(own, graph);
    return item.refuse("a rate_extended_dist, as the mixture has no coefficients");
  });
  graph.extended.add(part.name);
  return { kind: "mixture", summands: rates.map(({ dist }) => dist), coefficients: rates.map(({ rate }) => rate) };
}

/** A distribution with its number of events; RooFit has other keys for both. */
function readRate(part: Part, graph: Graph): { readonly dist: string; readonly rate: Value } {
  const either = (own: string, roofit: string) => (part.at(own).isAbsent ? part.at(roofit) : part.at(own));
  const range = part.at("range");
  if (!range.isAbsent) range.refuse("no range: the number of events is that of the whole range");
  return { dist: graph.density(either("dist", "pdf")), rate: graph.value(either("rate", "norm")) };
}

const rateExtended: Row = {
  keys: ["dist", "rate", "pdf", "norm", "range"],
  read(part, graph) {
    const { dist, rate } = readRate(part, graph);
    graph.extended.add(part.name);
    return { kind: "mixture", summands: [dist], coefficients: [rate] };
  },
};

const rows: Readonly<Record<string, Row>> = {
  gaussian_dist: gaussian,
  normal_dist: gaussian,
  exponential_dist: formula("exponential", "x", ["c"]),
  lognormal_dist: formula("lognormal", "x", ["mu", "sigma"]),
  uniform_dist: formula("uniform", "x", []),
  polynomial_dist: ofCoefficients("polynomial"),
  chebychev_dist: ofCoefficients("chebychev"),
  bernstein_poly_dist: ofCoefficients("bernstein"),
  argus_dist: argus,
  ARGUS_dist: argus,
  crystalball_dist: {
    keys: ["m", "m0", "sigma", "alpha", "n", "sigma_L", "sigma_R", "alpha_L", "alpha_R", "n_L", "n_R"],
    read: readCrystalball,
  },
  crystalball_doublesided_dist: formula("crystalball", "m", [
    "m0",
    "sigma_L",
    "sigma_R",
    "alpha_L",
    "alpha_R",
    "n_L",
    "n_R",
  ]),
  bifurkated_gaussian_dist: {
    keys: ["x", "mean", "sigmaL", "sigmaR"],
    read: (part, graph): CrystalballForm => ({
      ...withoutTails,
      m: graph.column(part.at("x")),
      m0: graph.value(part.at("mean")),
      sigma_L: graph.value(part.at("sigmaL")),
      sigma_R: graph.value(part.at("sigmaR")),
    }),
  },
  gennormal_dist: generalizedNormal,
  generalized_normal_dist: generalizedNormal,
  relativistic_breit_wigner_dist: breitWigner,
  johnson_dist: formula("johnson", "x", ["mu", "lambda", "gamma", "delta"]),
  voigtian_dist: formula("voigt", "x", ["mean", "width", "sigma"]),
  cms_shape_dist: formula("cms-shape", "x", ["alpha", "beta", "gamma"]),
  generic_dist: {
    keys: ["expression", "x", "axes"],
    read: async (part, graph) => generic(part, graph, await graph.expression(part)),
  },
  density_function_dist: ofFunction((own) => own),
  log_density_function_dist: ofFunction(exponentialOf),
  legacy_exp_poly_dist: {
    keys: ["x", "coefficients"],
    read(part, graph) {
      const x = graph.column(part.at("x"));
      const expression = exponentialOf(polynomialOf(x, coefficientsOf(part, graph)));
      return { kind: "generic", x, expression };
    },
  },
  mixture_dist: mixture,
  product_dist: {
    keys: ["x", "factors", "normalization"],
    read: (part, graph) => ({
      kind: "product",
      factors: part
        .at("factors")
        .items()
        .map((item) => graph.density(item)),
    }),
  },
  rate_extended_dist: rateExtended,
};

export const distributionTypes: readonly string[] = Object.keys(rows);

const BINNED = "It is of binned data, which an unbinned likelihood does not take";
const TERM = "It is supported as an auxiliary term alone: list it under aux_distributions";

/** Types that are known and not supported, with what to do. */
const others: Readonly<Record<string, string>> = {
  histfactory_dist: BINNED,
  histogram_dist: BINNED,
  bincounts_extended_dist: BINNED,
  bincounts_density_dist: BINNED,
  binsampling_dist: BINNED,
  binsampling: BINNED,
  barlow_beeston_lite_poisson_constraint_dist: BINNED,
  poisson_dist: TERM,
  weighted_sum_dist: "Its functions have no integrals in closed form: write a mixture_dist of distributions",
  rate_density_dist: "Write a rate_extended_dist of a density_function_dist",
  multivariate_normal_dist: "Write a product_dist of gaussian_dists where it has no correlations",
};

export function readDistribution(part: Part, graph: Graph): DensityForm | Promise<DensityForm> {
  const type = part.at("type");
  if (type.isAbsent) type.refuse(`a type of distribution (${distributionTypes.join(", ")})`, "nothing");
  const kind = type.text();
  if (!Object.hasOwn(rows, kind)) {
    const hint = Object.hasOwn(others, kind) ? others[kind]! : meant(kind, distributionTypes).hint;
    const fallback = "Write it as a generic_dist with an expression, if it has one";
    type.refuse(`a type of distribution that is supported (${distributionTypes.join(", ")})`, shown(kind), {
      hint: hint ?? fallback,
    });
  }
  const { keys, read } = rows[kind]!;
  graph.only(part, keys);
  return read(part, graph);
}
