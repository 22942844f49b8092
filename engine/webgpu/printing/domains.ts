/** What kernels run over, and how their text says so. */
import type { ShaderName } from "../../../shaders/include.js";

export interface Domain {
  /** What brings memory into kernels that are printed. */
  readonly shader: ShaderName;
  /** What one step along a row of values is; where all is computed once, rows are places among the parameters. */
  readonly position: "event" | "quad" | undefined;
  /** A number as what all operands are. */
  value(number: string): string;
  /** Both masks. */
  readonly and: "&&" | "&";
  /** A function of f32, of what has a name; `b` is empty where it is of one number. */
  call(f: (a: string, b: string) => string, a: string, b: string): string;
}

type Scalar = (a: string, b: string) => string;

const scalar = {
  value: (number: string) => number,
  and: "&&",
  call: (f: Scalar, a: string, b: string) => f(a, b),
} as const;

const lanes = ["x", "y", "z", "w"];

export const domains = {
  /** One event. */
  events: { shader: "shared/tile.wgsl", position: "event", ...scalar },
  /** Four events of a row. */
  quads: {
    shader: "shared/quads.wgsl",
    position: "quad",
    value: (number: string) => `vec4f(${number})`,
    and: "&",
    call: (f: Scalar, a: string, b: string) =>
      `vec4f(${lanes.map((lane) => f(`${a}.${lane}`, b && `${b}.${lane}`)).join(", ")})`,
  },
  /** What no event changes. */
  once: { shader: "shared/once.wgsl", position: undefined, ...scalar },
} as const satisfies Readonly<Record<string, Domain>>;
