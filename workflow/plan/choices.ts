/** What users may choose of plans, by name. */

export const ENGINES = ["snakemake", "slurm", "htcondor"] as const;
export type Engine = (typeof ENGINES)[number];

/**
 * What one command does of a run that several share: `prepare` what all read, do `steps` and write no results, make the `report` of
 * the steps that are done and do none.
 */
export const PARTS = ["prepare", "steps", "report"] as const;
export type Part = (typeof PARTS)[number];
