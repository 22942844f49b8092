/** Likelihoods, fits, covariance, modes, scans and their pictures. */
export * from "./contours.js";
export * from "./covariance.js";
export * from "./fit-result.js";
export * from "./generators/doi-toy.js";
export * from "./goodness-of-fit.js";
export * from "./likelihood.js";
export * from "./minimise.js";
export * from "./mixture.js";
export * from "./mixture-model.js";
export * from "./objective.js";
export * as plots from "./plots/index.js";
export * from "./principal-modes.js";
export * from "./published-model.js";
export * from "./scan.js";
export * from "./special-functions.js";
export * from "./yields.js";
