/** Likelihoods in which y counts as often as weights of its own say, against sums over events by hand. */
import { test } from "uvu";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { likelihood, likelihoods } from "../../../../inference/model/likelihood/likelihood.js";
import type { LikelihoodForm } from "../../../../inference/model/mixture.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { torchEvents, torchModel } from "../../torch-mixture.js";
import { withBackend } from "../../with-backend.js";

const { count, weights, x } = torchEvents;
const model = torchModel({ hasTransport: true, hasRates: true });
const { y: _y, transport: _transport, ...xModel } = model;
const nu = [0.3, -0.2, 0.5, 0.1];

/** Two replicas' weights of y, those of a bootstrap and others of either sign. */
const yWeights = [
  Float64Array.from({ length: count }, (_, i) => [0, 1, 3, 0, 2][i % 5]!),
  Float64Array.from({ length: count }, (_, i) => Math.sin(i) - 0.2),
];

/** log N_tot(ν), written out. */
const logTotal = (at: readonly number[]) =>
  Math.log(
    model.processes.reduce((sum, { logYield }, f) => {
      const factors = model.nuisances.map(
        (nuisance, k) => (nuisance.kind === "rate" ? nuisance.logFactors[f]! : 0) * at[k]!,
      );
      return sum + Math.exp(logYield + factors.reduce((total, factor) => total + factor, 0));
    }, 0),
  );

/** log p of every event by one program in f64, [points][events]. */
async function logProbs(form: LikelihoodForm, withY: boolean, points: readonly (readonly number[])[]) {
  const backend = referenceBackend();
  const of = withY ? { model, data: torchEvents } : { model: xModel, data: { count, x } };
  const one = await likelihood({ backend, ...of, form, extended: false });
  const found: Float64Array[] = [];
  for (const point of points) found.push(await one.logProb(point));
  await one.close();
  return found;
}

/**
 * Fourth-order differences, over so short a distance that no event crosses a knot of a spline on the way, which would show: the
 * remainder is some step⁴ = 1e-16, the rounding of numbers of order ten 1e-15 / step = 1e-11.
 */
const STEP = 1e-4;
const stencil = [
  { distance: 1, factor: 8 / 12 },
  { distance: -1, factor: -8 / 12 },
  { distance: 2, factor: -1 / 12 },
  { distance: -2, factor: 1 / 12 },
];

/** Scores of every event [events][K], log N_tot included. */
async function scores(form: LikelihoodForm, withY: boolean): Promise<number[][]> {
  const own = Array.from({ length: count }, () => nu.map(() => 0));
  for (const k of nu.keys()) {
    const points = stencil.map(({ distance }) => nu.map((value, j) => value + (j === k ? distance * STEP : 0)));
    const found = await logProbs(form, withY, points);
    for (const [s, { factor }] of stencil.entries()) {
      const total = logTotal(points[s]!);
      for (let i = 0; i < count; i++) own[i]![k]! += (factor * (found[s]![i]! + total)) / STEP;
    }
  }
  return own;
}

const zero = () => nu.map(() => 0);

for (const form of ["joint", "conditional"] as const) {
  test(`values, slopes and products of scores with weights of y, ${form}`, async () => {
    const [withY] = (await logProbs(form, true, [nu])) as [Float64Array];
    const withoutY = form === "joint" ? (await logProbs(form, false, [nu]))[0]! : new Float64Array(count);
    const own = await scores(form, true);
    const alone = form === "joint" ? await scores(form, false) : own.map(zero);
    const answers = yWeights.map((ofY) => {
      const answer = { nll: 0, gradient: zero(), outerProduct: nu.map(zero), product: nu.map(zero), scatter: zero() };
      for (let i = 0; i < count; i++) {
        const [w, v] = [weights![i]! * ofY[i]!, form === "joint" ? weights![i]! * (1 - ofY[i]!) : 0];
        answer.nll -= w * withY[i]! + v * withoutY[i]!;
        const [g, h] = [own[i]!, alone[i]!];
        for (const k of nu.keys()) {
          answer.gradient[k]! -= w * g[k]! + v * h[k]!;
          answer.scatter[k]! += (w * g[k]! ** 2 + v * h[k]! ** 2) ** 2;
          for (const j of nu.keys()) {
            answer.outerProduct[k]![j]! += w * g[k]! * g[j]! + v * h[k]! * h[j]!;
            answer.product[k]![j]! += (w * g[k]! + v * h[k]!) * (w * g[j]! + v * h[j]!);
          }
        }
      }
      // What evaluateParts calls data has no log N_tot in it: that is in the extended term.
      const slope = nu.map((_, k) => {
        const at = (distance: number) => logTotal(nu.map((value, j) => value + (j === k ? distance * STEP : 0)));
        return stencil.reduce((sum, { distance, factor }) => sum + (factor * at(distance)) / STEP, 0);
      });
      const counted = Array.from(weights!).reduce((sum, w, i) => sum + w * (form === "joint" ? 1 : ofY[i]!), 0);
      return { ...answer, gradient: answer.gradient.map((g, k) => g + counted * slope[k]!) };
    });
    for (const { create, isSlow } of testBackends()) {
      if (isSlow) continue;
      await withBackend(create, async (backend) => {
        // f32: sums of a few dozen numbers of order ten, each good to 2^-24 times the length of a flow.
        const tolerance =
          backend.precision === "f64" ? { absolute: 1e-8, relative: 1e-8 } : { absolute: 5e-3, relative: 5e-4 };
        const request = { backend, model, data: torchEvents, form, extended: true };
        const members = await likelihoods(request, [model, model], yWeights);
        for (const b of [0, 1, 0]) {
          const { nll, gradient, outerProduct, product, scatter } = answers[b]!;
          const found = (await members[b]!.evaluateParts(nu, 1)).data;
          close([found.nll], [nll], tolerance, `nll of ${b}`);
          close(found.gradient!, gradient, tolerance, `gradient of ${b}`);
          const constrained = (matrix: number[][]) =>
            matrix.flatMap((row, k) => row.map((v, j) => v + (j === k ? 1 : 0)));
          const own = await members[b]!.outerProduct(nu);
          close(own.matrix, constrained(outerProduct), tolerance, `outer product of ${b}`);
          close(own.scatter, scatter.map(Math.sqrt), tolerance, `scatter of ${b}`);
          close(await members[b]!.scoreProduct(nu), constrained(product), tolerance, `product of ${b}`);
        }
        await members[0]!.close();
      });
    }
  });
}

test("Hessians with weights of y are differences of slopes", async () => {
  const request = { backend: referenceBackend(), model, data: torchEvents, form: "joint", extended: true } as const;
  const members = await likelihoods(request, [model, model], yWeights);
  for (const member of members) {
    const { hessian } = await member.evaluate(Float64Array.from(nu), 2);
    const rows: number[] = [];
    for (const k of nu.keys()) {
      const row = zero();
      for (const { distance, factor } of stencil) {
        const at = Float64Array.from(nu, (value, j) => value + (j === k ? distance * STEP : 0));
        const { gradient } = await member.evaluate(at, 1);
        for (const j of nu.keys()) row[j]! += (factor * gradient![j]!) / STEP;
      }
      rows.push(...row);
    }
    close(hessian!, rows, { absolute: 1e-7, relative: 1e-8 }, "hessian");
  }
  await members[0]!.close();
});

test("y that counts once changes nothing, y that never counts leaves x alone", async () => {
  const request = { backend: referenceBackend(), model, data: torchEvents, form: "joint", extended: true } as const;
  const plain = await likelihood(request);
  const alone = await likelihood({ ...request, model: xModel, data: { count, x, weights } });
  const members = await likelihoods(
    request,
    [model, model],
    [1, 0].map((value) => new Float64Array(count).fill(value)),
  );
  for (const [b, wanted] of [plain, alone].entries()) {
    const [found, answer] = [
      await members[b]!.evaluate(Float64Array.from(nu), 2),
      await wanted.evaluate(Float64Array.from(nu), 2),
    ];
    close([found.nll], [answer.nll], { absolute: 1e-10, relative: 1e-12 }, "nll");
    close(found.hessian!, answer.hessian!, { absolute: 1e-10, relative: 1e-11 }, "hessian");
  }
  for (const own of [plain, alone, members[0]!]) await own.close();
});

test("weights of y that do not fit are refused", async () => {
  const request = { backend: referenceBackend(), model, data: torchEvents, form: "joint", extended: true } as const;
  const { y: _y, ...xData } = torchEvents;
  const ones = new Float64Array(count).fill(1);
  await rejects(
    likelihoods(request, [model], [ones.subarray(1)]),
    new RegExp(`${count} weights of y.*${count - 1}`, "s"),
  );
  await rejects(likelihoods(request, [model, model], [ones]), /weights of y for 2 models.*1/s);
  await rejects(likelihoods({ ...request, data: xData }, [model], [ones]), /data with y.*x alone/s);
});

test.run();
