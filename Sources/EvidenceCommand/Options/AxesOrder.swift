import ArgumentParser
import Foundation

/// An order of axes as it is written on the command line: `0,2,3,1`.
struct AxesOrder: ExpressibleByArgument, Equatable {
  /// For each axis that the model sees, which of the stored ones it is.
  let order: [Int]

  init(_ order: [Int]) { self.order = order }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    order = parts.compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    guard order.count == parts.count, order.sorted() == Array(0..<order.count) else { return nil }
  }

  /// As it is written.
  var text: String { order.map(String.init).joined(separator: ",") }
}
