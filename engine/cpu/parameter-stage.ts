/** Nodes without events as rank 0 evaluates them before the passes of a level. */
import { SmallNodes, type SmallValue } from "../reference/small-nodes.js";
import type { LevelPlan, PlainNode, Plan } from "./plan.js";

export interface ParameterStage {
  /** Parameters. */
  readonly before: readonly PlainNode[];
  /** All nodes of few numbers, and those of them that anything else reads. */
  readonly small: SmallNodes;
  readonly kept: readonly { readonly id: number; readonly at: SmallValue }[];
  /** The others, inputs first. */
  readonly after: readonly PlainNode[];
}

const isParameter = ({ operation }: PlainNode) => operation.name === "parameter";

/** Nodes whose values are asked for by their numbers, but for those that nodes read. */
function asked({ levels, outputs, updates, updateUploads }: Plan): Set<number> {
  const ofPasses = levels.flatMap(({ passes }) =>
    passes.flatMap(({ uploads, packs, sums }) => [
      ...[...uploads, ...packs].map(({ node }) => node),
      ...sums.flatMap(({ perEvent }) => (perEvent && "node" in perEvent ? [perEvent.node] : [])),
    ]),
  );
  const ends = [...Object.values(outputs), ...updates, ...updateUploads].map(({ node }) => node);
  return new Set([...ofPasses, ...ends]);
}

/** Of each level. */
export function parameterStages(plan: Plan): ParameterStage[] {
  const wanted = asked(plan);
  const ownOf = ({ parameters }: LevelPlan) => new Set(SmallNodes.included(parameters));
  const owned = plan.levels.map(ownOf);
  plan.levels.forEach(({ parameters }, at) => {
    const ids = new Set([...(owned[at] as Set<PlainNode>)].map(({ id }) => id));
    for (const node of parameters) {
      const isOwn = ids.has(node.id);
      for (const input of node.inputs) if (!(isOwn && ids.has(input.id))) wanted.add(input.id);
    }
  });
  return plan.levels.map(({ parameters }, at) => {
    const own = owned[at] as Set<PlainNode>;
    const small = new SmallNodes([...own]);
    return {
      before: parameters.filter(isParameter),
      small,
      kept: [...own].flatMap((node) => (wanted.has(node.id) ? [{ id: node.id, at: small.placed(node) }] : [])),
      after: parameters.filter((node) => !isParameter(node) && !own.has(node)),
    };
  });
}
