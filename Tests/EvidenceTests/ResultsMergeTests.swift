import Foundation
import Testing

@testable import Evidence

/// The rows of shards, put together, are those of one run.
@Suite struct ResultsMergeTests {
  /// A finished file of some examples in a directory.
  private func shard(
    _ examples: Range<Int>, in directory: String, rows: Range<Int>? = nil, seed: UInt64 = 7
  ) throws -> String {
    let path = directory + "/\(UUID().uuidString).h5"
    var settings = resultsSettings(examples: examples)
    settings.seed = seed
    let writer = try Writer(creating: path, settings: settings)
    for index in rows ?? examples { try writer.append(resultsRow(index)) }
    try writer.close()
    return path
  }

  private func withDirectory(_ body: (String) throws -> Void) throws {
    try withResultsPath { try body(($0 as NSString).deletingLastPathComponent) }
  }

  @Test func rowsComeInTheOrderOfTheDataset() throws {
    try withDirectory { directory in
      let parts = try [10..<17, 3..<4, 4..<10].map { try shard($0, in: directory) }
      let all = directory + "/all.h5"
      try ResultsMerge(parts).write(to: all)
      #expect(try ResultsFile(reading: all).settings == resultsSettings(examples: 3..<17))
      #expect(try bits(ofFile: all) == bits((3..<17).map { resultsRow($0) }))
    }
  }

  @Test func gapsOverlapsAndOtherRunsAreRefused() throws {
    try withDirectory { directory in
      func words(_ parts: [String]) throws -> String { try refusal { _ = try ResultsMerge(parts) }.message }
      func holes(_ parts: [String]) -> [Range<Int>]? {
        #expect(throws: ResultsMerge.Holes.self) { try ResultsMerge(parts) }?.ranges
      }
      let first = try shard(3..<5, in: directory)
      #expect(try words([]) == "no results to merge")
      #expect(try holes([first, shard(6..<8, in: directory)]) == [5..<6])
      #expect(try words([first, shard(4..<8, in: directory)]).contains("both hold the examples 4..5"))
      #expect(try holes([first, shard(5..<8, in: directory, rows: 5..<7)]) == [7..<8])
      #expect(try words([first, shard(5..<8, in: directory, seed: 8)]).contains("are not of one run: seed"))
    }
  }

  /// Numbers of two sets of instructions differ by rounding, so somebody has to say that they may stand in one file.
  @Test func instructionsAreMixedOnlyWhenAsked() throws {
    try withDirectory { directory in
      let paths = try [(3..<5, "avx2"), (5..<9, "avx512")].map { examples, instructions in
        var settings = resultsSettings(examples: examples)
        settings.facts.instructionSet = instructions
        let path = directory + "/\(instructions).h5"
        let writer = try Writer(creating: path, settings: settings)
        for index in examples { try writer.append(resultsRow(index)) }
        try writer.finish()
        return path
      }
      let error = try refusal { _ = try ResultsMerge(paths) }
      #expect(error.message.contains("different processor instructions, avx2 and avx512"))
      #expect(error.remedies == [.allowMixed])
      let all = directory + "/all.h5"
      try ResultsMerge(paths, allowsMixed: true).write(to: all)
      let file = try ResultsFile(reading: all)
      #expect(file.settings.facts.instructionSet == "avx2, avx512" && file.count == 6)
    }
  }
}
