/** Models as data: what fits together, and what of them is changed. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mixtureFromTensors, mixtureToTensors } from "../../../inference/model/mixture-file.js";
import {
  checkedModel,
  mixtureParameters,
  type ResponseSide,
  sideOf,
  withExposure,
  withParameters,
} from "../../../inference/model/mixture-model.js";
import { gaussianModel, gaussianModelInFront } from "../../support/gaussian-mixture.js";
import { torchModel } from "../torch-mixture.js";

test("a model survives being saved as tensors, and takes new parameters", async () => {
  const model = torchModel({ hasTransport: true, hasRates: true });
  const { metadata, tensors } = mixtureToTensors(model);
  const again = mixtureFromTensors("file", { metadata, tensors });
  assert.equal(again, model);
  const simulated = {
    events: 10,
    x: [[-1, 2]],
    y: [
      [0, 1],
      [0, 3],
    ],
  } as const;
  assert.equal(mixtureFromTensors("file", mixtureToTensors({ ...model, simulated })), { ...model, simulated });
  const name = "transfer.transforms.0.0.bias";
  const old = model.transport!.weights.get("transforms.0.0.bias")!.data;
  const changed = withParameters(model, { [name]: old.map((value) => value + 1) });
  assert.is(changed.transport!.weights.get("transforms.0.0.bias")!.data[0], old[0]! + 1);
  assert.equal(changed.y, model.y);
  assert.equal(changed.x, model.x);
});

test("what a response acts on is saved with the model, and kept where parameters change", () => {
  const again = mixtureFromTensors("file", mixtureToTensors(gaussianModelInFront));
  assert.equal(again, gaussianModelInFront);
  assert.is(again.response!.actsOn, "data");
  const name = "response.transforms.0.nuisances.0.1.bias";
  const changed = withParameters(again, { [name]: mixtureParameters(again)[name]!.map((value) => value + 1) });
  assert.is(changed.response!.actsOn, "data");
  assert.is(sideOf(changed.response!), "data");
});

test("files say nothing of what a response on simulation acts on, as before there was a choice", () => {
  const { metadata, tensors } = mixtureToTensors(gaussianModel);
  assert.not.match(metadata["unbinned.mixture"]!, "responseActsOn");
  const again = mixtureFromTensors("file", { metadata, tensors });
  assert.equal(again, gaussianModel);
  assert.is(sideOf(again.response!), "simulation");
});

test("another exposure multiplies every yield", () => {
  const model = torchModel({ hasTransport: false, hasRates: false });
  for (const [f, { logYield }] of withExposure(model, 0.25).processes.entries()) {
    const factor = Math.exp(logYield - model.processes[f]!.logYield);
    assert.ok(Math.abs(factor - 0.25) < 1e-12, `${factor}`);
  }
});

test("parts that do not fit together are refused", () => {
  const model = torchModel({ hasTransport: true, hasRates: false });
  const { y: _, ...ofX } = model;
  assert.throws(() => checkedModel(ofX), /model: y: expected a density of y, got none/);
  assert.throws(() => checkedModel({ ...model, processes: [] }), /model: processes: expected at least one, got none/);
  const actsOn = "both" as ResponseSide;
  assert.throws(
    () => checkedModel({ ...gaussianModel, response: { ...gaussianModel.response!, actsOn } }),
    /model: response: expected one that acts on simulation or data, got one that acts on both/,
  );
  const [first, second] = model.nuisances;
  assert.throws(
    () => checkedModel({ ...model, nuisances: [{ ...first!, nominal: 0.1 }, second!] }),
    /model: x\.morph: expected the shape nuisances with nominal values: nu1 at 0\.1, nu2 at 0, got 2 at 0, 0/,
  );
  assert.throws(
    () => mixtureToTensors({ ...model, x: { ...model.x, nominal: model.y!.nominal } }),
    /model: x\.nominal: expected 2 features and context 2, got 2 features and context 3/,
  );
});

test.run();
