/** Z peaks of real events (CMS Open Data, Run2011A), a Voigt profile and an exponential, against fits by iminuit with scipy's Faddeeva function. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { fitLikelihood } from "../../../../inference/model/likelihood/fit-likelihood.js";
import { readCsvTable } from "../../../../io/index.js";
import { referenceFile, referenceTest } from "../../../support/reference.js";
import { withLikelihood } from "./evaluate-density.js";
import { parameter } from "./samples.js";

/** Masses in the window of pairs of opposite charge. */
async function masses(file: string, isWanted: (row: (name: string) => number | string) => boolean) {
  const table = await readCsvTable(referenceFile(`cms-z/${file}`));
  const column = (name: string): ArrayLike<number | string> => {
    const own = table.get(name)!;
    return "data" in own ? Array.from(own.data, Number) : own;
  };
  const all = Object.fromEntries([...table.keys()].map((name) => [name, column(name)]));
  return Float64Array.from({ length: all.pt1!.length }, (_, i) => {
    const of = (name: string) => all[name]![i] as number;
    const isKept = of("Q1") * of("Q2") < 0 && isWanted((name) => all[name]![i]!);
    const angle = Math.cosh(of("eta1") - of("eta2")) - Math.cos(of("phi1") - of("phi2"));
    return isKept ? Math.sqrt(2 * of("pt1") * of("pt2") * angle) : Number.NaN;
  }).filter((m) => m > 80 && m < 100);
}

const everything = () => true;

/** iminuit 2.17 (strategy 2), scipy 1.10: the program is written down with its output beside the data, `tag-and-probe/real_data.py`. */
const FITS = [
  {
    name: "muons",
    file: "Zmumu_Run2011A.csv",
    isWanted: everything,
    count: 8645,
    mean: 90.8307,
    sigma: 1.2357,
    perEvent: 2.53691,
  },
  {
    name: "central muons",
    file: "Zmumu_Run2011A.csv",
    isWanted: (of: (name: string) => number | string) =>
      Math.abs(Number(of("eta1"))) < 1 && Math.abs(Number(of("eta2"))) < 1,
    count: 2578,
    mean: 90.8871,
    sigma: 0.9358,
    perEvent: 2.473203,
  },
  {
    name: "electrons",
    file: "Zee_Run2011A.csv",
    isWanted: everything,
    count: 10814,
    mean: 90.7154,
    sigma: 2.2049,
    perEvent: 2.788301,
  },
  {
    name: "electrons in the barrel",
    file: "Zee_Run2011A.csv",
    isWanted: (of: (name: string) => number | string) => of("type1") === "EB" && of("type2") === "EB",
    count: 5734,
    mean: 90.772,
    sigma: 1.8539,
    perEvent: 2.727778,
  },
] as const;

for (const { name, file, isWanted, count, mean, sigma, perEvent } of FITS) {
  referenceTest(`the Z peak of ${name} is where iminuit has it`, async () => {
    const m = await masses(file, isWanted);
    assert.is(m.length, count);
    const composition = checkedComposition({
      columns: { m: { range: [80, 100] } },
      parameters: [parameter("M", 90.8), parameter("sigma", 1.3), parameter("f", 0.9), parameter("c", 0.05)],
      densities: {
        peak: { kind: "voigt", x: "m", mean: "M", width: 2.4952, sigma: "sigma" },
        rest: { kind: "exponential", x: "m", c: "c" },
        both: { kind: "mixture", summands: ["peak", "rest"], coefficients: ["f"] },
      },
    });
    const backend = await cpuBackend({ precision: "f64", threads: 2 });
    try {
      const bounds = { sigma: [0.05, 8], f: [0, 1], c: [-1, 1] } as const;
      const fit = await withLikelihood(backend, composition, "both", { m }, (likelihood, start) =>
        fitLikelihood(likelihood, { start, bounds, tolerance: 1e-8 }),
      );
      assert.is(fit.status, "converged");
      const [M, width] = fit.estimate.values;
      assert.ok(Math.abs(M! - mean) < 0.001, `mean ${M}`);
      assert.ok(Math.abs(width! - sigma) < 0.002, `sigma ${width}`);
      // To the digits that are written down: a millionth of the number and half of a unit in the last place.
      assert.ok(Math.abs(fit.nll! / count - perEvent) < 1.5e-6, `${fit.nll! / count} per event`);
    } finally {
      await backend.close();
    }
  });
}

test.run();
