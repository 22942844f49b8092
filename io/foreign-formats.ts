/** Formats that are not read, or not under this name, recognised so that a message can say what a file is and what to do with it. */
import { extname } from "node:path";
import { FileError } from "./errors.js";

interface ForeignFormat {
  readonly what: string;
  /** What the file begins with, a character for each byte. */
  readonly start: string;
  /** Where that is, by default at 0. */
  readonly at?: number;
  readonly extensions: readonly string[];
  readonly hint: string;
  /** It is read where its name has one of the extensions. */
  readonly isRead?: true;
}

/** Bytes from the start of a file that tell its format: tar has its mark last, at 257. */
export const START_BYTES = 262;

const unpack = (command: string) => `Unpack it first: ${command}`;
const SAVE_COLUMNS = 'Save the columns as numpy arrays: numpy.savez("events.npz", x=...)';

// Formats whose mark is a word ask for a byte that no text has, too: a column of a csv file may have that name.
const FORMATS: readonly ForeignFormat[] = [
  {
    what: "a file packed with gzip",
    start: "\x1f\x8b\x08",
    extensions: [".gz"],
    hint: unpack("gunzip"),
  },
  { what: "a file packed with bzip2", start: "1AY&SY", at: 4, extensions: [".bz2"], hint: unpack("bunzip2") },
  { what: "a file packed with xz", start: "\xfd7zXZ\0", extensions: [".xz"], hint: unpack("unxz") },
  { what: "a file packed with zstd", start: "\x28\xb5\x2f\xfd", extensions: [".zst"], hint: unpack("unzstd") },
  { what: "a 7z archive", start: "7z\xbc\xaf\x27\x1c", extensions: [".7z"], hint: unpack("7z x") },
  { what: "a tar archive", start: "ustar", at: 257, extensions: [".tar"], hint: unpack("tar -xf") },
  {
    what: "a ROOT file",
    start: "root\0",
    extensions: [".root"],
    hint: "Give it the extension .root",
    isRead: true,
  },
  {
    what: "an HDF5 file",
    start: "\x89HDF\r\n\x1a\n",
    extensions: [".h5", ".hdf5", ".hdf"],
    hint: "Give it the extension .h5",
    isRead: true,
  },
  {
    what: "a Parquet file",
    start: "PAR1\x15",
    extensions: [".parquet", ".pq"],
    hint: "Give it the extension .parquet",
    isRead: true,
  },
  {
    what: "an Arrow file",
    start: "ARROW1\0\0",
    extensions: [".arrow", ".feather"],
    hint: `Read it with pandas or pyarrow. ${SAVE_COLUMNS}`,
  },
  {
    what: "a FITS file",
    start: `SIMPLE  =${" ".repeat(20)}T`,
    extensions: [".fits"],
    hint: `Read it with astropy. ${SAVE_COLUMNS}`,
  },
  {
    what: "a MATLAB file",
    start: "MATLAB 5.0 MAT-file",
    extensions: [".mat"],
    hint: `Read it with scipy.io. ${SAVE_COLUMNS}`,
  },
  {
    what: "an Excel workbook",
    start: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    extensions: [".xls", ".xlsx"],
    hint: "Save its sheet as CSV UTF-8",
  },
  { what: "an SQLite database", start: "SQLite format 3\0", extensions: [".sqlite", ".db"], hint: SAVE_COLUMNS },
];

const WEB_PAGE = /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)/i;
const webPage = { what: "a web page", hint: "The download failed: look at what it says" };

// These hold what is read here, where the name of the file says so.
const NEIGHBOURS: readonly (readonly [string, string])[] = [
  ["PK\x03\x04", "a zip archive (.npz, .pt, .xlsx)"],
  ["\x93NUMPY", "one array in numpy's .npy format"],
  ["\x0e\x03\x13\x01", "an HDF4 file"],
  ...["\x02", "\x03", "\x04", "\x05"].map((version) => [`\x80${version}`, "a pickle of Python"] as const),
];

/** Refuses a file of a format that nothing here reads, or not under its name, by what it begins with. */
export function checkNotForeign(path: string, start: Uint8Array): void {
  const text = Buffer.from(start).toString("latin1");
  // The header of a safetensors file, behind its length, which may be any bytes.
  if (text[8] === "{") return;
  const format = WEB_PAGE.test(text) ? webPage : FORMATS.find(({ start: mark, at = 0 }) => text.startsWith(mark, at));
  if (format === undefined || ("isRead" in format && format.extensions.includes(extname(path).toLowerCase()))) return;
  throw new FileError(path, { expected: "a format that is read here", got: format.what, hint: format.hint });
}

/** What a file is that is not of the format it should be; undefined where it cannot be told. */
export function neighbourFormat(start: Uint8Array): string | undefined {
  const text = Buffer.from(start.subarray(0, START_BYTES)).toString("latin1");
  return NEIGHBOURS.find(([mark]) => text.startsWith(mark))?.[1];
}

/** What to do with a file of this extension; undefined where it is of no format known. */
export function foreignHint(extension: string): string | undefined {
  return FORMATS.find(({ extensions, isRead }) => !isRead && extensions.includes(extension.toLowerCase()))?.hint;
}
