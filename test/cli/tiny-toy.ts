/** What tiny analyses of the built-in toy have in common: trained in a second, whatever comes out. */
export const TINY_TOY = `processes: { A: , B: }
nuisances: { shift: , squeeze: }
truth: { shift: 0.5, squeeze: -0.5 }
flows:
  x: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 3, batch: 200, learningRate: 0.02 } }
  y: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 3, batch: 200, learningRate: 0.02 } }
morph:
  x: { kind: affine, hidden: [4], training: { epochs: 2, batch: 200, learningRate: 0.02 } }
  y: { kind: affine, layers: 1, hidden: [4], training: { epochs: 2, batch: 200, learningRate: 0.02 } }
response: { range: 2, scale: 1, layers: 1, hidden: [4], training: { epochs: 2, batch: 100 } }
scan: { points: 3, grid: 3, range: 1 }
report: { bins: 8 }
`;
