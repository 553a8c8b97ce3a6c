/** Cents as a price: 1250 -> "12.50". */
export function price(cents) {
  return (cents / 100).toFixed(2);
}
