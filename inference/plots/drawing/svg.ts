export type Attributes = Readonly<Record<string, string | number | undefined>>;

// XML 1.0 admits no other control characters, escaped or not (section 2.2).
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the file
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe for SVG and HTML, inside elements and inside quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, (c) => ENTITIES[c]!);
}

/** A length in pixels with two decimals: small files, and snapshots that survive the last bit of a cosine. */
export function pixels(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`internal: ${value} reached an SVG coordinate`);
  return String(Number(value.toFixed(2)) + 0);
}

/** One element, a line of its own. Numbers in attributes are pixels; strings are escaped; children are markup. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  let open = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    open += ` ${key}="${typeof value === "number" ? pixels(value) : escapeText(value)}"`;
  }
  return children.length === 0 ? `${open}/>\n` : `${open}>${children.join("")}</${name}>\n`;
}

/** Path through points [n][2] in pixels. */
export function pathThrough(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${pixels(x)},${pixels(y)}`).join("");
}

/**
 * Smooth path through points of ascending x: cubic Hermite pieces with the slopes of the parabolas through neighbouring points, so
 * that a parabola comes out as one. As Bézier curves.
 */
export function smoothPath(points: readonly (readonly [number, number])[]): string {
  const n = points.length;
  if (n < 3) return pathThrough(points);
  const steepness = (i: number) => (points[i + 1]![1] - points[i]![1]) / (points[i + 1]![0] - points[i]![0]);
  const width = (i: number) => points[i + 1]![0] - points[i]![0];
  const inner = (i: number) => (width(i) * steepness(i - 1) + width(i - 1) * steepness(i)) / (width(i - 1) + width(i));
  const slope = (i: number) => {
    if (i === 0) return 2 * steepness(0) - inner(1);
    return i === n - 1 ? 2 * steepness(n - 2) - inner(n - 2) : inner(i);
  };
  return points
    .map(([x, y], i) => {
      if (i === 0) return `M${pixels(x)},${pixels(y)}`;
      const [fromX, fromY] = points[i - 1]!;
      const third = width(i - 1) / 3;
      const handles = [fromX + third, fromY + third * slope(i - 1), x - third, y - third * slope(i)].map(pixels);
      return `C${handles.join(",")},${pixels(x)},${pixels(y)}`;
    })
    .join("");
}

// Advance widths of Helvetica in 1/1000 em (Adobe's Helvetica.afm), grouped; what is not listed counts as a digit.
const ADVANCES: readonly (readonly [string, number])[] = [
  ["ijl'|", 222],
  [" .,:;!/\\ftI[]\u202f", 278],
  ["()-r", 333],
  ["csvxyzkJ", 500],
  ["+=<>~±×−", 584],
  ["ABEKPSVXY&", 667],
  ["CDHNRUw", 722],
  ["GOQ", 778],
  ["mM", 833],
  ["W%", 944],
  ["@…", 1000],
];
const ADVANCE = new Map(ADVANCES.flatMap(([letters, width]) => [...letters].map((letter) => [letter, width] as const)));

/** Estimated width of a line of text in pixels. 15% are added for DejaVu Sans, the widest font it may be shown in. */
export function textWidth(text: string, size: number): number {
  let sum = 0;
  for (const letter of text) sum += ADVANCE.get(letter) ?? 556;
  return (1.15 * sum * size) / 1000;
}

/** The text, or as much of it as fits with an ellipsis. */
export function shorten(text: string, size: number, maxWidth: number): string {
  if (textWidth(text, size) <= maxWidth) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(`${letters.join("")}…`, size) > maxWidth) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

/** Words broken into lines that fit; a word longer than a line is shortened. */
export function wrap(text: string, size: number, maxWidth: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((w) => w !== "")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, size) <= maxWidth) lines[lines.length - 1] = longer;
    else lines.push(shorten(word, size, maxWidth));
  }
  return lines;
}

/** Path of one straight line, in pixels. */
export function segment(x1: number, y1: number, x2: number, y2: number): string {
  return `M${pixels(x1)},${pixels(y1)}L${pixels(x2)},${pixels(y2)}`;
}

export interface TextOptions {
  readonly size: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly bold?: boolean;
  readonly faint?: boolean;
  /** degrees, clockwise, about the anchor point */
  readonly rotate?: number;
}

export function text(x: number, y: number, content: string, options: TextOptions): string {
  const { anchor, size, bold, faint, rotate } = options;
  return element(
    "text",
    {
      x,
      y,
      "font-size": size,
      "text-anchor": anchor === "start" ? undefined : anchor,
      "font-weight": bold ? "bold" : undefined,
      fill: "currentColor",
      opacity: faint ? "0.65" : undefined,
      transform: rotate === undefined ? undefined : `rotate(${rotate} ${pixels(x)} ${pixels(y)})`,
    },
    escapeText(content),
  );
}
