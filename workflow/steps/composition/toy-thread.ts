/**
 * A thread that runs whole toys: to draw events and to minimise takes as long as evaluations do, and beside several backends it would all be done
 * by one thread.
 */
import { Worker } from "node:worker_threads";
import { type Complaint, UsageError } from "../../../engine/errors.js";
import type { Composition } from "../../../inference/model/composition/composition.js";
import type { ToyRecord } from "../toy-files.js";
import type { CompositionToys } from "./toys.js";

/** Of the cpu backend of each thread. */
export interface ToyCpu {
  readonly precision: "f32" | "f64";
  readonly wide: boolean;
}

/** What a thread is given: functions do not cross, so that what is known of the composition is found anew there. */
export interface ToyThreadData extends Omit<CompositionToys, "plan"> {
  readonly plan: Omit<CompositionToys["plan"], "composition"> & { readonly composition: Composition };
  readonly cpu: ToyCpu;
}

/** What is left of an error on its way. */
export interface ToyFailure {
  readonly name: string;
  readonly message: string;
  readonly where?: string;
  readonly complaint?: Complaint;
}

export type ToyReply = { readonly toy: number } & ({ readonly record: ToyRecord } | { readonly failure: ToyFailure });

/** The error again: commands tell mistakes of users from the rest. */
function errorOf({ name, message, where, complaint }: ToyFailure): Error {
  if (where !== undefined && complaint !== undefined) return new UsageError(where, complaint);
  return Object.assign(new Error(message), { name });
}

interface Waiting {
  resolve(record: ToyRecord): void;
  reject(reason: unknown): void;
}

export class ToyThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private end: { readonly reason: unknown } | undefined;

  /** @param signal  ends what is under way */
  constructor({ plan, ...toys }: CompositionToys, cpu: ToyCpu, signal: AbortSignal) {
    const { parameters, columns, functions, densities } = plan.composition;
    const composition = { parameters, columns, functions, densities };
    const data: ToyThreadData = { ...toys, plan: { ...plan, composition }, cpu };
    this.worker = new Worker(new URL("./toy-worker.js", import.meta.url), { workerData: data });
    this.worker.on("message", (reply: ToyReply) => {
      const own = this.waiting.get(reply.toy);
      this.waiting.delete(reply.toy);
      if ("record" in reply) own?.resolve(reply.record);
      else own?.reject(errorOf(reply.failure));
    });
    this.worker.on("error", (error) => this.endWith(error));
    this.worker.on("exit", (code) => this.endWith(new Error(`a thread of toys ended (exit code ${code})`)));
    signal.addEventListener("abort", () => this.endWith(signal.reason), { once: true });
  }

  private endWith(reason: unknown): void {
    this.end ??= { reason };
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
  }

  /** Of several that are asked for, one after the other. */
  run(toy: number): Promise<ToyRecord> {
    return new Promise((resolve, reject) => {
      if (this.end !== undefined) return reject(this.end.reason);
      this.waiting.set(toy, { resolve, reject });
      this.worker.postMessage(toy);
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
