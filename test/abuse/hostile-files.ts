/**
 * Files made to break whoever reads them, by the kind that they claim to be. Each must be refused, in one sentence with exit code 2, in 30 s and
 * 2 GiB, or be read as what it is, where the comment says that it is sound.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { crc32 } from "../../io/zip/crc32.js";

export interface HostileFile {
  /** Writes it at a path, whose extension is that of its kind. */
  readonly write: (path: string) => void | Promise<void>;
  /** A sound file, however odd: to be read. */
  readonly isSound?: boolean;
}

/** Deterministic noise: a linear congruence (Numerical Recipes, "ranqd1"), one byte of each state. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const put = (content: string | Uint8Array): HostileFile => ({ write: (path) => writeFileSync(path, content) });
const made = (content: () => string | Uint8Array): HostileFile => ({ write: (path) => writeFileSync(path, content()) });

/** A file that is large on paper: holes take no room on the disk. */
const sparse = (start: Uint8Array, bytes: number): HostileFile => ({
  write(path) {
    writeFileSync(path, start);
    truncateSync(path, bytes);
  },
});

/** Kinds of file that are no plain files, and files of any format that hold nothing of it. */
const ANY_FORMAT: Readonly<Record<string, HostileFile>> = {
  "empty file": put(""),
  "one byte": put("\0"),
  noise: made(() => noise(100_000, 7)),
  "Git LFS pointer": put(`version https://git-lfs.github.com/spec/v1\noid sha256:${"4d".repeat(32)}\nsize 12345\n`),
  "HTML page": put("<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>\n"),
  folder: { write: (path) => void mkdirSync(path) },
  "named pipe that nobody writes to": { write: (path) => void execFileSync("mkfifo", [path]) },
  "link to /dev/zero": { write: (path) => symlinkSync("/dev/zero", path) },
  "link to /dev/tty": { write: (path) => symlinkSync("/dev/tty", path) },
  "link to itself": { write: (path) => symlinkSync(path, path) },
  "link to nothing": { write: (path) => symlinkSync(join(dirname(path), "nothing"), path) },
  "link to /proc/self/mem": { write: (path) => symlinkSync("/proc/self/mem", path) },
  "zeros, 8 GiB": sparse(new Uint8Array(), 8 * 2 ** 30),
};

interface Member {
  readonly name: string;
  readonly data: Uint8Array;
  readonly method?: number;
  /** What the headers say of the size when unpacked. */
  readonly size?: number;
  readonly crc?: number;
  readonly flags?: number;
  /** Its local header lies where that of another member does. */
  readonly at?: number;
}

/** A zip archive with these headers, true or not: PKWARE's APPNOTE.TXT 6.3, section 4.3. */
export function zip(members: readonly Member[], { count = members.length }: { count?: number } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, method = 0, size = data.length, crc = crc32(data), flags = 0, at } of members) {
    const title = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(title.length, 22);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    common.copy(central, 6);
    central.writeUInt32LE(at ?? offset, 42);
    directory.push(Buffer.concat([central, title]));
    if (at !== undefined) continue;
    const signature = Buffer.from([0x50, 0x4b, 3, 4]);
    const own = Buffer.concat([signature, common, title, data]);
    parts.push(own);
    offset += own.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

/** An array of numpy's, with this header text. */
function npy(header: string, data: Uint8Array = new Uint8Array()): Buffer {
  const padded = `${header}${" ".repeat((64 - ((10 + header.length + 1) % 64)) % 64)}\n`;
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  return Buffer.concat([start, Buffer.from(padded, "latin1"), data]);
}

const numbers = (rows: number, columns: number) =>
  npy(`{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`, Buffer.alloc(8 * rows * columns));

const XY: readonly Member[] = ["x.npy", "y.npy"].map((name) => ({ name, data: numbers(10, 2) }));

/** Zeros that shrink a thousandfold, with the header of an array of them in front. */
function packedZeros(name: string, bytes: number): Member {
  const whole = Buffer.concat([
    npy(`{'descr': '|u1', 'fortran_order': False, 'shape': (${bytes},), }`),
    Buffer.alloc(bytes),
  ]);
  return { name, data: deflateRawSync(whole), method: 8, size: whole.length, crc: crc32(whole) };
}

const named = (header: string): HostileFile =>
  made(() =>
    zip([
      { name: "x.npy", data: npy(header) },
      { name: "y.npy", data: numbers(10, 2) },
    ]),
  );

const NPZ: Readonly<Record<string, HostileFile>> = {
  // Whoever asks for x and y alone reads 320 bytes.
  "x and y beside 200 members of 64 MiB": {
    isSound: true,
    ...made(() => {
      const zeros = packedZeros("0.npy", 2 ** 26);
      return zip([...XY, ...Array.from({ length: 200 }, (_, i) => ({ ...zeros, name: `${i}.npy` }))]);
    }),
  },
  "x, y of 1 GiB each": made(() => {
    const zeros = packedZeros("x.npy", 2 ** 30);
    return zip([zeros, { ...zeros, name: "y.npy" }]);
  }),
  "20 000 members at one place": made(() => {
    const zeros = packedZeros("x.npy", 2 ** 20);
    return zip([zeros, ...Array.from({ length: 20_000 }, (_, i) => ({ ...zeros, name: `${i}.npy`, at: 0 }))]);
  }),
  "65 000 members of one name": made(() => zip(Array.from({ length: 65_000 }, () => XY[0]!))),
  "more members said than there are": made(() => zip(XY, { count: 60_000 })),
  "wrong checksum": made(() => zip(XY.map((member) => ({ ...member, crc: 1 })))),
  encrypted: made(() => zip(XY.map((member) => ({ ...member, flags: 1 })))),
  "an unknown method": made(() => zip(XY.map((member) => ({ ...member, method: 99 })))),
  "a size that lies": made(() => zip(XY.map((member) => ({ ...member, size: 0xfffffff0, method: 8 })))),
  truncated: made(() => zip(XY).subarray(0, 300)),
  "names with ..": made(() => zip([{ name: "../../x.npy", data: numbers(10, 2) }, XY[1]!])),
  "shape of 10^18": named("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000000, 2), }"),
  "negative shape": named("{'descr': '<f8', 'fortran_order': False, 'shape': (-5, -2), }"),
  "shape of 10 000 dimensions": named(`{'descr': '<f8', 'fortran_order': False, 'shape': (${"1, ".repeat(10_000)}), }`),
  "pickled objects": named("{'descr': '|O', 'fortran_order': False, 'shape': (10, 2), }"),
  "a header that calls": named("{'descr': __import__('os').system('touch /tmp/owned'), 'shape': (1,), }"),
  "a header of 60 000 brackets": named("(".repeat(60_000)),
  "a NaN": made(() => {
    const bad = numbers(10, 2);
    bad.writeDoubleLE(Number.NaN, bad.length - 8);
    return zip([{ name: "x.npy", data: bad }, XY[1]!]);
  }),
  "x and y of different lengths": made(() => zip([XY[0]!, { name: "y.npy", data: numbers(11, 2) }])),
  "no x": made(() => zip([XY[1]!])),
};

/** A safetensors file with this header text, of the length it says. */
function safetensors(header: string, data: Uint8Array = new Uint8Array(), length = Buffer.byteLength(header)): Buffer {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([start, Buffer.from(header), data]);
}

const tensor = (shape: readonly number[], from: number, to: number) =>
  ({ dtype: "F32", shape, data_offsets: [from, to] }) as const;

const SAFETENSORS: Readonly<Record<string, HostileFile>> = {
  "a header of 2^62 bytes": put(Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 64]), Buffer.from("{}")])),
  "a header of 100 MB": made(() => safetensors(`{"x":${"[".repeat(1e8)}`)),
  "10^5 nested lists": made(() => safetensors(`{"x":${"[".repeat(1e5)}${"]".repeat(1e5)}}`)),
  "200 000 tensors of the same bytes": made(() => {
    const all = Array.from({ length: 200_000 }, (_, i) => [`t${i}`, tensor([1000, 2], 0, 8000)]);
    return safetensors(JSON.stringify(Object.fromEntries(all)), Buffer.alloc(8000));
  }),
  "a shape beyond 2^53": put(
    safetensors(JSON.stringify({ x: tensor([2 ** 40, 2 ** 40], 0, 8), y: tensor([1, 2], 0, 8) }), Buffer.alloc(8)),
  ),
  "offsets outside": put(
    safetensors(JSON.stringify({ x: tensor([10, 2], 0, 80), y: tensor([10, 2], 1e12, 1e12 + 80) }), Buffer.alloc(80)),
  ),
  "offsets backwards": put(safetensors(JSON.stringify({ x: tensor([1, 2], 8, 0) }), Buffer.alloc(8))),
  "a tensor called __proto__": put(
    safetensors('{"__proto__":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}', Buffer.alloc(8)),
  ),
  "no JSON": put(safetensors("not json at all", Buffer.alloc(8))),
};

const CSV: Readonly<Record<string, HostileFile>> = {
  "150 000 names": made(() => `a,b,${Array.from({ length: 150_000 }, (_, i) => `n${i.toString(16)}`).join(",")}\n`),
  "150 000 equal names": made(() => `${"a,".repeat(150_000)}a\n`),
  "one line of 100 MB": made(() => Buffer.alloc(1e8, "a")),
  "one field of 100 MB": made(() => Buffer.concat([Buffer.from("x,y\n1,"), Buffer.alloc(1e8, "1")])),
  "a quote that never ends": made(() => Buffer.concat([Buffer.from('x,y\n1,"'), Buffer.alloc(5e7, "a\n")])),
  "zeros in between": put("x,y\n1,\0\0\0\n"),
  "10^7 empty lines": made(() => Buffer.concat([Buffer.from("x,y"), Buffer.alloc(1e7, "\n")])),
  "words for numbers": put("x[0],x[1],y[0],y[1]\n1,2,three,4\n"),
};

/** A configuration around these lines, otherwise sound. */
const withLines = (lines: string) =>
  made(
    () => `name: Hostile\nobservables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }\nnuisances: { shift: }\nsimulation: { generator: doi-toy }\ndata: { generator: doi-toy }\n${lines}\n`,
  );

const YAML: Readonly<Record<string, HostileFile>> = {
  "a billion laughs": made(() => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(10)}]`);
    return `l0: &l0 [${"ha,".repeat(10)}]\n${levels.join("\n")}\n`;
  }),
  "100 000 brackets": made(() => `name: ${"[".repeat(1e5)}`),
  "100 000 levels": made(() => Array.from({ length: 1e4 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")),
  "200 000 names": made(() => Array.from({ length: 200_000 }, (_, i) => `k${i}: 1`).join("\n")),
  "200 000 nuisances": withLines(
    `morph: { x: { layers: 1 } }\ntruth: { ${Array.from({ length: 100_000 }, (_, i) => `n${i}: 0`).join(", ")} }`,
  ),
  "100 MB": made(() => Buffer.alloc(1e8, "# comment\n")),
  "an alias to itself": put("name: &n [*n]\n"),
  "two documents": put("name: a\n---\nname: b\n"),
  "keys that are no words": put("? [a, b]\n: 1\n"),
  "a layer of 10^9 units": withLines("flows: { x: { hidden: [1000000000] } }"),
  "10^9 bins": withLines("flows: { x: { bins: 1000000000 } }"),
  "10^9 transforms": withLines("flows: { x: { transforms: 1000000000 } }"),
  "10^9 layers": withLines("morph: { x: { layers: 1000000000 } }"),
  "10^9 replicas": withLines("ensemble: { replicas: 1000000000 }"),
  "10^9 bins of the report": withLines("report: { bins: 1000000000 }"),
  "10^9 points of a scan": withLines("scan: { points: 1000000000 }"),
  "10^12 events": withLines("simulation: { generator: doi-toy, events: 1000000000000 }"),
  "10^9 epochs of 10^9 events": withLines("flows: { x: { training: { batch: 1000000000000 } } }"),
};

const MODEL_METADATA = (metadata: Record<string, string>) =>
  put(safetensors(JSON.stringify({ __metadata__: metadata, w: tensor([2], 0, 8) }), Buffer.alloc(8)));

/** model.safetensors of a run folder. */
const MODEL: Readonly<Record<string, HostileFile>> = {
  "no metadata": put(safetensors(JSON.stringify({ w: tensor([2], 0, 8) }), Buffer.alloc(8))),
  "metadata of another": MODEL_METADATA({ format: "pt" }),
  "kind __proto__": MODEL_METADATA({ model: '{"kind":"__proto__","x":{"nominal":{"kind":"__proto__"}}}' }),
  "metadata of 10^6 brackets": MODEL_METADATA({ model: "[".repeat(1e6) }),
};

/** A torch archive with this pickle. */
const torch = (pickle: string | Buffer, extra: readonly Member[] = []) =>
  zip([
    { name: "m/data.pkl", data: typeof pickle === "string" ? Buffer.from(pickle, "latin1") : pickle },
    { name: "m/data/0", data: Buffer.alloc(8) },
    ...extra,
  ]);

const PT: Readonly<Record<string, HostileFile>> = {
  "a pickle that runs a command": made(() => torch("\x80\x02cposix\nsystem\nX\x10\0\0\0touch /tmp/ownedx\x85R.")),
  "10^6 nested tuples": made(() => torch(`\x80\x02${")".repeat(1)}${"\x85".repeat(1e6)}.`)),
  "10^7 marks": made(() => torch(Buffer.concat([Buffer.from([0x80, 2]), Buffer.alloc(1e7, "(")]))),
  "a word of 4 GiB": made(() => torch("\x80\x02X\xff\xff\xff\xff.")),
  "a number of 2^31 bytes": made(() => torch("\x80\x02\x8b\xff\xff\xff\x7f.")),
  "no end": made(() => torch("\x80\x02}")),
  "memo without end": made(() =>
    torch(Buffer.concat([Buffer.from([0x80, 2, 0x7d]), Buffer.alloc(5e6, Buffer.from([0x94]))])),
  ),
  "packed zeros of 2 GiB for a pickle": made(() => {
    const zeros = Buffer.alloc(2 ** 30);
    return zip([{ name: "m/data.pkl", data: deflateRawSync(zeros), method: 8, size: zeros.length, crc: 0 }]);
  }),
};

export interface HostileKind {
  readonly extension: string;
  readonly files: Readonly<Record<string, HostileFile>>;
}

/** By the place that they are put to. */
export const HOSTILE = {
  "events, npz": { extension: ".npz", files: { ...ANY_FORMAT, ...NPZ } },
  "events, safetensors": { extension: ".safetensors", files: { ...ANY_FORMAT, ...SAFETENSORS } },
  "events, csv": { extension: ".csv", files: { ...ANY_FORMAT, ...CSV } },
  configuration: { extension: ".yaml", files: { ...ANY_FORMAT, ...YAML } },
  "model of a run": { extension: ".safetensors", files: { ...ANY_FORMAT, ...SAFETENSORS, ...MODEL } },
  "model of PyTorch": { extension: ".pt", files: { ...ANY_FORMAT, ...PT } },
} as const satisfies Readonly<Record<string, HostileKind>>;
