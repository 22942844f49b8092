/** Where the verbs look for what a mistyped word meant. */
export { nearest, suggestion } from "../io/edit-distance.js";
