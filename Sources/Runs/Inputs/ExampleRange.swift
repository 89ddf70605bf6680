/// A half-open range of examples, perhaps without an end: `100..200`, `..200`, `100..`.
package struct ExampleRange: Sendable, Equatable {
  /// The first example; 0 where nothing is written.
  package let lower: Int
  /// The example after the last; the end of the dataset where nothing is written.
  package let upper: Int?

  /// These examples.
  package init(_ examples: Range<Int>) { (lower, upper) = (examples.lowerBound, examples.upperBound) }

  /// Reads what people write; nil where that is no range.
  package init?(_ text: String) {
    guard let dots = text.firstRange(of: "..") else { return nil }
    let first = text[..<dots.lowerBound]
    let last = text[dots.upperBound...]
    guard let lower = first.isEmpty ? 0 : Int(first), lower >= 0 else { return nil }
    self.lower = lower
    if last.isEmpty {
      upper = nil
    } else {
      guard let upper = Int(last), upper >= lower else { return nil }
      self.upper = upper
    }
  }

  /// The range within a dataset of `count` examples.
  ///
  /// - Throws: `RunError` where it does not fit, or is empty.
  package func resolved(count: Int) throws -> Range<Int> {
    let upper = upper ?? max(lower, count)
    guard upper <= count else { throw RunError.examplesOutside(lower..<upper, count: count) }
    guard lower < upper else { throw RunError.emptyRange(lower, upper) }
    return lower..<upper
  }
}
