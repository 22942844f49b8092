/**
 * Files of scikit-hep-testdata, and of CMS's combine. Expected values: uproot's tests and documents (github.com/scikit-hep/uproot5:
 * tests/test_0099-read-from-file-object.py, docs-sphinx/basic.rst; scikit-hep/oamap's README), and the same events through all codecs.
 */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { listColumns, openEvents, readEvents, readTable } from "../../../io/columns.js";
import { referenceFile, referenceTest } from "../../support/reference.js";
import { assertRefused } from "../support.js";

const file = (name: string) => referenceFile(`files/${name}`);
const ZMUMU = [
  "uproot-Zmumu",
  "uproot-Zmumu-zlib",
  "uproot-Zmumu-lz4",
  "uproot-Zmumu-lzma",
  "uproot-Zmumu-zstd",
  "uproot-Zmumu-uncompressed",
];

referenceTest("Zmumu: the momenta that uproot's test lists, through every codec the same", async () => {
  const px1 = [
    -41.1952876442, 35.1180497674, 35.1180497674, 34.1444372454, 22.7835819537, -19.8623073126, -19.8623073126,
    -20.1773731496, 71.1437106445, 51.0504859191,
  ];
  const all = await Promise.all(ZMUMU.map((name) => readTable(file(`${name}.root`))));
  for (const { columns, unread } of all) {
    const momentum = columns.get("px1")!;
    assert.ok("data" in momentum);
    assert.equal([...momentum.data.subarray(0, 10)], px1);
    assert.equal([columns.size, [...unread.keys()]], [19, ["Type"]]);
    assert.equal(columns, all[0]!.columns);
  }
});

referenceTest("Zmumu: M is the mass of the two muons' four-momenta", async () => {
  const names = ["E1", "px1", "py1", "pz1", "E2", "px2", "py2", "pz2", "M"];
  const table = await readEvents(`${file("uproot-Zmumu.root")}:events`, names);
  const [E1, px1, py1, pz1, E2, px2, py2, pz2, M] = names.map(
    (name) => table.columns.get(name)!.data,
  ) as Float64Array[];
  assert.is(table.count, 2304);
  for (let i = 0; i < table.count; i++) {
    const squared =
      (E1![i]! + E2![i]!) ** 2 - (px1![i]! + px2![i]!) ** 2 - (py1![i]! + py2![i]!) ** 2 - (pz1![i]! + pz2![i]!) ** 2;
    // The file has 10 to 12 digits of each; the difference of squares of up to 10^3 GeV loses some.
    assert.ok(Math.abs(Math.sqrt(squared) - M![i]!) < 2e-6 * M![i]!, `${i}: ${Math.sqrt(squared)}, ${M![i]}`);
  }
});

referenceTest(
  "HZZ: elements, numbers of them and flat branches as uproot's documents list them, packed with zlib and zstd",
  async () => {
    for (const name of ["uproot-HZZ.root", "uproot-HZZ-zstd.root"]) {
      const wanted = [
        "MET_px",
        "NMuon",
        "NJet",
        "Muon_Px[0]",
        "Muon_Px[1]",
        "Muon_Pz[0]",
        "Jet_Py[0]",
        "Muon_Charge[0]",
        "Muon_Px[size]",
      ];
      const missing = Object.fromEntries(wanted.filter((one) => /\[\d\]/.test(one)).map((one) => [one, Number.NaN]));
      const { columns, count } = await readEvents(file(name), wanted, { missing });
      const first = (column: string, rows: number) => [...columns.get(column)!.data.subarray(0, rows)];
      assert.is(count, 2421);
      assert.equal(first("MET_px", 1), [Math.fround(5.9127712)]);
      assert.equal(first("NMuon", 3), [2, 1, 2]);
      assert.equal(first("Muon_Px[0]", 2), [-52.89945602416992, -0.8164593577384949]);
      assert.is(columns.get("Muon_Px[1]")!.data[0], 37.7377815246582);
      assert.ok(Number.isNaN(columns.get("Muon_Px[1]")!.data[1]));
      assert.equal(first("Muon_Pz[0]", 2), [-8.16079330444336, 20.199968338012695]);
      assert.is(columns.get("Jet_Py[0]")!.data[1], 19.863452911376953);
      assert.equal(columns.get("Muon_Px[size]")!.data, columns.get("NMuon")!.data);
      assert.instance(columns.get("Muon_Charge[0]")!.data, Float64Array);
    }
    // oamap's README: masses of pairs of muons of opposite charge, of the first events that have exactly two.
    const of = ["NMuon", ...["Px", "Py", "Pz", "E", "Charge"].flatMap((p) => [`Muon_${p}[0]`, `Muon_${p}[1]`])];
    const { columns } = await readEvents(file("uproot-HZZ.root"), of, {
      missing: Object.fromEntries(of.slice(1).map((name) => [name, 0])),
    });
    const at = (name: string, i: number) => columns.get(name)!.data[i]!;
    const sum = (p: string, i: number) => at(`Muon_${p}[0]`, i) + at(`Muon_${p}[1]`, i);
    const masses: number[] = [];
    for (let i = 0; masses.length < 3; i++) {
      if (at("NMuon", i) !== 2 || at("Muon_Charge[0]", i) * at("Muon_Charge[1]", i) >= 0) continue;
      masses.push(Math.sqrt(sum("E", i) ** 2 - sum("Px", i) ** 2 - sum("Py", i) ** 2 - sum("Pz", i) ** 2));
    }
    for (const [i, mass] of [90.2278015749, 74.7465483668, 89.7578672676].entries()) {
      // The README's are of squares of sums in 32 bits: of (10^3 GeV)^2, 6e-8 over 2 x 90 GeV.
      assert.ok(Math.abs(masses[i]! - mass) < 1e-3, `${masses[i]} ${mass}`);
    }
  },
);

referenceTest("HZZ: every jagged branch has as many elements as its counter says, in any rows", async () => {
  const path = file("uproot-HZZ.root");
  const pairs = [
    ["Jet_Px", "NJet"],
    ["Muon_Iso", "NMuon"],
    ["Electron_E", "NElectron"],
    ["Photon_Pz", "NPhoton"],
  ] as const;
  const names = pairs.flatMap(([jagged, counter]) => [`${jagged}[size]`, counter]);
  const events = await openEvents(path, names);
  for (const [from, to] of [
    [0, 2421],
    [1, 2],
    [700, 1900],
    [2420, 2421],
    [5, 5],
  ] as const) {
    const { columns } = await events.read(from, to);
    for (const [jagged, counter] of pairs)
      assert.equal(columns.get(`${jagged}[size]`)!.data, columns.get(counter)!.data, `${jagged} ${from}`);
  }
  await events.close();
  await assertRefused(
    () => readEvents(path, ["Jet_Px[0]"]),
    /column "Jet_Px": expected at least 1 elements in every event, got 0 in row 0 /,
  );
  await assertRefused(
    () => readEvents(path, ["Jet_Px"]),
    /column "Jet_Px": expected as many numbers in every event, got different numbers/,
  );
});

referenceTest(
  "NanoAOD whose baskets came with the tree: 200 events, 64-bit event numbers, ordered jets, truth values",
  async () => {
    const path = file("nanoAOD_2015_CMS_Open_Data_ttbar.root");
    const { columns, unread } = await readTable(`${path}:Events`);
    const event = columns.get("event")!;
    assert.ok("data" in event && event.data instanceof BigUint64Array);
    assert.is(new Set(event.data).size, 200);
    assert.ok([...unread.values()].every(({ message }) => message.endsWith("got different numbers of them")));
    const trigger = columns.get("HLT_IsoMu20")!;
    assert.ok("data" in trigger && trigger.isBool && trigger.data.every((value) => value === 0 || value === 1));
    const missing = { "Jet_pt[0]": 1e9, "Jet_pt[1]": 0 };
    const table = await readEvents(path, ["nJet", "Jet_pt[0]", "Jet_pt[1]", "Jet_pt[size]"], { missing });
    const at = (name: string) => table.columns.get(name)!.data;
    // CMS orders jets by pt.
    assert.ok(at("Jet_pt[0]").every((pt, i) => pt >= at("Jet_pt[1]")[i]!));
    assert.equal([...at("Jet_pt[size]")], [...at("nJet")]);
  },
);

referenceTest("trees by name; several of one file; a wrong name with the nearest", async () => {
  const path = referenceFile("hgg/mc_part3.root");
  await assertRefused(
    () => readEvents(path),
    /mc_part3\.root: expected one tree, got "ggH_Tag0", .* Name it behind a colon: \S*:ggH_Tag0$/,
  );
  await assertRefused(
    () => readEvents(`${path}:ggH_Tag1`),
    /expected a tree "ggH_Tag1", got "ggH_Tag0", .* Did you mean "ggH_Tag0"\?$/,
  );
  const nominal = await readEvents(`${path}:ggH_Tag0`);
  assert.equal([...nominal.columns.keys()], ["CMS_hgg_mass", "weight"]);
  assert.equal(await readEvents(`${path}:ggH_Tag0;1`).then(({ columns }) => columns), nominal.columns);
  await assertRefused(() => readEvents(`${path}:ggH_Tag0;2`), /expected a tree "ggH_Tag0;2"/);
  const [first] = nominal.columns.get("CMS_hgg_mass")!.data;
  assert.ok(first! > 100 && first! < 180, `${first}`);
  const two = await readEvents(
    ["hgg/data_part1.root", "hgg/data_part6.root"].map((name) => `${referenceFile(name)}:data_Tag0`),
    ["CMS_hgg_mass"],
  );
  assert.is(two.count, 20_000);
});

referenceTest("files by pattern, one after another; pieces read alone are the whole", async () => {
  const pattern = join(referenceFile("files"), "uproot-Zmumu-z*.root:events");
  const table = await readEvents(pattern, ["M"]);
  const one = await readEvents(file("uproot-Zmumu.root"), ["M"]);
  const half = one.columns.get("M")!.data;
  assert.is(table.count, 2 * 2304);
  assert.equal(table.columns.get("M")!.data, Float64Array.of(...half, ...half));
  const events = await openEvents(`${referenceFile("hgg/mc_part1.root")}:ggH_Tag0`, ["CMS_hgg_mass", "weight"]);
  const whole = await events.read(0, events.count);
  assert.ok(events.pieces.length > 5, `${events.pieces}`);
  for (const name of events.columns.keys()) {
    const parts: number[] = [];
    for (const [i, start] of events.pieces.entries()) {
      parts.push(...(await events.read(start, events.pieces[i + 1] ?? events.count)).columns.get(name)!.data);
    }
    assert.equal(Float32Array.from(parts), whole.columns.get(name)!.data);
  }
  await events.close();
});

referenceTest("RNTuples are refused in one sentence", async () => {
  for (const name of [
    "Run2012BC_DoubleMuParked_Muons_1000evts",
    "test_1jag_int_float",
    "test_int_float",
    "test_int_multicluster",
    "test_multiple_cluster_groups",
  ]) {
    const path = file(`${name}_rntuple_v1-0-0-0.root`);
    for (const read of [readEvents, readTable, listColumns]) {
      await assertRefused(
        () => read(path),
        /expected a TTree, got the RNTuple "\w+", which is not read\. Write it as Parquet/,
      );
    }
  }
});

test.run();
