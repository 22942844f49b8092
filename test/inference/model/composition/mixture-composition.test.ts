/**
 * The mixture of processes, written in the language: its likelihood as one channel, frames in its flows, is that of `likelihood`, whose events
 * enter the frame before. What both compute is checked against PyTorch and closed forms in `likelihood.test.ts` and `mixture.test.ts`.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import {
  EVENTS,
  EVENTS_GIVEN_X,
  mixtureComposition,
} from "../../../../inference/model/composition/mixture-composition.js";
import { channelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { likelihood } from "../../../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";
import { withBackend } from "../../with-backend.js";
import { COUNT, dataOf, type Sample, samples } from "../likelihood/mixture-samples.js";

/** The same numbers added in another order: a few hundred roundings of terms of order 10. */
const REORDERED = { absolute: 1e-10, relative: 1e-11 };

const { response: _, ...withoutResponse } = gaussianModel;
const all: Readonly<Record<string, Sample>> = {
  ...samples,
  "three processes, a nuisance of one of them, rates": { model: withoutResponse, once: [] },
  "three processes, T that responds to four nuisances": { model: gaussianModel, once: [] },
  "three processes, a response in front of T": {
    model: { ...gaussianModel, response: { ...gaussianModel.response!, actsOn: "data" } },
    once: [],
  },
  "acceptances, a frame": {
    model: {
      ...withoutResponse,
      frame: { x: { shift: [0.5], scale: [2] }, y: { shift: [1, 0, -1], scale: [1, 4, 0.5] } },
      nuisances: withoutResponse.nuisances.map((own) =>
        own.kind === "shape"
          ? {
              ...own,
              acceptance: [
                { up: 0.1, down: -0.2 },
                { up: null, down: 0.1 },
                { up: 0.05, down: null },
              ],
            }
          : own,
      ),
    },
    once: [],
  },
};

/** The conditional form divides by p(x): two densities of the language. */
const isWritten = ({ model, form = "joint", hasY = true }: Sample) =>
  form === "joint" && (hasY || model.y === undefined);

const columnsOf = ({ x, y }: MixtureModel) => {
  const names = (of: string, features: number) => Array.from({ length: features }, (_, i) => `${of}${i}`);
  return {
    x: names("x", x.nominal.architecture.features),
    ...(y && { y: names("y", y.nominal.architecture.features) }),
  };
};

const rowsOf = (names: readonly string[], column: ArrayLike<number>) =>
  Object.fromEntries(
    names.map((name, i) => [name, Float64Array.from({ length: COUNT }, (_, e) => column[i * COUNT + e]!)]),
  );

const { create } = testBackends().find(({ name }) => name === "reference")!;

for (const [name, sample] of Object.entries(all).filter(([, own]) => isWritten(own))) {
  test(`${name}: value, gradient, Hessian and log p of every event`, () =>
    withBackend(create, async (backend) => {
      const { model } = sample;
      const base = dataOf({ ...sample, model });
      const width = model.x.nominal.architecture.features;
      const data = { ...base, x: base.x.subarray(0, width * COUNT) };
      const names = columnsOf(model);
      const ofModel = await likelihood({ backend, model, data, form: "joint", extended: true });
      const composition = mixtureComposition(model, names);
      const columns = { ...rowsOf(names.x, data.x), ...(names.y && rowsOf(names.y, data.y!)) };
      const written = await channelsLikelihood({
        backend,
        composition,
        channels: [
          { name: "data", density: EVENTS, isExtended: true, data: { count: COUNT, columns, weights: data.weights } },
        ],
      });
      assert.equal(written.names, ofModel.names);
      assert.is(written.crossesKnots, ofModel.crossesKnots);
      const nu = model.nuisances.map((own, k) => own.nominal + [0.7, -0.4, 0.3, 1.2][k]!);
      const [wanted, got] = [
        await ofModel.evaluate(Float64Array.from(nu), 2),
        await written.evaluate(Float64Array.from(nu), 2),
      ];
      close([got.nll], [wanted.nll], REORDERED, "-ln L");
      close(got.gradient!, wanted.gradient!, REORDERED, "gradient");
      close(got.hessian!, wanted.hessian!, REORDERED, "Hessian");
      close(await written.logProb("data", nu), await ofModel.logProb(nu), REORDERED, "log p");
      const [product, own] = [await ofModel.scoreProduct(nu), await written.scoreProduct(nu)];
      close(own, product, { absolute: 1e-9, relative: 1e-10 }, "products of scores");
      await ofModel.close();
      await written.close();
    }));
}

test("the conditional form is the density of y at given x: that of both less that of x alone", async () => {
  const { y: _, transport: __, response: ___, ...ofX } = gaussianModel;
  const names = columnsOf(gaussianModel);
  const columns = Object.fromEntries(
    [...names.x, ...names.y!].map((name, i) => [name, Float64Array.from([0.3, -0.8, 1.1], (own) => own + 0.2 * i)]),
  );
  const logProb = async (model: MixtureModel, form: "joint" | "conditional", density: string) => {
    const composition = mixtureComposition(model, model.y ? names : { x: names.x }, form);
    const data = { count: 3, columns };
    const channels = [{ name: "data", density, isExtended: true, data }];
    const of = await channelsLikelihood({ backend: referenceBackend(), composition, channels });
    const nu = gaussianModel.nuisances.map((_, k) => 0.3 - 0.2 * k);
    const found = await of.logProb("data", nu);
    await of.close();
    return found;
  };
  const found = await logProb(gaussianModel, "conditional", EVENTS_GIVEN_X);
  const both = await logProb(gaussianModel, "joint", EVENTS);
  const alone = await logProb(ofX, "joint", EVENTS);
  close(
    found,
    both.map((own, i) => own - alone[i]!),
    REORDERED,
  );
  assert.throws(
    () => mixtureComposition(ofX, { x: names.x }, "conditional"),
    /expected y for p\(y \| x\), got x alone/,
  );
});

test("columns that are not those of the model are refused", () => {
  assert.throws(
    () => mixtureComposition(gaussianModel, { x: ["x0"] }),
    /mixtureComposition: expected columns of x and y, got no columns of y/,
  );
});

test.run();
