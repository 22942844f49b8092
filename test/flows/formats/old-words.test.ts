/** Files of earlier versions, whose words were others. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { factorizableFlow, initialise } from "../../../flows/architecture/architecture.js";
import { fromTensors, toTensors } from "../../../flows/formats/checkpoint.js";
import { architectureInNewWords, inNewWords } from "../../../flows/formats/old-words.js";

const KEY = "unbinned.architecture";

test("a factorizable flow whose file says centre is read as one whose file says nominal", () => {
  const nuisances = [{ nominal: 0.25 }, { nominal: -1, scale: 2 }];
  const architecture = factorizableFlow({ features: 1, layers: 1, hidden: [2], nuisances });
  const { metadata, tensors } = toTensors(architecture, initialise(architecture, 1));
  const text = metadata[KEY]!;
  const old = text.replaceAll('"nominal":', '"centre":');
  assert.is(old.match(/"centre":/g)?.length, 2);
  assert.not.match(text, "centre");
  assert.equal(fromTensors({ metadata: { [KEY]: old }, tensors }).architecture, architecture);
});

test("entries of any other name, and data that are no entries, stay as they are", () => {
  assert.equal(inNewWords("nuisance", { centre: 1, scale: 2, transfer: 3 }), { nominal: 1, scale: 2, transfer: 3 });
  const ofObjects = JSON.parse('{"__proto__": 1, "constructor": 2}');
  assert.equal(Object.entries(inNewWords("part", ofObjects) as object), Object.entries(ofObjects));
  for (const data of [undefined, null, 1, "centre", [{ centre: 1 }]]) {
    assert.is(inNewWords("nuisance", data), data);
    assert.is(architectureInNewWords(data), data);
  }
  assert.equal(architectureInNewWords({ nuisances: 3 }), { nuisances: 3 });
});

test.run();
