import assert from "node:assert/strict";
import { test } from "node:test";
import { price } from "./price.js";

test("cents become a price", () => {
  assert.equal(price(1250), "12.50");
  assert.equal(price(0), "0.00");
});
