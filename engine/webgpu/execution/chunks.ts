/** How events fall into chunks that the device can hold, and into groups whose sums are added in order. */
import { UsageError } from "../../errors.js";
import { type Device, SLOT } from "../device/device.js";
import type { PassPlan } from "../plan.js";

/** Events of a row come in multiples of this, a fact of the kernels. */
const ROW = 128;
/** Events per partial sum of numbers shown to people: few, as these are f32 and their sums f64. */
const SUM_EVENTS = 256;
/** Groups of the sums of a step, which the device adds one after another. */
const STEP_GROUPS = 64;
/** Bytes that the values of a chunk take at most: more would not make the device busier. */
const LARGEST_CHUNK = 2 ** 28;
/** Arithmetic of one kernel that a processor does in some 0.1 s: drivers end what takes seconds. */
const SOFTWARE_WORK = 2 ** 28;

/** Events of a run or step: how many, and where they begin in the columns. */
export interface Events {
  readonly start: number;
  readonly length: number;
  /** Events of the columns. */
  readonly bound: number;
}

export interface Chunk {
  readonly first: number;
  readonly events: number;
  readonly stride: number;
  /** Groups of this chunk, and before it. */
  readonly sumGroups: number;
  readonly weightGroups: number;
  readonly sumGroup: number;
  readonly weightGroup: number;
}

/** All chunks of a pass over so many events. */
export interface Split {
  readonly events: Events;
  readonly chunks: readonly Chunk[];
  readonly sumEvents: number;
  readonly weightEvents: number;
  readonly sumGroups: number;
  readonly weightGroups: number;
  /** Where weight gradients start among the partial sums. */
  readonly weights: number;
  /** Partial sums of all groups. */
  readonly partials: number;
}

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** The most events that the device can take at once in a pass. */
export function eventsPerChunk(pass: PassPlan, device: Device, limit: number): number {
  const rowBytes = 4 * Math.max(1, pass.rows);
  const fits = Math.min(device.largestBinding, LARGEST_CHUNK) / rowBytes;
  const quick = device.isSoftware ? SOFTWARE_WORK / pass.work : Number.POSITIVE_INFINITY;
  // Workgroups of 64 events along x.
  const counted = 64 * 65535;
  const events = Math.floor(Math.min(fits, Math.max(quick, SUM_EVENTS), counted, limit) / SUM_EVENTS) * SUM_EVENTS;
  if (events >= SUM_EVENTS) return events;
  throw new UsageError("webgpu backend", {
    expected: `a device that can bind ${SUM_EVENTS * rowBytes} bytes, for ${pass.rows} numbers of ${SUM_EVENTS} events`,
    got: `one that can bind ${device.largestBinding}`,
    hint: "Use the backend cpu, or ask for fewer outputs at once",
  });
}

/**
 * @param isStep  sums are added on the device, when all chunks are done: their groups are few, not small. Otherwise the host
 *   takes them after every chunk, so that all chunks use the same places.
 */
export function splitEvents(
  pass: PassPlan,
  events: Events,
  perChunk: number,
  isStep: boolean,
  largestBinding: number,
): Split {
  const { length } = events;
  // Half of what the device can bind, as the last group of a chunk may be short.
  const fits = Math.floor(largestBinding / 8 / Math.max(1, pass.sums.size + pass.weights.size));
  const groups = Math.max(1, Math.min(STEP_GROUPS, fits));
  const few = roundUp(Math.max(1, length / groups), SUM_EVENTS);
  const sumEvents = isStep ? few : SUM_EVENTS;
  const chunks: Chunk[] = [];
  let [sumGroup, weightGroup] = [0, 0];
  for (let first = 0; first < length; first += perChunk) {
    const own = Math.min(perChunk, length - first);
    const [sumGroups, weightGroups] = [Math.ceil(own / sumEvents), Math.ceil(own / few)];
    chunks.push({ first, events: own, stride: roundUp(own, ROW), sumGroups, weightGroups, sumGroup, weightGroup });
    if (!isStep) continue;
    sumGroup += sumGroups;
    weightGroup += weightGroups;
  }
  const all = {
    sumGroups: isStep ? sumGroup : Math.max(0, ...chunks.map((chunk) => chunk.sumGroups)),
    weightGroups: isStep ? weightGroup : Math.max(0, ...chunks.map((chunk) => chunk.weightGroups)),
  };
  const weights = all.sumGroups * pass.sums.size;
  const partials = weights + all.weightGroups * pass.weights.size;
  if (4 * partials > largestBinding) {
    throw new UsageError("webgpu backend", {
      expected: `a device that can bind ${4 * partials} bytes, for sums over groups of events`,
      got: `one that can bind ${largestBinding}`,
      hint: "Use the backend cpu, or smaller batches",
    });
  }
  return { events, chunks, sumEvents, weightEvents: few, ...all, weights, partials };
}

/** The chunks of all passes as kernels see them: one slot each of a uniform buffer, and one per pass for its end. */
export function slotsOf(splits: readonly Split[]): Uint32Array {
  const slots = splits.flatMap((split) => [...split.chunks, undefined].map((chunk) => ({ split, chunk })));
  const words = new Uint32Array((Math.max(1, slots.length) * SLOT) / 4);
  slots.forEach(({ split, chunk }, at) => {
    const { events, sumEvents, sumGroups, weightEvents, weightGroups, weights } = split;
    const own = chunk ?? { events: 0, stride: 0, first: 0, sumGroup: 0, weightGroup: 0 };
    words.set(
      [
        own.events,
        own.stride,
        own.first,
        events.start,
        events.bound,
        events.length,
        sumEvents,
        own.sumGroup,
        sumGroups,
        weightEvents,
        own.weightGroup,
        weightGroups,
        weights,
      ],
      (at * SLOT) / 4,
    );
  });
  return words;
}
