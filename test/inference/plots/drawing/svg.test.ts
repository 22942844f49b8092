/** Markup that nothing in a text can break, paths, and texts that fit. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  element,
  escapeText,
  pixels,
  shorten,
  smoothPath,
  textWidth,
  wrap,
} from "../../../../inference/plots/drawing/svg.js";
import { requireWellFormed } from "../well-formed.js";

test("any text and any attribute make well-formed markup", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (content) => {
      const markup = element("g", { name: content, x: 1 }, escapeText(content)).trim();
      requireWellFormed(markup);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("pixels have two decimals, no negative zero, and must be finite", () => {
  assert.equal([1.005, -0.001, 1e-9, 20].map(pixels), ["1", "0", "0", "20"]);
  assert.is(pixels(2 / 3), "0.67");
  assert.throws(() => pixels(Number.NaN), /internal: NaN reached an SVG coordinate/);
});

test("attributes that are undefined are left out", () => {
  assert.is(element("path", { d: "M0,0", fill: undefined }), '<path d="M0,0"/>\n');
});

test("a smooth path through points of a parabola is that parabola", () => {
  const at = (x: number) => 0.5 * x * x - 3 * x + 2;
  const pieces = [...smoothPath([0, 2, 5, 9].map((x) => [x, at(x)] as const)).matchAll(/C([^CM]+)/g)];
  assert.is(pieces.length, 3);
  let from: readonly [number, number] = [0, at(0)];
  for (const [, numbers] of pieces) {
    const [x1, y1, x2, y2, x3, y3] = numbers!.split(",").map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (const t of [0.25, 0.5, 0.75]) {
      const bezier = (a: number, b: number, c: number, d: number) =>
        (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t * t * (1 - t) * c + t ** 3 * d;
      const [x, y] = [bezier(from[0], x1, x2, x3), bezier(from[1], y1, y2, y3)];
      // Coordinates are rounded to 0.005, and the parabola is no steeper than 6.
      assert.ok(Math.abs(y - at(x)) < 0.04, `(${x}, ${y})`);
    }
    from = [x3, y3];
  }
});

test("lines and shortened texts fit, and no word is lost that has room", () => {
  const words = fc.string({ unit: fc.constantFrom(..."abcMW. "), maxLength: 60 });
  fc.assert(
    fc.property(words, fc.integer({ min: 40, max: 200 }), (content, width) => {
      const lines = wrap(content, 11, width);
      for (const row of lines) assert.ok(textWidth(row, 11) <= width, row);
      if (!lines.some((row) => row.includes("…"))) {
        assert.is(lines.join(" "), content.trim().split(/\s+/).join(" "));
      }
      const short = shorten(content, 11, width);
      assert.ok(textWidth(short, 11) <= width, short);
      assert.ok(short === content || content.startsWith(short.slice(0, -1)), short);
    }),
    { seed: 2, numRuns: 300 },
  );
});

test.run();
