/** A part of `npm run study:abuse` that takes a minute: a sample of everything. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Arena, openArena } from "./arena.js";
import { type Finding, TRIALS, type Trial } from "./trials.js";

let arena: Arena;
test.before(async () => {
  arena = await openArena();
});
test.after(() => arena.remove());

for (const [name, trial] of Object.entries<Trial>(TRIALS)) {
  test(`${name}: nothing silently wrong, no crash, no hang`, async () => {
    const found: Finding[] = [];
    for await (const one of trial(arena, { rounds: 1, seed: 1, isQuick: true })) found.push(one);
    const wrong = found.flatMap(({ what, problem }) => (problem === undefined ? [] : [`${what}: ${problem}`]));
    assert.equal(wrong, []);
    assert.ok(found.length > 0, "something was tried");
  });
}

test.run();
