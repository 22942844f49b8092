/** Measure distributions, not just numbers, from unbinned data. */
export * from "./engine/index.js";
export * from "./flows/index.js";
export * from "./inference/index.js";
export * from "./io/index.js";

export const version = "0.1.0";
