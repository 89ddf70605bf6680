extension Sequence<Int> {
  /// The product of the extents of a shape: its number of elements. Nil where it is above `limit`, or an extent is negative;
  /// shapes that files claim may be absurd, so nothing is multiplied unchecked.
  package func elementCount(atMost limit: Int = .max) -> Int? {
    var count = 1
    for extent in self {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflows, product <= limit else { return nil }
      count = product
    }
    return count
  }
}
