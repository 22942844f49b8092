/** Which of zuko's flows a state dict holds, recognised by names and shapes; all that is not read is refused by its name. */
import type { ForeignTensors } from "../networks/weights.js";
import { countEntries, namesIn, numbers, pathWithin, refuse } from "./zuko-tensors.js";

/** The networks of one transform: masked, dense with features that pass (coupling), dense, or bare numbers. */
export type TransformKind = "masked" | "coupling" | "dense" | "bare";

/** Names within a transform that are those of maps that are not read. */
const NOT_READ: readonly (readonly [RegExp, string])[] = [
  [/^(univariate\.|transform\.)?network\./, "a neural autoregressive flow (NAF)"],
  [/^(univariate\.|transform\.)?integrand\./, "an unconstrained neural autoregressive flow (UNAF)"],
  [/^(ode\.|times$|freqs$)/, "a continuous flow (CNF)"],
  [/^(enc|dec)_hyper\./, "an augmented flow (ANF)"],
  [/^_\d+$/, "a permutation, rotation or linear map between the transforms"],
  [/^(nuisance_nets|pair_nets)\./, "a factorizable flow, which loadFactorizable reads"],
];

const READ = "a masked autoregressive (NSF, MAF) or coupling transform (NICE) of zuko";

/** Which kind of transform stands at a folder. */
export function kindOfTransform(tensors: ForeignTensors, folder: string): TransformKind {
  const names = namesIn(tensors, folder);
  for (const name of names) {
    const other = NOT_READ.find(([pattern]) => pattern.test(name));
    if (other !== undefined) refuse(folder, READ, `${other[1]} ("${name}")`);
    if (!/^(order$|mask$|phi\.\d+$|hyper\.)/.test(name)) refuse(folder, READ, `a tensor "${name}"`);
  }
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/^phi\./) && !has(/^(order|mask|hyper\.)/)) return "bare";
  if (!has(/^hyper\./)) refuse(folder, READ, `"${names.join('", "')}" without a network`);
  if (has(/^order$/)) return "masked";
  if (has(/^mask$/)) return "coupling";
  if (!has(/^hyper\..*\.mask$/)) return "dense";
  return refuse(folder, READ, 'masks without "order", those of an adjacency matrix');
}

/** Where a flow's transforms stand, and how many features it has. */
export interface FlowPlace {
  readonly steps: readonly string[];
  readonly features: number;
}

/** The transforms of a list, one folder each. */
export const stepsAt = (tensors: ForeignTensors, folder: string): string[] =>
  Array.from({ length: countEntries(tensors, folder) }, (_, at) => pathWithin(folder, `${at}`));

/**
 * A flow with its base, as `flow.state_dict()` names it: `transform.transforms.<i>` since zuko 0.3, `transforms.<i>` before,
 * `transform` where it has one transform that was given alone.
 */
export function flowAt(tensors: ForeignTensors, folder: string): FlowPlace {
  const names = namesIn(tensors, folder);
  const start = ["transform.transforms", "transform", "transforms"].find((path) =>
    names.some((name) => name.startsWith(`${path}.`)),
  );
  if (start === undefined) {
    refuse(folder, "the tensors of a flow of zuko (transform.*, base.*)", listed(names), otherPlaces(tensors));
  }
  const strange = names.find((name) => !name.startsWith(`${start}.`) && !name.startsWith("base."));
  if (strange !== undefined) {
    refuse(folder, `tensors of the flow alone (${start}.*, base.*)`, `"${strange}" too`, otherPlaces(tensors));
  }
  const features = checkBase(tensors, folder);
  const path = pathWithin(folder, start);
  return { steps: start === "transform" ? [path] : stepsAt(tensors, path), features };
}

const listed = (names: readonly string[]) =>
  names.length === 0 ? "none" : names.slice(0, 3).join(", ") + (names.length > 3 ? ", ..." : "");

/** The folders of a file that look like flows, for a hint. */
function otherPlaces(tensors: ForeignTensors): string | undefined {
  const pattern = /^(?:(.*?)\.)?(?:transform\.transforms|transforms|transform)\.(?:0\.)?(?:order|mask|hyper|phi)\b/;
  const folders = new Set([...tensors.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? []));
  return folders.size === 0 ? undefined : `Flows of this file stand at ${listed([...folders])}: name such a folder`;
}

/** The base must be the standard normal of NSF, MAF and NICE. Other flows with the same transforms differ in it alone. */
function checkBase(tensors: ForeignTensors, folder: string): number {
  const base = pathWithin(folder, "base");
  const names = namesIn(tensors, base);
  if (names.length === 0) {
    refuse(
      base,
      "the base of the flow, which distinguishes neural spline flows (NSF) from circular ones (NCSF)",
      "none",
      "Save flow.state_dict() as a whole; loadSplines and loadAutoregressive read transforms without a base",
    );
  }
  let features: number | undefined;
  for (const name of names) {
    const wanted = /^(_0|loc)$/.test(name) ? 0 : /^(_1|scale)$/.test(name) ? 1 : undefined;
    const { data } = numbers(tensors, `${base}.${name}`);
    features ??= data.length;
    if (wanted !== undefined && data.length === features && data.every((value) => value === wanted)) continue;
    refuse(`${base}.${name}`, "a standard normal base", baseText(name, data));
  }
  if (names.length !== 2) refuse(base, "loc and scale of a standard normal base", names.join(", "));
  return features as number;
}

function baseText(name: string, data: Float64Array): string {
  // zuko's box reaches 1e-5 beyond ±π.
  const isCircular =
    /^(_0|_1|lower|upper)$/.test(name) && data.every((value) => Math.abs(Math.abs(value) - Math.PI) < 1e-3);
  if (isCircular) return "a uniform one from -π to π, of a circular spline flow (NCSF)";
  return /^(_0|_1|loc|scale)$/.test(name) ? "another loc or scale" : `"${name}", of another distribution`;
}
