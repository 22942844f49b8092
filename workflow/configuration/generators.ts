/**
 * Generators of simulated events, by the names that configurations call them by: what each makes, and where it is. A generator is
 * loaded when it is asked for; no other file of the workflow knows of the examples.
 */

export interface GeneratorRequest {
  readonly seed: number;
  /** Names the stream: events of different purposes are independent. */
  readonly purpose: string;
  /** Number of the first event: [start, start + count) gives the same events however the stream is divided. */
  readonly start: number;
  readonly count: number;
  /** Values of the shape nuisances in declared order. [shapes] */
  readonly nu: readonly number[];
  /** Whether y is distorted, as in data. */
  readonly distorted: boolean;
  /** Position of the process of all events; undefined where events of all processes are mixed, as in data. */
  readonly process: number | undefined;
}

export interface GeneratedEvents {
  /** [features of x, count] */
  readonly x: Float32Array;
  /** [features of y, count] */
  readonly y: Float32Array;
}

export type Generate = (request: GeneratorRequest) => GeneratedEvents;

interface Generator {
  /** Number of features. */
  readonly x: number;
  readonly y: number;
  /** Names that an analysis has to use. */
  readonly processes: readonly string[];
  readonly nuisances: readonly string[];
  readonly load: () => Promise<Generate>;
}

async function loadDoiToy(): Promise<Generate> {
  const { sampleToy } = await import("../../examples/doi-toy/generator.js");
  return ({ nu, process, ...stream }) => {
    const [shift, squeeze] = nu as readonly [number, number];
    return sampleToy({ ...stream, nu: [shift, squeeze], classes: process === undefined ? "both" : (process as 0 | 1) });
  };
}

export const GENERATORS = {
  "doi-toy": { x: 2, y: 2, processes: ["A", "B"], nuisances: ["shift", "squeeze"], load: loadDoiToy },
} as const satisfies Readonly<Record<string, Generator>>;

export type GeneratorName = keyof typeof GENERATORS;
