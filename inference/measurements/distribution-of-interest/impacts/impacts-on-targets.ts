/** The numbers of a measurement on which there are impacts: the nuisances themselves and the expected yields. */
import { checkModel } from "../../../model/given-model.js";
import type { MixtureModel } from "../../../model/mixture-model.js";
import { expectedYields, movesYields } from "../../../model/yields.js";
import type { TargetFunctions } from "../../../statistics/impacts/impact-tables.js";

/** Every nuisance; and the yields, where nuisances move them. */
export function targetsOf(model: MixtureModel): TargetFunctions {
  checkModel("targetsOf", model);
  const { nuisances, processes } = model;
  const ofNuisances = nuisances.map(({ name }) => ({ kind: "nuisance", name }) as const);
  if (!movesYields(model)) return { targets: ofNuisances, evaluate: async (nu) => nu };
  const ofProcesses = processes.map(({ name }) => ({ kind: "yield", name }) as const);
  const ofAll = processes.length === 1 ? [] : [{ kind: "total yield", name: "" } as const];
  return {
    targets: [...ofNuisances, ...ofProcesses, ...ofAll],
    async evaluate(nu) {
      const yields = await expectedYields(model, nu);
      return [...nu, ...yields, ...ofAll.map(() => yields.reduce((sum, value) => sum + value, 0))];
    },
  };
}
