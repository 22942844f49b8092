/** Anchors of nuisances with names. */
import type { SimulatedEvents } from "../../../../inference/model/sampling/simulated-events.js";

export const part = (process: number, at: number[], x: number[], weights?: number[]): SimulatedEvents => ({
  process,
  at,
  count: x.length,
  x: Float64Array.from(x),
  ...(weights && { weights: Float64Array.from(weights) }),
});
