/** The simulation that a configuration asks for. */
import type { Analysis } from "../configuration/analysis.js";
import { generatorSimulation } from "./generator-simulation.js";
import { sampleSimulation } from "./sample-simulation.js";
import type { Simulation } from "./simulation.js";

export function openSimulation(analysis: Analysis): Promise<Simulation> {
  const { generator } = analysis.configuration.simulation;
  return generator === undefined ? sampleSimulation(analysis) : generatorSimulation(analysis.configuration, generator);
}
