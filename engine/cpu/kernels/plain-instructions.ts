/** Operations that are one instruction of their operands, by its name among those of the lanes. */
export const plainInstructions = {
  neg: "neg",
  abs: "abs",
  sqrt: "sqrt",
  floor: "floor",
  mul: "mul",
  div: "div",
  maximum: "max",
  minimum: "min",
  greater: "greater",
  greaterEqual: "greaterEqual",
  equal: "equal",
} as const;

export const isPlain = (name: string): name is keyof typeof plainInstructions => Object.hasOwn(plainInstructions, name);
