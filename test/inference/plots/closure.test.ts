import { test } from "uvu";
import { checkPictures } from "./picture-laws.js";

checkPictures("closure");

test.run();
