import Foundation
import Testing

/// Loops over lanes stand in CKernels. A loop over lanes has to touch an element of a lane matrix, and Swift does that in few
/// places, which read a single lane.
@Suite struct LaneLoopTests {
  /// The files that may index a matrix, and how often.
  static let allowed = ["Network+Divergence.swift": 1, "RandomNumbers.swift": 2, "SimulatedNumbers.swift": 2]

  @Test func networksLoopOverNoLanes() throws {
    for file in try ImportDirectionTests.swiftFiles(of: "Networks") {
      let text = try String(contentsOf: file, encoding: .utf8)
      let found = ["data[", "pointer["].reduce(0) { $0 + text.components(separatedBy: $1).count - 1 }
      #expect(
        found <= Self.allowed[file.lastPathComponent] ?? 0,
        "\(file.lastPathComponent) reads elements of matrices one by one: that belongs in CKernels")
      for word in ["for lane in", "SIMD"] where text.contains(word) {
        Issue.record("\(file.lastPathComponent) has a loop over lanes (\"\(word)\"): it belongs in CKernels")
      }
    }
  }
}
