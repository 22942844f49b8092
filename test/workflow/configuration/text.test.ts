/** The commented configuration that `unbinned init` writes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Entry } from "../../../workflow/configuration/entries.js";
import { configurationTable } from "../../../workflow/configuration/table.js";
import { configurationText } from "../../../workflow/configuration/text.js";
import { read } from "./sources.js";

test("what init writes is valid and equals the defaults", () => {
  const written = read(configurationText());
  const bare = read(`
observables: { x: { features: 2 }, y: { features: 2 } }
processes:
  signal: { yield: 20000, samples: [{ file: signal.npz }, { file: signal_scale_up.npz, at: { scale: 1 } }, { file: signal_scale_down.npz, at: { scale: -1 } }] }
  background: { yield: 30000, samples: [{ file: background.npz }, { file: background_scale_up.npz, at: { scale: 1 } }, { file: background_scale_down.npz, at: { scale: -1 } }] }
nuisances: { scale: , normalisation: { kind: rate, processes: [background], kappa: 0.05 } }
data: { file: data.npz }
`);
  assert.equal(written, bare);
});

test("every key is explained and every default is allowed", () => {
  const visit = (entry: Entry, path: string) => {
    assert.match(entry.doc, /^\S.*[.\]]$/, path);
    if (entry.kind === "section") for (const [key, inner] of Object.entries(entry.keys)) visit(inner, `${path}.${key}`);
    if (entry.kind === "map" || entry.kind === "list") visit(entry.item, `${path}[]`);
  };
  visit(configurationTable, "");
});

test.run();
