/** What is used of the parser of mathjs, which build.mjs bundles into dist. */

interface Part<Type extends string> {
  readonly type: Type;
}

export type MathNode =
  | (Part<"SymbolNode"> & { readonly name: string })
  | (Part<"ParenthesisNode"> & { readonly content: MathNode })
  | (Part<"OperatorNode"> & { readonly fn: string; readonly args: readonly MathNode[]; readonly implicit: boolean })
  | (Part<"RelationalNode"> & { readonly params: readonly MathNode[] })
  | (Part<"ConditionalNode"> & {
      readonly condition: MathNode;
      readonly trueExpr: MathNode;
      readonly falseExpr: MathNode;
    })
  | (Part<"FunctionNode"> & { readonly fn: MathNode; readonly args: readonly MathNode[] });

/** @throws a SyntaxError with the place of the token at which it stopped, counted from 1, as `char` */
export function parse(text: string): MathNode;
