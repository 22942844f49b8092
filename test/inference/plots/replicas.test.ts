import { test } from "uvu";
import { checkPictures } from "./picture-laws.js";

checkPictures("replicas");

test.run();
