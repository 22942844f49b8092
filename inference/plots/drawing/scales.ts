/** From data to pixels inside one frame, whose upper left corner is (0, 0). */
export interface Scales {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly width: number;
  readonly height: number;
}

// A path that leaves its frame is clipped; renderers with fixed-point coordinates fail far beyond it.
const FAR = 20_000;

/** The map from a domain of values to pixels. */
export function scale([from, to]: readonly [number, number], start: number, end: number): (value: number) => number {
  return (value) => {
    const position = start + ((value - from) / (to - from)) * (end - start);
    return Math.max(-FAR, Math.min(FAR, position));
  };
}
