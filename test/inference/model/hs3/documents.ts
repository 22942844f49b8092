/** A small file of HS³, parts of which tests write differently. */
import * as assert from "uvu/assert";
import { type Hs3Options, type ReadHs3, readHs3 } from "../../../../inference/model/hs3/read.js";
import { refusal } from "../../../support/rejects.js";

/** What JSON holds, or a text that stands as it is. */
export type Json = unknown;

export interface Sections {
  readonly metadata?: Json;
  readonly distributions?: readonly Json[];
  readonly functions?: readonly Json[];
  readonly data?: readonly Json[];
  readonly likelihoods?: readonly Json[];
  readonly domains?: readonly Json[];
  readonly parameter_points?: readonly Json[];
  readonly analyses?: readonly Json[];
  readonly [other: string]: Json;
}

export const gaussian = { name: "g", type: "gaussian_dist", x: "x", mean: "mu", sigma: "s" };
export const events = {
  name: "d",
  type: "unbinned",
  axes: [{ name: "x", min: -5, max: 5 }],
  entries: [[0.5], [-1.25], [2]],
};
export const point = (values: Readonly<Record<string, number>>, ...fixed: readonly string[]) => ({
  name: "p",
  parameters: Object.entries(values).map(([name, value]) => ({
    name,
    value,
    ...(fixed.includes(name) && { const: true }),
  })),
});

export const DOCUMENT: Sections = {
  metadata: { hs3_version: "0.2" },
  distributions: [gaussian],
  data: [events],
  likelihoods: [{ name: "l", distributions: ["g"], data: ["d"] }],
  parameter_points: [point({ mu: 0.1, s: 1.5 })],
  domains: [
    {
      name: "all",
      type: "product_domain",
      axes: [
        { name: "mu", min: -3, max: 3 },
        { name: "s", min: 0.1 },
      ],
    },
  ],
};

export const textOf = (changed: Sections = {}) => JSON.stringify({ ...DOCUMENT, ...changed });

export const readWith = (changed: Sections = {}, options: Hs3Options = {}): Promise<ReadHs3> =>
  readHs3(textOf(changed), { where: "m.json", ...options });

/** What is said of a file that is refused. */
export const saidOf = (changed: Sections | string, options: Hs3Options = {}): Promise<string> =>
  refusal(readHs3(typeof changed === "string" ? changed : textOf(changed), { where: "m.json", ...options }));

/** The file is refused with this sentence. */
export async function refused(changed: Sections | string, sentence: string, options: Hs3Options = {}): Promise<void> {
  assert.is(await saidOf(changed, options), sentence);
}

/** The likelihood of one distribution with the data, and others beside it. */
export const withModel = (model: Readonly<Record<string, Json>>, ...others: readonly Json[]): Sections => ({
  distributions: [{ name: "g", ...model }, ...others],
});
