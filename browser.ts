/** What bundlers for browsers take in place of index.ts: everything but io, which needs the files of Node. */
export * from "./engine/index.js";
// Not its ToyRequest: that name is of toys of a model.
export {
  distortedY,
  logDensityX,
  logDensityY,
  sampleToy,
  type ToyClass,
  type ToyEvents,
  type ToyNuisances,
  undistortedY,
} from "./examples/doi-toy/generator.js";
export * from "./flows/index.js";
export * from "./inference/index.js";

export const version = "0.1.0";
