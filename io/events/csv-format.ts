/** Text with a header line. Its columns are read when they are selected: only then is it known how many rows there are. */
import { type CsvColumn, listCsv, readCsvFrom, readCsvTable, readWordsFrom } from "../csv/csv.js";
import { writeCsv } from "../csv/csv-write.js";
import { type ColumnInFile, type EventFile, type EventFormat, isWords } from "../event-format.js";
import { openFile } from "../source.js";
import { rowsOf } from "./event-columns.js";

async function openCsvFile(path: string): Promise<EventFile> {
  const found = await listCsv(path);
  const source = await openFile(path);
  const select: EventFile["select"] = async (names, head, ofWords = new Set()) => {
    const { columns, total } = await readCsvFrom(
      source,
      names?.filter((name) => !ofWords.has(name)),
      head,
    );
    const words = ofWords.size > 0 ? await readWordsFrom(source, [...ofWords]) : new Map<string, readonly string[]>();
    const shape = [total];
    const of = (type: "f8" | "words", own: ReadonlyMap<string, unknown>) =>
      [...own.keys()].map((name): [string, ColumnInFile] => [name, { type, shape }]);
    return {
      columns: new Map([...of("f8", columns), ...of("words", words)]),
      pieces: [0],
      async *read(from, to) {
        for (const [name, column] of words) yield [name, column.slice(from, to)] as const;
        for (const [name, data] of columns) {
          yield [name, rowsOf({ shape: [data.length], data, fortranOrder: false }, from, to)] as const;
        }
      },
    };
  };
  const count = async () => (await readCsvFrom(source, [], 0)).total;
  return { path, names: found, count, select, release: source.release };
}

function problem(column: CsvColumn, count: number): string | undefined {
  const shape = isWords(column) ? [column.length] : column.shape;
  return shape[0] === count && shape.length <= 2 ? undefined : `an array [${shape.join(", ")}]`;
}

export const csv: EventFormat = {
  open: openCsvFile,
  readAll: async (path) => ({ columns: await readCsvTable(path), unread: new Map() }),
  write: { table: writeCsv, problem },
};
