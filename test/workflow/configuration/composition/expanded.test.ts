/** The graph of a composition as lists: names of HS³, numbers filled in, no weights. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mixtureComposition } from "../../../../inference/model/composition/mixture-composition.js";
import { expanded, graphOf } from "../../../../workflow/configuration/composition/expanded.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";
import { COMPOSITION, readAs } from "./sources.js";

const ofNone = { ofFunction: () => undefined, ofDensity: () => undefined };

test("parameters, densities and channels of a file", async () => {
  const graph = expanded(await readAs(COMPOSITION));
  assert.equal(graph.parameter_points[2], { name: "slope", value: 0.02, const: false });
  assert.equal(graph.distributions.at(-1), {
    name: "model",
    type: "mixture_dist",
    summands: ["flat", "background"],
    coefficients: ["nflat", "nbkg"],
    of: ["m"],
    extended: true,
  });
  assert.equal(graph.likelihoods[0]!.channels, [{ name: "fit", distribution: "model", data: "data", extended: true }]);
});

test("flows stand by their architectures and the count of their numbers; ends of ranges that are open are left out", () => {
  const columns = { x: ["a"], y: ["b", "c", "d"] };
  const { distributions, domains, constraints } = graphOf(mixtureComposition(gaussianModel, columns), ofNone);
  assert.equal(domains.slice(0, 2), [{ name: "a" }, { name: "b" }]);
  assert.equal(domains.at(-1), { name: "process", values: [0, 1, 2] });
  const [nominal] = distributions as unknown as readonly { readonly type: string; readonly flow: object }[];
  const { architecture, weights } = gaussianModel.x.nominal;
  const numbers = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  assert.is(nominal!.type, "flow");
  assert.equal(nominal!.flow, { architecture, numbers });
  assert.equal(constraints[1], {
    name: "rate_constraint",
    type: "gaussian_dist",
    observed: 0.2,
    sigma: 1,
    parameter: "rate",
  });
  assert.not.match(JSON.stringify(distributions), /"weights"/);
});

test.run();
