/** Every key of the configuration file, once. nu (nuisances) is in prior standard deviations throughout. */
import { section, type ValueOf } from "./entries.js";
import { data } from "./table/data.js";
import { fit } from "./table/fit.js";
import { flows } from "./table/flows.js";
import { general } from "./table/general.js";
import { impacts } from "./table/impacts.js";
import { likelihood } from "./table/likelihood.js";
import { model } from "./table/model.js";
import { morph } from "./table/morph.js";
import { nuisances, point } from "./table/nuisances.js";
import { observables } from "./table/observables.js";
import { processes } from "./table/processes.js";
import { report } from "./table/report.js";
import { response } from "./table/response.js";
import { scan } from "./table/scan.js";
import { simulation } from "./table/simulation.js";
import { ensemble, transport } from "./table/transport.js";

export const configurationTable = section(
  {
    ...general,
    observables,
    processes,
    nuisances,
    simulation,
    data,
    model,
    likelihood,
    flows,
    morph,
    transport,
    ensemble,
    fit,
    response,
    scan,
    impacts,
    truth: point("True values of the nuisances, where they are known (toys). The report shows them beside the fit."),
    report,
  },
  { doc: "An unbinned analysis." },
);

/** The validated configuration, every default filled in. */
export type Configuration = ValueOf<typeof configurationTable>;
export type Nuisance = Configuration["nuisances"][string];
export type TrainingRecipe = Configuration["transport"]["training"];
