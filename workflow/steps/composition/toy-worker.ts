/** What a `ToyThread` runs: toys by their numbers, one after the other, on a backend in the thread itself. */
import { parentPort, workerData } from "node:worker_threads";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { Turns } from "../../../engine/runtime/turns.js";
import { checkedComposition } from "../../../inference/model/composition/composition.js";
import type { ToyFailure, ToyReply, ToyThreadData } from "./toy-thread.js";
import { ToyLane } from "./toys.js";

const { plan, cpu, ...toys } = workerData as ToyThreadData;
// The thread is ended from outside.
const { signal } = new AbortController();
const lane = (async () => {
  const backend = await cpuBackend({ ...cpu, threads: 0 });
  return new ToyLane(
    { ...toys, plan: { ...plan, composition: checkedComposition(plan.composition) } },
    backend,
    signal,
  );
})();

async function reply(toy: number): Promise<ToyReply> {
  try {
    return { toy, record: await (await lane).run(toy) };
  } catch (error) {
    const { name, message, where, complaint } = error as ToyFailure;
    return { toy, failure: { name, message, ...(where && { where }), ...(complaint && { complaint }) } };
  }
}

const turns = new Turns();
parentPort?.on("message", (toy: number) => turns.take(async () => parentPort?.postMessage(await reply(toy))));
