/** Where the data are: every nuisance drawn from its prior, rounded; `truth` of analysis.yaml has the same numbers. */
import { fillNormal, randomKey } from "unbinned";
import { NAMES } from "./model.mjs";

export const SEED = 10;

const normals = new Float64Array(NAMES.length);
fillNormal(randomKey(SEED, "truth"), 0, normals);

export const TRUTH = Object.fromEntries(NAMES.map((name, k) => [name, Math.round(100 * normals[k]) / 100]));
