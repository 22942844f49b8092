/** From a configuration file and plain options to a likelihood. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { transportLabel } from "../../../workflow/likelihood/bound-likelihood.js";
import { openLikelihood } from "../../../workflow/recipes/open-likelihood.js";
import { file, jointAnswer, removeAnalyses, writeAnalyses } from "../../cli/likelihood-analyses.js";
import { close } from "../../support/close.js";

test.before(writeAnalyses);
test.after(removeAnalyses);

const warnings: string[] = [];
const notes: string[] = [];
const reporter = {
  signal: new AbortController().signal,
  warn: (text: string) => void warnings.push(text),
  progress: { begin: () => ({ update() {}, done() {} }), note: (text: string) => void notes.push(text) },
};

async function open(set: readonly string[], head: number | undefined) {
  const options = { set, run: undefined, out: undefined, head };
  return openLikelihood({ file, options, writesFolder: false, openBackend: async () => referenceBackend() }, reporter);
}

test("the likelihood is that of the model and the data of the run, and says what T does", async () => {
  const found = await open([], undefined);
  try {
    close(await found.likelihood.logProb([0, 0]), jointAnswer.logProb.data, { absolute: 1e-11, relative: 1e-11 });
    assert.is(transportLabel(found), "fixed");
    assert.equal(Object.keys(found.belongings), ["model.safetensors"]);
    assert.equal(warnings, []);
  } finally {
    await found.close();
  }
});

test("with part of the events the yields are those of that part of the exposure", async () => {
  const found = await open(["likelihood.observables=[x]"], 10);
  try {
    assert.is(found.events.data.count, 10);
    assert.is(found.events.total, 30);
    assert.is(transportLabel(found), "none");
    const yields = found.model.processes.map(({ logYield }) => Math.exp(logYield));
    close(yields, [14 / 3, 18 / 3], { absolute: 1e-12, relative: 0 });
  } finally {
    await found.close();
  }
});

test("no backend is opened for files that are not there", async () => {
  let opened = 0;
  const options = { set: ["data.file=none.npz"], run: undefined, out: undefined, head: undefined };
  const openBackend = async () => {
    opened++;
    return referenceBackend();
  };
  const message = await openLikelihood({ file, options, writesFolder: false, openBackend }, reporter).then(
    () => "opened",
    (error) => error.message,
  );
  assert.match(message, /none\.npz, got no such file/);
  assert.is(opened, 0);
});

test.run();
