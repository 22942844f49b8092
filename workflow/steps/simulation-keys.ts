/** Stand for a model of simulation: its densities with yields and nuisances, whole and of x alone. */
export interface SimulationKeys {
  readonly whole: string;
  readonly xAlone: string;
}
