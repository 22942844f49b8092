/** What a likelihood is asked for and cannot give. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { likelihood } from "../../../../inference/model/likelihood/likelihood.js";
import { torchEvents, torchModel } from "../../torch-mixture.js";

const plain = { backend: referenceBackend(), form: "joint", extended: true } as const;

async function refused(change: Partial<Parameters<typeof likelihood>[0]>): Promise<string> {
  const model = torchModel({ hasTransport: false, hasRates: false });
  try {
    await likelihood({ ...plain, model, data: torchEvents, ...change });
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

test("no events are data of an extended likelihood alone", async () => {
  const data = { count: 0, x: new Float64Array(0), y: new Float64Array(0) };
  assert.match(
    await refused({ model: torchModel({ hasTransport: false, hasRates: true }), data, extended: false }),
    /likelihood: expected at least one event, unless it is extended, got 0/,
  );
  assert.is(await refused({ data, extended: true }), "accepted");
});

test("data that do not fit the model or each other are refused", async () => {
  const model = torchModel({ hasTransport: true, hasRates: false });
  const { y: _, ...ofX } = model;
  const { transport: __, ...ofXAlone } = ofX;
  const { y: ___, ...dataOfX } = torchEvents;
  assert.match(await refused({ model: ofX, data: dataOfX }), /model: y: expected a density of y, got none/);
  assert.match(await refused({ model: ofXAlone }), /likelihood: expected data without y: the model knows x alone/);
  assert.match(
    await refused({ data: { ...torchEvents, weights: new Float64Array(30) } }),
    /extended likelihood: expected event weights with a positive finite sum, got 0\. Set likelihood\.extended/,
  );
  assert.match(
    await refused({ data: { ...torchEvents, x: new Float64Array(29) } }),
    /likelihood: expected 1 x 30 numbers in column "x", got 29/,
  );
  assert.match(
    await refused({ model: { ...model, nuisances: [] } }),
    /likelihood: expected at least one nuisance, got none/,
  );
});

test.run();
