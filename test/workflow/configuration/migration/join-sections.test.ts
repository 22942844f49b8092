/** Two sections in one, in every way that YAML can write them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { migrated } from "../../../../workflow/configuration/migration/migration.js";

const joined = (source: string) => migrated(source, "a.yaml").text;

/** Before and after. */
const CASES: Readonly<Record<string, readonly [string, string]>> = {
  "events alone": ["events:\n  file: d.npz\n", "data:\n  file: d.npz\n"],
  "events alone, in braces": ["events: { file: d.npz } # mine\n", "data: { file: d.npz } # mine\n"],
  "data alone": ["data: { events: 5 }\nfnf: {}\n", "data: { events: 5 }\nmorph: {}\n"],
  "blocks, data first": [
    "data:\n  events: 5 # five\n\nevents:\n  file: d.npz\nseed: 1\n",
    "data:\n  events: 5 # five\n  file: d.npz\nseed: 1\n",
  ],
  "blocks, events first": [
    "events:\n    file: d.npz\n\ndata:\n  events: 5\n",
    "data:\n    file: d.npz\n    events: 5\n",
  ],
  "comments above, behind and inside": [
    "# generated\ndata: # none\n  events: 5\n  # last of data\n\n# above\n# events\nevents: # behind\n  # inside\n  file: d.npz # file\n  # end\n\n# next\nseed: 1\n",
    "# generated\ndata: # none\n  events: 5\n  # last of data\n  # above\n  # events\n  # behind\n  # inside\n  file: d.npz # file\n  # end\n\n# next\nseed: 1\n",
  ],
  "a comment at the margin inside": [
    "data:\n  events: 5\nevents:\n# margin\n  file: d.npz\n",
    "data:\n  events: 5\n  # margin\n  file: d.npz\n",
  ],
  "in braces, both": [
    "data: { events: 5 } # one\n# two\nevents: { weight: w, source: 'a b' } # three\n",
    "# two\n# three\ndata: { events: 5, weight: w, source: 'a b' } # one\n",
  ],
  "in braces of several lines": [
    "data: {\n  events: 5,\n}\nevents: {\n  weight: w, # weight\n  source: s\n}\n",
    "# weight\ndata: {\n  events: 5, weight: w, source: s,\n}\n",
  ],
  "empty braces": ["data: {}\nevents: { file: d.npz }\n", "data: { file: d.npz }\n"],
  "a block, then braces": [
    'data:\n  events: 5\nevents: { "file":"d.npz", weight: "w" }\n',
    'data:\n  events: 5\n  "file": "d.npz"\n  weight: "w"\n',
  ],
  "braces, then a block": [
    "data: { events: 5 } # one\nevents:\n  file: d.npz # two\n",
    "data:\n  # one\n  events: 5\n  file: d.npz # two\n",
  ],
  "nothing behind data": ["data: # none\nevents:\n  file: d.npz\n", "data: # none\n  file: d.npz\n"],
  "nothing behind events": [
    "data:\n  events: 5\n\nevents: # none\nseed: 1\n",
    "data:\n  events: 5\n  # none\nseed: 1\n",
  ],
  "null, written out": ["data: null\nevents: { file: d.npz }\n", "data:\n  file: d.npz\n"],
  "an alias": [
    "model: &m { source: s }\ndata:\n  events: 5\nevents: *m\n",
    "model: &m { source: s }\ndata:\n  events: 5\n  <<: *m\n",
  ],
  "an alias first": [
    "model: &m { source: s }\nevents: *m\ndata: { events: 5 }\n",
    "model: &m { source: s }\ndata:\n  <<: *m\n  events: 5\n",
  ],
  "an anchor that is used": [
    "data:\n  events: 5\nevents: &e\n  source: s # of both\nmodel: *e\n",
    "data:\n  events: 5\n  <<: &e\n    source: s # of both\nmodel: *e\n",
  ],
  "an anchor that is used, in braces": [
    "data: { events: 5 }\nevents: &e { source: s }\nmodel: *e\n",
    "data:\n  events: 5\n  <<: &e { source: s }\nmodel: *e\n",
  ],
  "an anchor of the first that is used": [
    "events: &e\n  source: s\ndata:\n  events: 5\nmodel: *e\n",
    "data:\n  <<: &e\n    source: s\n  events: 5\nmodel: *e\n",
  ],
  "merge keys": [
    "model: &m { source: s }\ndata:\n  events: 5\nevents:\n  <<: *m\n  file: d.npz\n",
    "model: &m { source: s }\ndata:\n  events: 5\n  <<: *m\n  file: d.npz\n",
  ],
  "quoted keys": ["'data':\n  events: 5\n\"events\":\n  'file': d.npz\n", "'data':\n  events: 5\n  'file': d.npz\n"],
  "quoted keys, events first": [
    '"events": { file: d.npz }\ndata: { events: 5 }\n',
    '"data": { file: d.npz, events: 5 }\n',
  ],
  "no break at the end": ["data:\n  events: 5\nevents:\n  file: d.npz", "data:\n  events: 5\n  file: d.npz\n"],
  "no break behind the first": ["events:\n  file: d.npz\nseed: 1", "data:\n  file: d.npz\nseed: 1"],
  "breaks of Windows": [
    "data:\r\n  events: 5\r\nevents:\r\n  file: d.npz # f\r\nseed: 1\r\n",
    "data:\r\n  events: 5\r\n  file: d.npz # f\r\nseed: 1\r\n",
  ],
  "marks of a document": [
    "---\ndata:\n  events: 5\nevents:\n  file: d.npz\n...\n",
    "---\ndata:\n  events: 5\n  file: d.npz\n...\n",
  ],
};

/** With what every configuration declares. */
const whole = (text: string) => text.replace(/^(---\n)?/, "$1processes: { A: }\n");

for (const [name, [before, after]] of Object.entries(CASES)) {
  test(`data and events become one section: ${name}`, () => {
    assert.is(joined(whole(before)), whole(after));
  });
}

test("a section that is there under both names", () => {
  assert.is(joined(whole("fnf: { q: 1 }\nmorph: {}\n")), whole("morph: { quadraticDamping: 1 }\n"));
  assert.throws(
    () => joined(whole("morph: {}\nfnf: { q: 1 }\n")),
    /^a\.yaml: expected keys that can be renamed without a change of anything else, got a file that would say something else afterwards\. Rename by hand: fnf to morph, fnf\.q to morph\.quadraticDamping$/,
  );
});

test("a file in braces, JSON for one", () => {
  const json = (value: unknown) => JSON.stringify(value, undefined, 2);
  const root = { observables: { x: { features: 1 } }, seed: 1 };
  const cases: readonly (readonly [object, object])[] = [
    [
      { ...root, data: { events: 5 }, events: { file: "d" } },
      { ...root, data: { events: 5, file: "d" } },
    ],
    [
      { data: { events: 5 }, ...root, events: { file: "d" } },
      { data: { events: 5, file: "d" }, ...root },
    ],
    [
      { events: { file: "d" }, data: { events: 5 }, ...root },
      { data: { file: "d", events: 5 }, ...root },
    ],
    [
      { ...root, events: { file: "d" } },
      { ...root, data: { file: "d" } },
    ],
  ];
  for (const [before, after] of cases) {
    assert.equal(JSON.parse(joined(JSON.stringify(before))), after);
    assert.equal(JSON.parse(joined(json(before))), after);
  }
});

test("what takes a person is refused, with what to do", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "{ processes: { A: }, data: , events: { file: d } }",
      /^a\.yaml: expected sections data and events that begin lines of their own, got others\. Move the entries of events into data by hand, and migrate again$/,
    ],
    [
      "processes: { A: }\ndata: { file: a }\nevents: { file: b }\n",
      /^a\.yaml: expected one of data\.file and events\.file, got both\. Remove one$/,
    ],
    [
      "processes: { A: }\ndata: 3\nevents: { file: b }\n",
      /^a\.yaml: expected one of data and events, got both\. Remove one$/,
    ],
    [
      "nuisances: { a: { centre: 1, nominal: 1 } }\n",
      /^a\.yaml: expected one of nuisances\.a\.centre and nuisances\.a\.nominal, got both\. Remove one$/,
    ],
  ];
  for (const [source, pattern] of cases) {
    let message = "no error";
    try {
      joined(source);
    } catch (error) {
      message = (error as Error).message;
    }
    assert.match(message, pattern);
  }
});

test.run();
