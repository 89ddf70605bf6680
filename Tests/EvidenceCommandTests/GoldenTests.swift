import Evidence
import Foundation
import JSON
import TestSupport
import Testing

/// What the first version of the command printed for the bundled sample, which later ones print too: Fixtures/golden.
///
/// Every key that was there is still there, with the same value; keys may come. Under the instructions that the files were
/// made with, numbers are the same to the last bit; under others they differ by single-precision rounding, and only
/// the means are compared. Three things were changed by hand: a bias that k̂ withholds, as it withholds the error, is null;
/// what is estimated at probes, six numbers of units, follows other random numbers, by no more than its errors; and warnings
/// that say one thing are one.
@Suite struct GoldenTests {
  /// What says how long something took, or when.
  static let changing: Set<String> = ["timing", "started", "finished", "evidenceVersion"]
  /// What is compared under other instructions, within 10⁻⁴: sums of some hundred terms of single precision.
  static let means: Set<String> = ["mean", "nll", "elbo", "meanA", "meanB"]

  static func file(_ name: String) throws -> [UInt8] {
    let folder = try #require(Bundle.module.url(forResource: "golden", withExtension: nil, subdirectory: "Fixtures"))
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  @Test func outputsAreThoseOfTheFirstVersion() throws {
    let made = String(decoding: try Self.file("instructions"), as: UTF8.self).trimmingCharacters(in: .newlines)
    let isExact = made == InstructionSet.best.description
    try withTemporaryDirectory { directory in
      for path in [
        "Sources/EvidenceCommand/Resources/digits-iwae-2l.h5", "Sources/EvidenceCommand/Resources/digits-test.h5",
        "Tests/KerasImportTests/Fixtures/keras3-nested.keras",
      ] {
        let name = URL(filePath: path).lastPathComponent
        try FileManager.default.copyItem(atPath: Repository.path(path), toPath: "\(directory)/\(name)")
      }
      for line in String(decoding: try Self.file("commands"), as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        let arguments = words.dropFirst() + ["--quiet", "--format", "json"]
        let run = try Running(Executable.evidence, Array(arguments), in: directory).wait()
        let golden = try JSONParser.parse(Self.file("\(words[0]).json"))
        let found = try JSONParser.parse([UInt8](run.output.utf8))
        #expect(run.status == 0, "\(line): \(run.error)")
        Self.compare(found, golden, at: words[0], isExact: isExact)
      }
    }
  }

  static func compare(_ found: JSONValue?, _ golden: JSONValue, at path: String, isExact: Bool) {
    switch golden {
    case .object(let members):
      for member in members where !changing.contains(member.key) {
        compare(found?.object?[member.key], member.value, at: "\(path).\(member.key)", isExact: isExact)
      }
    case .array(let values) where values.contains(where: { $0.object != nil }):
      #expect(found?.array?.count == values.count, "\(path)")
      for (index, value) in values.enumerated() {
        compare(
          found?.array.flatMap { $0.indices.contains(index) ? $0[index] : nil }, value, at: "\(path)[\(index)]",
          isExact: isExact)
      }
    case .array(let values) where path.hasSuffix(".warnings") && isExact:
      // Warnings may come, too: the estimated time of a remedy differs from run to run.
      #expect(values.allSatisfy { found?.array?.contains($0) == true }, "\(path)")
    case .number(let value) where !isExact:
      guard let name = path.split(separator: ".").last, means.contains(String(name)) else { return }
      #expect(abs((found?.double ?? .nan) - value) <= 1e-4 * max(1, abs(value)), "\(path)")
    case .array where !isExact, .bool where !isExact: return
    default: #expect(found == golden, "\(path)")
    }
  }
}
