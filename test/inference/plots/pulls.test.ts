import { test } from "uvu";
import { checkPictures } from "./picture-laws.js";

checkPictures("pulls");

test.run();
