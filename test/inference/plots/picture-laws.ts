/** What every picture must be, checked on the samples of its plot. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { textWidth } from "../../../inference/plots/drawing/svg.js";
import type { PlotName } from "./samples/shapes.js";
import { pictures } from "./samples.js";
import { requireWellFormed } from "./well-formed.js";

const snapshotFile = (name: string) =>
  fileURLToPath(new URL(`../../../../test/inference/plots/snapshots/${name}.svg`, import.meta.url));

/** Every part of the data that `isPart` accepts, as a copy of the data in which only it is replaced. */
function* replacing<T>(
  data: unknown,
  isPart: (part: unknown) => part is T,
  change: (part: T) => unknown,
): Generator<unknown> {
  if (isPart(data)) yield change(data);
  else if (Array.isArray(data)) {
    // The first and last entries stand for all: the check walks arrays the same way throughout.
    for (const i of new Set([0, data.length - 1])) {
      for (const changed of i < 0 ? [] : replacing(data[i], isPart, change)) yield data.with(i, changed);
    }
  } else if (typeof data === "object" && data !== null) {
    for (const [key, inner] of Object.entries(data)) {
      for (const changed of replacing(inner, isPart, change)) yield { ...data, [key]: changed };
    }
  }
}

const isNumber = (part: unknown) => typeof part === "number";
const isString = (part: unknown) => typeof part === "string";
/** Numbers or points, more than the two of an interval. */
const isColumn = (part: unknown): part is unknown[] =>
  Array.isArray(part) && part.length > 2 && [part].flat(2).every(isNumber);

/** Horizontal and vertical reach of every text outside the frames, by the estimated width of its letters. */
function* textBoxes(svg: string) {
  const outside = svg.replace(/<svg x="[\s\S]*?<\/svg>/g, "");
  const pattern = /<text x="([^"]+)" y="([^"]+)" font-size="([^"]+)"([^>]*)>([^<]*)</g;
  for (const [, x, y, size, rest, words] of outside.matchAll(pattern)) {
    const width = textWidth(words!.replace(/&[^;]+;/g, "&"), Number(size)) / 1.15;
    const start = rest!.includes('"middle"') ? -width / 2 : rest!.includes('"end"') ? -width : 0;
    const turn = (Number(/rotate\(([^ ]+)/.exec(rest!)?.[1] ?? 0) * Math.PI) / 180;
    for (const along of [start, start + width]) {
      yield { words, x: Number(x) + along * Math.cos(turn), y: Number(y) + along * Math.sin(turn) };
    }
  }
}

/** Declares a test of every law for every sample of the plot. */
export function checkPictures(plotName: PlotName): void {
  const own = pictures.filter(({ plot }) => plot === plotName);
  for (const { name, data, draw } of own) {
    test(`${name} is as it was when somebody last looked (UPDATE_SNAPSHOTS=1 rewrites)`, () => {
      const file = snapshotFile(name);
      if (process.env.UPDATE_SNAPSHOTS === "1") writeFileSync(file, draw(data));
      assert.ok(existsSync(file), `no snapshot ${file}; run with UPDATE_SNAPSHOTS=1 and look at it`);
      assert.fixture(draw(data), readFileSync(file, "utf8"));
    });
  }

  for (const { name, data, draw } of own) {
    test(`${name} is well-formed, without ids, references or missing numbers`, () => {
      const svg = draw(data);
      requireWellFormed(svg);
      assert.not.match(svg, /NaN|undefined|Infinity|\be\+?\d+"/);
      assert.not.match(svg, /\sid=|href|url\(|<script|<style/);
      assert.match(svg, "N = 50\u202f000 · seed 1 · unbinned 0.1.0");
    });
  }

  for (const { name, plot, data, draw } of own) {
    test(`${name} refuses a number that is not finite, wherever it stands`, () => {
      let nChanged = 0;
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        for (const changed of replacing(data, isNumber, () => bad)) {
          nChanged++;
          assert.throws(
            () => draw(changed as typeof data),
            (error: Error) =>
              error.message.startsWith(`${plot}: expected a finite number at `) && error.message.includes(`got ${bad}`),
          );
        }
      }
      assert.ok(nChanged > 0);
    });

    test(`${name} escapes every text`, () => {
      let shown = 0;
      const plain = draw(data);
      for (const changed of replacing(data, isString, () => `<b>&"'\u0007`)) {
        const svg = draw(changed as typeof data);
        // The last of many names is not shown.
        if (name.endsWith("-many") && svg === plain) continue;
        requireWellFormed(svg);
        assert.not.match(svg, "<b>");
        assert.match(svg, "&lt;b&gt;&amp;&quot;&#39;\ufffd");
        shown++;
      }
      assert.ok(shown > 0, "no text is shown");
    });
  }

  for (const { name, data, draw } of own) {
    test(`${name} keeps every text on the page, however long`, () => {
      const long = "a name that goes on and on and on, longer than any axis or legend has room for, and then some more";
      for (const changed of [data, ...replacing(data, isString, () => long)]) {
        const svg = draw(changed as typeof data);
        const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number) as [number, number, number];
        for (const { words, x, y } of textBoxes(svg)) {
          assert.ok(
            x >= 0 && x <= width && y >= 0 && y <= height,
            `"${words}" reaches (${x}, ${y}) of ${width} x ${height}`,
          );
        }
      }
    });
  }

  // Contours are any number of points each; nothing of scan2d belongs together entry by entry.
  for (const { name, plot, data, draw } of own.filter((picture) => picture.plot !== "scan2d")) {
    test(`${name} refuses arrays of different length or none`, () => {
      let nChanged = 0;
      const says = /: expected (at least one entry|\d+ entries) in .*, got (none|\d+)\. /;
      for (const length of [0, 2]) {
        for (const changed of replacing(data, isColumn, (column) => column.slice(0, length))) {
          nChanged++;
          assert.throws(
            () => draw(changed as typeof data),
            (error: Error) => error.message.startsWith(plot) && says.test(error.message),
          );
        }
      }
      assert.ok(nChanged > 0 || name.endsWith("-two"));
    });
  }
}
