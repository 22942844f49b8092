import { test } from "uvu";
import { checkPictures } from "./picture-laws.js";

checkPictures("scan1d");
checkPictures("scan2d");

test.run();
