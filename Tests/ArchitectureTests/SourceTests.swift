import Foundation
import Testing

/// What must not stand in a library's sources.
@Suite struct SourceTests {
  /// Lines of a target's sources without comments, with the file and the line's number.
  static func code(of target: Manifest.Target) throws -> [(line: Substring, place: String)] {
    try target.swiftFiles.flatMap { file in
      try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated().map { ($0.element, "\(file.lastPathComponent):\($0.offset + 1)") }
        .filter { !$0.0.drop { $0 == " " }.hasPrefix("//") }
    }
  }

  /// Loops over draws are C kernels. What is found here: a Swift loop whose range or condition counts lanes, a closure that is
  /// called for each lane, and Swift's own vectors. (A loop over blocks of examples, each of which is packed into a lane once,
  /// is none.)
  ///
  /// The estimators in noise space keep one number a lane beside each gradient (a step's length, an acceptance), which costs
  /// nothing next to the products of that gradient: their files are left out. What works on rows times lanes there is a kernel.
  @Test func loopsOverLanesAreKernels() throws {
    let loop =
      #/for \w+ in [^{]*\blanes\b|for \w+ in stride\([^)]*\blanes\b|while [^{]*\blanes\b|\.\.<[^)]*\blanes\b[^)]*\)\s*\.|SIMD\d+<(?:Float|Double)>/#
      // By default `Chains.lanes` is one word.
      .wordBoundaryKind(.simple)
    for target in try Manifest().modules where ["Networks", "Evidence", "Models", "Training"].contains(target.name) {
      for (line, place) in try Self.code(of: target)
      where (line.contains("lanes") || line.contains("SIMD")) && line.contains(loop)
        && !Self.oneNumberALane.contains(where: place.hasPrefix)
      {
        #expect(Self.onceForAModel.contains { line.contains($0) }, "\(place): \(line)")
      }
    }
  }

  /// Loops that run once when a model is compiled, over the pseudo-inputs of its prior.
  static let onceForAModel = ["for first in stride(from: 0, to: count, by: lanes)"]

  /// Files that keep one number a lane beside each gradient.
  static let oneNumberALane = [
    "AnnealedRun.swift", "AnnealedTarget.swift", "Chains.swift", "LaplaceDraws.swift", "ModeSearch.swift",
    "QuasiNewtonMemory.swift",
  ]

  /// Only the command knows its options: libraries carry remedies as values. (A style sheet has names that look like options.)
  @Test func noLibraryNamesAnOption() throws {
    let option = #/(?:^|[^\w(-])--[a-z]/#
    for target in try Manifest().modules
    where target.name != "EvidenceCommand" && !target.name.hasPrefix("example") {
      for (line, place) in try Self.code(of: target)
      where line.contains("--") && line.contains(option) && !place.hasPrefix("StyleSheet.swift") {
        Issue.record("\(place): \(line)")
      }
    }
  }
}
