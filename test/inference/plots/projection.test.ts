import { test } from "uvu";
import { checkPictures } from "./picture-laws.js";

checkPictures("projections");

test.run();
