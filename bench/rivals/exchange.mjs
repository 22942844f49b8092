/** Weights and data as the project's own reader of safetensors gives them. */
import { readSafetensors } from "../../dist/io/index.js";

/**
 * Architecture, and arrays in f32 with their shapes: weights by their names in the flow, and y and x with events first,
 * [events, features].
 */
export async function readCase(folder, name) {
  const { metadata, tensors } = await readSafetensors(`${folder}/${name}.safetensors`);
  const { architecture } = JSON.parse(metadata.description);
  const weights = new Map();
  for (const [key, tensor] of tensors) if (key.startsWith("flow.")) weights.set(key.slice(5), tensor);
  return { architecture, weights, y: eventsFirst(tensors.get("data.y")), x: eventsFirst(tensors.get("data.x")) };
}

function eventsFirst({ shape: [features, events], data }) {
  const turned = new Float32Array(data.length);
  for (let f = 0; f < features; f++) for (let i = 0; i < events; i++) turned[i * features + f] = data[f * events + i];
  return { shape: [events, features], data: turned };
}

/** 0 and 1: degrees of units and what they see, of every layer of one masked network (MADE). */
export function masks({ features, context }, hidden, outputs) {
  const degrees = hidden.map((counts) => counts.flatMap((count, degree) => Array(count).fill(degree)));
  const inputs = [...Array(context).fill(0), ...Array.from({ length: features - 1 }, (_, i) => i + 1)];
  const last = Array.from({ length: features * outputs }, (_, i) => Math.floor(i / outputs));
  const all = [inputs, ...degrees, last];
  return all.slice(1).map((own, at) => ({
    shape: [own.length, all[at].length],
    data: Float32Array.from(own.flatMap((degree) => all[at].map((before) => (degree >= before ? 1 : 0)))),
  }));
}

/** Numbers per feature that a network puts out. */
export const outputsOf = ({ transform }) => (transform.kind === "affine" ? 2 : 3 * transform.bins - 1);

export const isReversed = ({ order }) => order[0] !== 0;

/** A permutation of the events, from a linear congruential generator (Knuth 1997, vol. 2, 3.3.4, table 1, line 16). */
export function shuffled(count, seed) {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  let state = seed;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

export const [CHECKED_STEPS, LEARNING_RATE, BETA1, BETA2, EPSILON] = [8, 1e-4, 0.9, 0.999, 1e-8];
export const CLIP = -Math.log(1e-3);
export const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** Of each layer of a masked network, the number of units before those of each feature, and of all: [layers][features + 1]. */
export function unitsBefore({ hidden }, features, outputs) {
  const ends = (counts) => counts.map((_, d) => counts.slice(0, d + 1).reduce((a, b) => a + b));
  return [...hidden, Array(features).fill(outputs)].map((counts) => [0, ...ends(counts)]);
}
