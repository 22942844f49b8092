/** crystalball_dist: of the standard with two tails, of RooFit with one. */
import type { CrystalballForm } from "../densities/crystalball.js";
import type { Value } from "../language/environment.js";
import type { Graph } from "./graph.js";
import type { Part } from "./part.js";

/** Widths at which a tail begins that is never reached: the density there is e^(-5e11). */
const NEVER = 1e6;

export const withoutTails = {
  kind: "crystalball",
  alpha_L: NEVER,
  alpha_R: NEVER,
  n_L: 2,
  n_R: 2,
} as const satisfies Partial<CrystalballForm>;

/** The numbers of both sides: one for both, or one for each. */
function bothSides(part: Part, graph: Graph, key: string): readonly [Value, Value] {
  const [both, left, right] = [part.at(key), part.at(`${key}_L`), part.at(`${key}_R`)];
  if (both.isAbsent) return [graph.value(left), graph.value(right)];
  for (const own of [left, right]) {
    if (!own.isAbsent) own.refuse(`nothing beside ${key}, which is of both sides`);
  }
  const value = graph.value(both);
  return [value, value];
}

/** Where a fit begins, of a number or a parameter; undefined of a function. */
function startOf(value: Value, graph: Graph): number | undefined {
  return typeof value === "number" ? value : graph.document.points.get(value)?.value;
}

/** The tail of RooCBShape: on the left where alpha is above 0, else on the right, |alpha| widths away. */
function oneTail(part: Part, graph: Graph): CrystalballForm {
  const [alpha, n] = [graph.value(part.at("alpha")), graph.value(part.at("n"))];
  const sigma = graph.value(part.at("sigma"));
  const common = {
    ...withoutTails,
    m: graph.column(part.at("m")),
    m0: graph.value(part.at("m0")),
    sigma_L: sigma,
    sigma_R: sigma,
  };
  const start = startOf(alpha, graph);
  if (start === undefined || start > 0) return { ...common, alpha_L: alpha, n_L: n };
  if (start === 0)
    part.at("alpha").refuse("an alpha that begins above or below 0: its sign is the side of the tail", "0");
  const size =
    typeof alpha === "number"
      ? -alpha
      : graph.add(`${alpha}_negative`, {
          kind: "expression",
          expression: { kind: "operator", operator: "unary -", operands: [{ kind: "name", name: alpha, at: 1 }] },
        });
  return { ...common, alpha_R: size, n_R: n };
}

export function readCrystalball(part: Part, graph: Graph): CrystalballForm {
  if (graph.document.isOfRoofit && !part.at("alpha").isAbsent) return oneTail(part, graph);
  const [m, m0] = [graph.column(part.at("m")), graph.value(part.at("m0"))];
  const [sigma, alpha, n] = [
    bothSides(part, graph, "sigma"),
    bothSides(part, graph, "alpha"),
    bothSides(part, graph, "n"),
  ];
  return {
    kind: "crystalball",
    m,
    m0,
    sigma_L: sigma[0],
    sigma_R: sigma[1],
    alpha_L: alpha[0],
    alpha_R: alpha[1],
    n_L: n[0],
    n_R: n[1],
  };
}
