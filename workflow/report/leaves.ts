/**
 * What the steps of a run leave: numbers, which are written first, and parts of a page. Results and report are folds over them in their
 * order, and know of no measurement.
 */
import type { NamedArray } from "../../io/index.js";
import type { DrawingGroup } from "../store/drawings.js";
import type { MissingPart, ReportTable } from "./html.js";
import { tablesOf } from "./report-parts.js";

/** Numbers that one part of a run leaves. */
export interface Numbers {
  /** Entries of results.json. */
  readonly results?: Readonly<Record<string, unknown>>;
  /** Entries of arrays.npz. */
  readonly arrays?: ReadonlyMap<string, NamedArray>;
  /** Artefacts beside them, in whose names results.json says which files belong to it. */
  readonly files?: readonly Artefact[];
}

/** A file in the folder of the results. */
export interface Artefact {
  readonly name: string;
  /** Absent where the run has written it before. */
  readonly write?: (folder: string) => Promise<void>;
}

/** Tables, or what stands for those that are missing; made with the page. */
export type Tables = (warn: (text: string) => void) => readonly (ReportTable | MissingPart)[];

/** Part of a section. Parts with the same heading are one section: their texts follow each other, and so do their tables. */
export interface SectionPart {
  readonly heading: string;
  readonly text: () => string;
  /** Pictures by what their names begin with, and their caption. */
  readonly figures?: readonly (readonly [prefix: string, caption: string])[];
  readonly tables?: readonly Tables[];
}

/** What one part of a run leaves for the page. Nothing is made before the page is, so that it may fail there alone. */
export interface PagePart {
  /** The result in one sentence, with which the page begins. */
  readonly sentence?: () => string;
  readonly pictures?: readonly DrawingGroup[];
  /** Tables above all sections. */
  readonly top?: readonly Tables[];
  readonly sections?: readonly SectionPart[];
}

/** @param what  names the tables where they cannot be made */
export const tables =
  (what: string, make: () => ReportTable[]): Tables =>
  (warn) =>
    tablesOf(warn, what, make);

/** What stands for parts of the run that are missing. @param missing  why, by the name of the part */
export const lost =
  <P extends string>(missing: ReadonlyMap<P, string>, ...parts: readonly P[]): Tables =>
  () =>
    parts.flatMap((part) => {
      const problem = missing.get(part);
      return problem === undefined ? [] : [{ missing: `"${part}"`, problem }];
    });

/** The entries of results.json, in order. */
export const resultsOf = (numbers: readonly Numbers[]): Readonly<Record<string, unknown>> =>
  Object.assign({}, ...numbers.map(({ results }) => results));

/** The arrays of arrays.npz, in order. */
export const arraysOf = (numbers: readonly Numbers[]): ReadonlyMap<string, NamedArray> =>
  new Map(numbers.flatMap(({ arrays }) => [...(arrays ?? [])]));
