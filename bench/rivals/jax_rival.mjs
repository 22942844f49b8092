/**
 * jax-js as a rival of the bench: `jax_rival.mjs FOLDER DEVICE THREADS`. Each task is one `jit`, a training step with its optimiser.
 * What a bin needs is summed under a mask: that fuses, a gather does not.
 */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { serve } from "../../dist/bench/comparison/protocol.js";
import {
  BETA1,
  BETA2,
  CHECKED_STEPS,
  CLIP,
  EPSILON,
  HALF_LOG_2PI,
  isReversed,
  LEARNING_RATE,
  masks,
  outputsOf,
  readCase,
  shuffled,
  unitsBefore,
} from "./exchange.mjs";
import { scalarMaps } from "./scalar-maps.mjs";

const [folder, device] = process.argv.slice(2);
if (device === "webgpu") {
  // The library looks where a browser has it.
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, "navigator", { value: { gpu: create([]), userAgent: "" }, configurable: true });
}
await init(device);
defaultDevice(device);

const array = ({ shape, data }) => np.array(Float32Array.from(data)).reshape(shape);

/** Functions own their arguments: a further reference leaves them to the caller. */
const r = (x) => (typeof x === "number" ? x : x.ref);
const add = (a, b) => np.add(r(a), r(b));
const sub = (a, b) => np.subtract(r(a), r(b));
const mul = (a, b) => np.multiply(r(a), r(b));
const div = (a, b) => np.divide(r(a), r(b));
const greater = (a, b) => np.greater(r(a), r(b));
const where = (c, a, b) => np.where(r(c), r(a), r(b));
const sum = (x) => np.sum(r(x), -1);
const exp = (x) => np.exp(r(x));
const asNumber = (condition) => r(condition).astype(np.float32);
const last = (x, from, to) => r(x).slice(...x.shape.slice(1).map(() => []), [from, to]);
const widened = (x) => r(x).reshape([...x.shape, 1]);
const { softClip, splineInBin, affine } = scalarMaps({
  ...{ add, sub, mul, div, exp, sum, where, last },
  neg: (x) => mul(x, -1),
  log: (x) => np.log(r(x)),
  sqrt: (x) => np.sqrt(r(x)),
  abs: (x) => np.abs(r(x)),
  reshape: (x, shape) => r(x).reshape(shape),
});

/** Linear maps of the spline's numbers, as the sum of sizes up to each bin. */
const upTo = (x, bins) => np.cumsum(r(x), -1).slice(...x.shape.slice(1).map(() => []), [0, bins]);

function spline(x, raw, { bins, bound }, inverse) {
  const sizes = (from) => mul(nn.softmax(softClip(last(raw, from, from + bins), CLIP / 2), -1), 2 * bound);
  const inside = mul(asNumber(greater(x, -bound)), asNumber(np.lessEqual(r(x), bound)));
  const isInside = greater(inside, 0.5);
  const safe = where(isInside, x, 0);
  const [widths, heights] = [sizes(0), sizes(bins)];
  const searched = inverse ? heights : widths;
  // Of the inner knots, those below x: a bin before x has its right one among them, the bin of x and those before their left one.
  const knots = sub(upTo(searched, bins), bound);
  const below = asNumber(greater(widened(safe), last(knots, 0, bins - 1)));
  const pad = (front, back) => [...below.shape.slice(1).map(() => [0, 0]), [front, back]];
  const before = np.pad(r(below), pad(0, 1));
  const first = np.array(Float32Array.from({ length: bins }, (_, k) => (k === 0 ? 1 : 0)));
  const here = add(sub(np.pad(r(below), pad(1, 0)), before), first);
  return splineInBin({ x, safe, isInside, widths, heights, before, here, raw, bins, bound, inverse });
}

const scalar = ({ transform }, x, raw, inverse) =>
  transform.kind === "affine" ? affine(x, raw, inverse) : spline(x, raw, transform, inverse);

const linear = (x, weight, bias) => add(np.matmul(r(x), np.transpose(r(weight))), bias);

/** Weights times masks, by layer of the flow: [{ weight, bias }, ...]. Once per step, or once and for all. */
function effective(architecture, weights) {
  const outputs = outputsOf(architecture);
  return architecture.layers.map(({ hidden }, layer) =>
    masks(architecture, hidden, outputs).map((mask, at) => ({
      weight: mul(weights[`transforms.${layer}.${at}.weight`], array(mask)),
      bias: weights[`transforms.${layer}.${at}.bias`],
    })),
  );
}

const flipped = (layer, y) => (isReversed(layer) ? np.flip(r(y), -1) : r(y));

function logProb(architecture, nets, y, x) {
  const { features, layers } = architecture;
  let logDet;
  for (const [at, layer] of layers.entries()) {
    const known = flipped(layer, y);
    let h = np.concatenate([r(x), last(known, 0, features - 1)], -1);
    for (const [i, { weight, bias }] of nets[at].entries()) {
      h = linear(h, weight, bias);
      if (i < nets[at].length - 1) h = nn.relu(h);
    }
    const raw = h.reshape([h.shape[0], features, outputsOf(architecture)]);
    const { value, logSlope } = scalar(architecture, known, raw, false);
    y = flipped(layer, value);
    logDet = logDet === undefined ? sum(logSlope) : add(logDet, sum(logSlope));
  }
  return sub(sub(logDet, mul(sum(mul(y, y)), 0.5)), features * HALF_LOG_2PI);
}

/** Each hidden unit once, as soon as what it sees is known. */
function sample(architecture, nets, z, x) {
  const { features, layers } = architecture;
  const outputs = outputsOf(architecture);
  for (const [at, layer] of [...layers.entries()].reverse()) {
    const given = flipped(layer, z);
    const rows = unitsBefore(layer, features, outputs);
    const known = [r(x)];
    const values = [];
    for (let d = 0; d < features; d++) {
      let h;
      for (const [i, { weight, bias }] of nets[at].entries()) {
        const own = [rows[i][d], rows[i][d + 1]];
        h = linear(known[i], r(weight).slice(own, [0, known[i].shape[1]]), r(bias).slice(own));
        if (i === nets[at].length - 1) break;
        h = nn.relu(h);
        known[i + 1] = d === 0 ? h : np.concatenate([known[i + 1], r(h)], -1);
      }
      const raw = h.reshape([h.shape[0], 1, outputs]);
      values.push(scalar(architecture, last(given, d, d + 1), raw, true).value);
      known[0] = np.concatenate([known[0], r(values[d])], -1);
    }
    z = flipped(layer, np.concatenate(values, -1));
  }
  return r(z);
}

const zeros = (weights) => Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, np.zeros(w.shape)]));

/** New weights and moments; `unbiased` and `root` are the step size and the factor of √v that belong to the step. */
function adam(weights, gradients, m, v, unbiased, root) {
  const [newWeights, newM, newV] = [{}, {}, {}];
  for (const [name, weight] of Object.entries(weights)) {
    const g = gradients[name];
    newM[name] = add(mul(m[name], BETA1), mul(g, 1 - BETA1));
    newV[name] = add(mul(v[name], BETA2), mul(mul(g, g), 1 - BETA2));
    const move = div(mul(newM[name], unbiased), add(mul(np.sqrt(r(newV[name])), root), EPSILON));
    newWeights[name] = sub(weight, move);
  }
  return [newWeights, newM, newV];
}

function training(architecture, weights, y, x) {
  const loss = (own, y, x) => mul(np.mean(logProb(architecture, effective(architecture, own), y, x)), -1);
  const step = jit((weights, m, v, numbers, order, y, x) => {
    const taken = (columns) => np.take(r(columns), r(order), 0);
    const kept = Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, r(w)]));
    const [value, gradients] = valueAndGrad(loss)(kept, taken(y), taken(x));
    const number = (at) =>
      r(numbers)
        .slice([at, at + 1])
        .reshape([]);
    return [value, adam(weights, gradients, m, v, number(0), number(1))];
  });
  let [t, state] = [0, [weights, zeros(weights), zeros(weights)]];
  const run = async () => {
    t += 1;
    const numbers = np.array([LEARNING_RATE / (1 - BETA1 ** t), 1 / Math.sqrt(1 - BETA2 ** t)]);
    const order = np.array(shuffled(y.shape[0], t), { dtype: np.int32 });
    const [value, next] = step(...state, numbers, order, r(y), r(x));
    state = next;
    await blockUntilReady([value.ref, ...Object.values(state[0]).map(r)]);
    return value;
  };
  const check = async () => {
    const losses = [];
    for (let s = 0; s < CHECKED_STEPS; s++) losses.push((await (await run()).data())[0]);
    return { losses };
  };
  return { check, call: async () => (await run()).dispose(), repeats: 1, close: async () => {} };
}

function evaluation(name, body, architecture, weights, y, x) {
  const compiled = jit((nets, y, x) => body(architecture, nets, y, x));
  const nets = effective(architecture, weights);
  const run = async () => {
    const kept = nets.map((layers) => layers.map(({ weight, bias }) => ({ weight: r(weight), bias: r(bias) })));
    return blockUntilReady(compiled(kept, r(y), r(x)));
  };
  return {
    check: async () => ({ [name]: await (await run()).data() }),
    call: async () => (await run()).dispose(),
    repeats: 1,
    close: async () => {},
  };
}

const turned = (architecture, nets, z, x) => np.transpose(sample(architecture, nets, z, x));

await serve(async ({ case: name, task }) => {
  const { architecture, weights, y, x } = await readCase(folder, name);
  const own = Object.fromEntries([...weights].map(([key, tensor]) => [key, array(tensor)]));
  if (task === "trainingStep") return training(architecture, own, array(y), array(x));
  const [of, body] = task === "logProb" ? ["logProb", logProb] : ["sample", turned];
  return evaluation(of, body, architecture, own, array(y), array(x));
});
