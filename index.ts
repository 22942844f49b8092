/** Measure distributions, not just numbers, from unbinned data. */
export * from "./browser.js";
export * from "./io/index.js";
