import ArgumentParser
import Evidence
import Foundation
import HDF5
import ModelFile
import Models
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// Data stored or fed otherwise than in training: of thirty such mistakes under three kinds of likelihood, none gives a
/// number without a word. Each is refused, or warned of, where the right data are not.
@Suite struct MistakenDataTests {

  /// A mistake: what it does to the stored file.
  struct Mistake: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let likelihood: Models.Distribution
    let store: @Sendable (Group, [Float]) throws -> Void
  }

  private static let shape = [4, 6]
  private static let size = 24
  private static let count = 40

  private static func data(_ likelihood: Models.Distribution) -> [Float] {
    PatternModel(shape: shape, likelihood: likelihood).data(count)
  }

  private static func write(_ values: [Float], _ shape: [Int] = [count] + shape, to root: Group) throws {
    try root.createDataset("x", type: .float(bits: 32), shape: shape).write(values)
  }

  /// The same elements of each example in another order.
  private static func reordered(_ values: [Float], _ source: @Sendable (Int) -> Int) -> [Float] {
    values.indices.map { values[$0 / size * size + source($0 % size)] }
  }

  private static func values(
    _ name: String, _ likelihood: Models.Distribution, _ change: @escaping @Sendable (Float) -> Float
  )
    -> Mistake
  {
    Mistake(testDescription: name, likelihood: likelihood) { try write($1.map(change), to: $0) }
  }

  private static func order(
    _ name: String, _ likelihood: Models.Distribution, _ source: @escaping @Sendable (Int) -> Int
  )
    -> Mistake
  {
    Mistake(testDescription: name, likelihood: likelihood) { try write(reordered($1, source), to: $0) }
  }

  /// What can happen to data of any kind.
  private static func common(_ likelihood: Models.Distribution) -> [Mistake] {
    let name = likelihood.rawValue
    return [
      Mistake(testDescription: "\(name): axes of the image exchanged", likelihood: likelihood) {
        try write(reordered($1) { $0 % 4 * 6 + $0 / 4 }, [count, 6, 4], to: $0)
      },
      order("\(name): columns stored as rows", likelihood) { $0 % 4 * 6 + $0 / 4 },
      order("\(name): upside down", likelihood) { (3 - $0 / 6) * 6 + $0 % 6 },
      order("\(name): mirrored", likelihood) { $0 / 6 * 6 + 5 - $0 % 6 },
      Mistake(testDescription: "\(name): examples along the last axis", likelihood: likelihood) { root, values in
        try write((0..<size * count).map { values[$0 % count * size + $0 / count] }, [4, 6, count], to: root)
      },
      Mistake(testDescription: "\(name): half written", likelihood: likelihood) { root, values in
        let dataset = try root.createDataset(
          "x", type: .float(bits: 32), shape: [count] + shape, extendable: true, chunkRows: 10)
        try dataset.write(Array(values.prefix(20 * size)), atRow: 0)
      },
      Mistake(testDescription: "\(name): holes", likelihood: likelihood) {
        try write($1.enumerated().map { $0.offset == 100 ? .nan : $0.element }, to: $0)
      },
      Mistake(testDescription: "\(name): missing values", likelihood: likelihood) { root, values in
        let dataset = try root.createDataset("x", type: .float(bits: 32), shape: [count] + shape)
        try dataset.write(values.enumerated().map { $0.offset == 100 ? 0.5 : $0.element })
        try dataset.setAttribute("_FillValue", 0.5)
      },
    ]
  }

  static let mistakes: [Mistake] =
    common(.bernoulli) + common(.normal) + common(.poisson) + [
      values("bernoulli: inverted", .bernoulli) { 1 - $0 }, values("bernoulli: bytes", .bernoulli) { 255 * $0 },
      values("bernoulli: −1 and 1", .bernoulli) { 2 * $0 - 1 },
      values("bernoulli: divided twice", .bernoulli) { $0 / 255 },
      values("normal: inverted", .normal) { 1 - $0 }, values("normal: bytes", .normal) { 255 * $0 },
      values("normal: divided", .normal) { $0 / 255 }, values("normal: −1 to 1", .normal) { 2 * $0 - 1 },
      values("normal: standardized", .normal) { ($0 - 0.5) / 0.4 },
      values("normal: logarithms", .normal) { log($0 + 1.5) },
      Mistake(testDescription: "normal: rounded to integers", likelihood: .normal) { root, values in
        let dataset = try root.createDataset("x", type: .integer(bits: 16, signed: true), shape: [count] + shape)
        try dataset.write(values.map { Int16($0.rounded()) })
      },
      values("poisson: log1p", .poisson) { log1p($0) }, values("poisson: normalized", .poisson) { $0 / 9.5 },
      values("poisson: centred", .poisson) { $0 - 5 }, values("poisson: times 10", .poisson) { 10 * $0 },
      values("poisson: binarized", .poisson) { min(1, $0) },
    ]

  private func outcome(_ likelihood: Models.Distribution, _ fill: (Group) throws -> Void) throws -> NLLOutcome {
    try withTemporaryDirectory { directory in
      try ModelFile.write(
        PatternModel(shape: Self.shape, likelihood: likelihood).description, to: directory + "/model.h5")
      let file = try File(creating: directory + "/data.h5")
      try fill(file.root)
      try file.close()
      return try NLLRun(
        NLLCommand.parse([directory + "/model.h5", directory + "/data.h5", "--samples", "20", "--threads", "1"])
      ).run()
    }
  }

  private func isSaid(_ outcome: NLLOutcome) -> Bool {
    outcome.warningWords.contains { $0.contains("far worse") || $0.contains("whole numbers") }
  }

  @Test func thereAreThirty() { #expect(Self.mistakes.count >= 30) }

  @Test(arguments: [.bernoulli, .normal, .poisson] as [Models.Distribution])
  func theRightDataAreTakenWithoutAWord(_ likelihood: Models.Distribution) throws {
    let right = try outcome(likelihood) { try Self.write(Self.data(likelihood), to: $0) }
    #expect(!isSaid(right), "\(right.warningWords)")
  }

  /// What is refused, without a number; of all others a number is given with a warning. docs/data.md has this as a table.
  static let refused: Set = [
    "axes of the image exchanged", "examples along the last axis", "half written", "holes", "missing values", "log1p",
    "normalized", "centred", "−1 and 1",
  ]

  private static func isRefused(_ mistake: Mistake) -> Bool {
    let name = mistake.testDescription
    return name == "bernoulli: bytes" || refused.contains { name.hasSuffix(": " + $0) }
  }

  @Test(arguments: mistakes) func noMistakeIsSilent(_ mistake: Mistake) throws {
    let wrong: NLLOutcome
    do {
      wrong = try outcome(mistake.likelihood) { try mistake.store($0, Self.data(mistake.likelihood)) }
    } catch {
      #expect(Self.isRefused(mistake), "\(error)")
      return
    }
    #expect(isSaid(wrong) && !Self.isRefused(mistake), "\(wrong.summary.mean): \(wrong.warningWords)")
  }
}
