/** Densities of a composition that a morph moves, as trainings of morphs bind them. */
import { add, concatenate, mul, reshape, slice } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import { type FactorizableArchitecture, initialise } from "../../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../../flows/factorizable.js";
import { bindComposition, TapeParts } from "../composition/bind-composition.js";
import { type CheckedComposition, checkedComposition, EVERYWHERE } from "../composition/composition.js";
import { compositionParameters } from "../composition/composition-parameters.js";
import { reachableParts } from "../composition/reachable-parts.js";
import type { DensityForm } from "../densities/densities.js";
import { type FlowForm, flow } from "../densities/flow.js";
import { contextOf } from "../densities/given-columns.js";
import { type MorphedForm, morphed, morphWeightsOf } from "../densities/morphed.js";
import type { Columns, Environment } from "../language/environment.js";
import type { Region } from "../language/region.js";
import { layoutValues, type MorphLayout, morphLayout } from "./morph-layout.js";
import type { MovedColumns, NuisanceValues, TrainedDensity } from "./moved-density.js";

export interface CompositionMorph {
  /** Of trained densities: the one behind the morph stays as it is. */
  readonly composition: CheckedComposition;
  readonly name: string;
  readonly form: MorphedForm;
  /** Where the events are, by column: within it the density is normalised. Empty: everywhere. */
  readonly region: Region;
}

type Densities = Readonly<Record<string, DensityForm>>;

/** No density of a user has a space in its name, and no column. */
const IN_REGION = "in region";
const nuisanceColumn = (k: number) => `nuisance ${k}`;

/** Of the columns that a density is of. */
export const ownRegion = (region: Region, of: readonly string[]): Region =>
  Object.fromEntries(Object.entries(region).filter(([column]) => of.includes(column)));

/** The density that trainings look at: in its region. */
export function inRegion(
  densities: Densities,
  name: string,
  region: Region,
): readonly [densities: Densities, name: string] {
  if (Object.keys(region).length === 0) return [densities, name];
  return [{ ...densities, [IN_REGION]: { kind: "truncated", density: name, region } }, IN_REGION];
}

/** The columns of events that `eventsByProcess` made. */
function columnsOf(layout: MorphLayout, { process, features, context }: MovedColumns): Columns {
  const number = (row: Var, i: number) => reshape(slice(row, -1, i, i + 1), row.shape.slice(0, -1));
  const values = layoutValues(layout);
  const category = (c: number) =>
    values.map((own, f) => mul(number(process, f), own[c]!)).reduce((sum, own) => add(sum, own));
  return Object.fromEntries([
    ...layout.of.map((column, i) => [column, number(features, i)] as const),
    // Behind the processes, one-hot.
    ...layout.given.map((column, i) => [column, number(context, values.length + i)] as const),
    ...layout.categories.map(({ column }, c) => [column, category(c)] as const),
  ]);
}

/** Columns with a range may be cut by it after a map, where latent features of events are: of one column probabilities take their place. */
function hasLatent({ composition, form, region }: CompositionMorph): boolean {
  if (Object.keys(ownRegion(region, form.of)).length > 0) return false;
  const { densities } = reachableParts(composition, [form.density]);
  if (form.of.length === 1) return Object.values(densities).every(({ kind }) => kind !== "truncated");
  const isOpen = (column: string) => composition.domain(column).every((end, i) => end === EVERYWHERE[i]);
  return composition.densities[form.density]!.kind === "flow" && form.of.every(isOpen);
}

/** Where the flow behind a morph takes the features. */
function latentFeatures(at: Environment, name: string, form: MorphedForm, behind: FlowForm): Var {
  const [morph, origin] = [morphed.map!(form, name)!, flow.map!(behind, form.density)!];
  const row = (own: readonly Var[]) => concatenate(own.map((value) => reshape(value, [...value.shape, 1])));
  const features = row(form.of.map((column) => at.column(column)));
  const { value } = morph.toOrigin(at, features, contextOf(at, morph.given, morph.givenFrame));
  const moved = behind.of.map((column) => {
    const i = form.of.indexOf(column);
    return slice(value, -1, i, i + 1);
  });
  return origin.toOrigin(at, concatenate(moved), contextOf(at, origin.given, origin.givenFrame)).value;
}

/** With the names of `morphed` forms for weights; the events are those of `morphLayout`. */
export function movedComposition(request: CompositionMorph): TrainedDensity {
  const { composition, name, form, region } = request;
  const layout = morphLayout(composition, form);
  const behind = reachableParts(composition, [form.density]);
  const prefix = morphWeightsOf(name);
  const own = ownRegion(region, form.of);
  return {
    prefix,
    hasLatent: hasLatent(request),
    parameters: compositionParameters({ ...behind, parameters: [] }),
    bind(tape: Tape, architecture: FactorizableArchitecture) {
      const morph = { architecture, weights: initialise(architecture, 0) };
      const bound = bindFactorizableFlow(tape, architecture, prefix);
      const parts = new TapeParts();
      parts.weights.set(prefix, bound);
      const looked = [...layout.of, ...layout.given, ...layout.categories.map(({ column }) => column)];
      const columns = Object.fromEntries(looked.map((of) => [of, composition.columns[of]!]));
      /** One of these densities, which have no parameters but their weights. */
      const density = (name: string, densities: Densities, observed: MovedColumns, values: Columns) => {
        const [all, inside] = inRegion(densities, name, own);
        const nuisances = Object.fromEntries(Object.keys(values).map((of) => [of, {}]));
        const whole = { columns: { ...columns, ...nuisances }, functions: behind.functions, densities: all };
        const found = { ...columnsOf(layout, observed), ...values };
        const at = bindComposition(
          checkedComposition({ ...whole, parameters: [] }),
          tape.constant(0, []),
          found,
          parts,
        );
        return { at, density: at.density(inside) };
      };
      const movedAt = (observed: MovedColumns, values: NuisanceValues) => {
        const moving = values.flatMap((value, k) =>
          value === undefined ? [] : [[nuisanceColumn(k), reshape(value, value.shape.slice(0, -1))] as const],
        );
        const nuisances = values.map((value, k) =>
          value === undefined ? architecture.nuisances[k]!.nominal : nuisanceColumn(k),
        );
        const moved = { ...form, nuisances, morph };
        const densities = { ...behind.densities, [name]: moved };
        return { moved, ...density(name, densities, observed, Object.fromEntries(moving)) };
      };
      return {
        trainable: [...bound.trainable.values()],
        logProb: (observed, values) => movedAt(observed, values).density.logProb(),
        logNominal: (observed) => density(form.density, behind.densities, observed, {}).density.logProb(),
        latent(observed, values) {
          const { at, moved, density: own } = movedAt(observed, values);
          if (form.of.length > 1) {
            return latentFeatures(at, name, moved, composition.densities[form.density] as FlowForm);
          }
          const [column] = form.of as [string];
          const below = own.logProbability({ [column]: [[at.domain(column)[0], at.column(column)]] });
          return reshape(below, [...below.shape, 1]);
        },
      };
    },
  };
}
