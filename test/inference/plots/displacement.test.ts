import { test } from "uvu";
import { checkPictures } from "./picture-laws.js";

checkPictures("quiver");
checkPictures("displacementCurves");

test.run();
