import { test } from "uvu";
import { checkPictures } from "./picture-laws.js";

checkPictures("impactMap");

test.run();
