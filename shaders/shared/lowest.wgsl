// Below every finite number: where a search for the largest starts. WGSL has no constant for -infinity.

const LOWEST: f32 = -0x1.fffffep+127f;
