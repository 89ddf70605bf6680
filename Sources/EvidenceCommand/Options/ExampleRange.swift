import ArgumentParser
import Foundation

/// A half-open range of examples as it is written on the command line: `100..200`, `..200`, `100..`.
struct ExampleRange: ExpressibleByArgument, Equatable {
  /// The first example; 0 where nothing is written.
  var lower: Int
  /// The example after the last; the end of the dataset where nothing is written.
  var upper: Int?

  init?(argument: String) {
    guard let dots = argument.range(of: "..") else { return nil }
    let first = argument[..<dots.lowerBound]
    let last = argument[dots.upperBound...]
    guard let lower = first.isEmpty ? 0 : Int(first), lower >= 0 else { return nil }
    self.lower = lower
    if last.isEmpty {
      upper = nil
    } else {
      guard let upper = Int(last), upper >= lower else { return nil }
      self.upper = upper
    }
  }

  /// The range within a dataset of `count` examples. What does not fit is an error.
  func resolved(count: Int) throws -> Range<Int> {
    let upper = upper ?? max(lower, count)
    guard upper <= count else {
      throw CommandError(
        .usage, "--examples \(lower)..\(upper): the dataset holds \(count) examples, numbered 0 to \(count - 1)")
    }
    guard lower < upper else {
      throw CommandError(.usage, "--examples \(lower)..\(upper): no example is in this range")
    }
    return lower..<upper
  }
}
