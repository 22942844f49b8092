/** What the library exports of inference: its own rooms, and each of them. */
import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as inference from "../../inference/index.js";

const folder = new URL("../../../inference/", import.meta.url);
const sources = [...readFileSync(new URL("index.ts", folder), "utf8").matchAll(/\bfrom "([^"]+)"/g)].map(
  ([, from]) => from!,
);

test("every export is of a room of inference, and no generator of an example among them", () => {
  assert.equal(
    sources.filter((from) => !/^\.\/(expressions|measurements|model|plots|statistics)\//.test(from)),
    [],
  );
  assert.not.ok("sampleToy" in inference);
});

test("every measurement, and every kind of statistics, is reachable", () => {
  for (const room of ["measurements", "statistics"]) {
    const rooms = readdirSync(new URL(`${room}/`, folder), { withFileTypes: true }).filter((own) => own.isDirectory());
    assert.ok(rooms.length > 0);
    for (const { name } of rooms.filter((own) => own.name !== "linear-algebra")) {
      assert.ok(
        sources.some((from) => from.startsWith(`./${room}/${name}/`)),
        `${room}/${name}`,
      );
    }
  }
});

test.run();
