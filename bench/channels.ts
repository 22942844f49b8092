/**
 * `channels`: the mixture as a composition in the language beside the likelihood that is written by hand: value, gradient, Hessian and sums of
 * products of scores at many ν, what depends on data and weights alone kept by both.
 *
 * One thread of the cpu backend in f32, in processor time, the two in turn. Models are those of `scan`.
 */

import { quartiles, quartilesText, rounded, significant } from "../cli/roofline/statistics.js";
import type { Backend } from "../engine/runtime/backend.js";
import { factorizableFlow } from "../flows/architecture/architecture.js";
import { EVENTS, mixtureComposition } from "../inference/model/composition/mixture-composition.js";
import { channelsLikelihood } from "../inference/model/likelihood/channels.js";
import { type EventData, type Likelihood, likelihood } from "../inference/model/likelihood/likelihood.js";
import { checkedModel, type MixtureModel, type NuisanceModel } from "../inference/model/mixture-model.js";
import { likelihoodModels } from "./support/likelihood-models.js";
import { writeResult } from "./support/machine.js";
import { processorTime } from "./support/processor-time.js";
import { filled, toy } from "./workloads/toy.js";

const COUNT = 10_000;
const ROUNDS = 15;

/** In a frame: six shapes, of which four act on one process and all change acceptances, and two rates. */
function eightNuisances(): MixtureModel {
  const model = toy();
  const shapes = ["a", "b", "c", "d", "e", "f"];
  const morph = (context: number, seed: number) =>
    filled(
      factorizableFlow({
        features: 2,
        context,
        layers: 1,
        hidden: [32, 32],
        nuisances: shapes.map(() => ({})),
        standardisation: "both",
      }),
      seed,
    );
  const nuisances: NuisanceModel[] = [
    ...shapes.map(
      (name, k): NuisanceModel => ({
        name,
        kind: "shape",
        nominal: 0,
        acts: [k !== 0 && k !== 2, k !== 1 && k !== 3],
        acceptance: [
          { up: 0.03, down: -0.02 },
          { up: -0.01, down: null },
        ],
      }),
    ),
    ...["luminosity", "efficiency"].map(
      (name, k): NuisanceModel => ({
        name,
        kind: "rate",
        nominal: 0,
        logFactors: [0.02, k === 0 ? 0.02 : 0],
      }),
    ),
  ];
  return checkedModel({
    ...model,
    nuisances,
    x: { ...model.x, morph: morph(2, 2) },
    y: { ...model.y!, morph: morph(4, 4) },
    frame: { x: { shift: [0.1, -0.2], scale: [1.1, 0.9] }, y: { shift: [0.2, 0.1], scale: [0.8, 1.2] } },
  });
}

const points = ({ nuisances }: MixtureModel) =>
  [0.4, -0.25].map((size) => nuisances.map((_, k) => (k % 2 === 0 ? size : -size / 2)));

const rowsOf = (names: readonly string[], column: ArrayLike<number>, count: number) =>
  Object.fromEntries(
    names.map((name, i) => [name, Float64Array.from({ length: count }, (_, e) => column[i * count + e]!)]),
  );

type Evaluated = Pick<Likelihood, "evaluate" | "outerProduct">;

async function compare(backend: Backend, name: string, model: MixtureModel, data: EventData) {
  const { count } = data;
  const byHand = await likelihood({ backend, model, data, form: "joint", extended: true });
  const names = { x: ["x0", "x1"], ...(data.y && { y: ["y0", "y1"] }) };
  const columns = { ...rowsOf(names.x, data.x, count), ...(names.y && data.y && rowsOf(names.y, data.y, count)) };
  const written = await channelsLikelihood({
    backend,
    composition: mixtureComposition(model, names),
    channels: [{ name: "data", density: EVENTS, isExtended: true, data: { count, columns } }],
  });
  const calls: Record<string, (own: Evaluated, nu: readonly number[]) => Promise<unknown>> = {
    value: (own, nu) => own.evaluate(Float64Array.from(nu), 0),
    gradient: (own, nu) => own.evaluate(Float64Array.from(nu), 1),
    Hessian: (own, nu) => own.evaluate(Float64Array.from(nu), 2),
    scores: (own, nu) => own.outerProduct(nu),
  };
  const results: object[] = [];
  for (const [what, call] of Object.entries(calls)) {
    const first = await processorTime(() => call(byHand, points(model)[0]!));
    const firstWritten = await processorTime(() => call(written, points(model)[0]!));
    const times: { readonly byHand: number[]; readonly written: number[] } = { byHand: [], written: [] };
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const nu = points(model)[round % 2]!;
      times.byHand.push(await processorTime(() => call(byHand, nu)));
      times.written.push(await processorTime(() => call(written, nu)));
      ratios.push(times.written.at(-1)! / times.byHand.at(-1)!);
    }
    const ratio = quartiles(ratios);
    const [own, other] = [quartiles(times.byHand), quartiles(times.written)];
    console.log(
      `${name}, ${count} events, ${what}: by hand ${quartilesText(own, 1)} ms, channels ${quartilesText(other, 1)} ms,` +
        ` ratio ${quartilesText(ratio, 3)}; first call ${first.toFixed(0)} and ${firstWritten.toFixed(0)} ms`,
    );
    results.push({
      name,
      events: count,
      what,
      byHand: rounded(own),
      channels: rounded(other),
      ratio: rounded(ratio),
      firstCallMilliseconds: { byHand: significant(first), channels: significant(firstWritten) },
    });
  }
  await byHand.close();
  await written.close();
  return results;
}

const { where, backend, weights, models, dataOf } = await likelihoodModels();
const data = dataOf(COUNT);
const results: object[] = [];
for (const [name, model] of Object.entries({ ...models, "eight nuisances": eightNuisances() }))
  results.push(...(await compare(backend, name, model, data)));
await backend.close();
writeResult("channels", where, { weights, results });
