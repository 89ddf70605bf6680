import Evidence
import Foundation
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct MergeTests {
  private func run(_ output: String, _ options: String...) throws {
    _ = try NLLRun(
      NLLCommand.parse(
        [Repository.digitsModel, Repository.digits, "--samples", "30", "--threads", "2", "--output", output, "--quiet"]
          + options)
    ).run()
  }

  private func rows(_ path: String) throws -> [LogLikelihoodMeasurement] {
    let file = try ResultsFile(reading: path)
    return try file.rows(0..<file.count)
  }

  @Test func shardsMergeToTheBitsOfOneRun() throws {
    try withTemporaryDirectory { directory in
      try run(directory + "/one.h5", "--examples", "10..33")
      for index in 0..<3 { try run(directory + "/part", "--examples", "10..33", "--shard", "\(index)/3") }
      let parts = ["018-026", "010-018", "026-033"].map { directory + "/part-\($0).h5" }
      let merge = try ResultsMerge(parts)
      #expect(merge.examples == 10..<33)
      try merge.write(to: directory + "/all.h5")
      let (one, all) = (
        try ResultsFile(reading: directory + "/one.h5"), try ResultsFile(reading: directory + "/all.h5")
      )
      #expect(all.settings == one.settings && all.finished != nil && all.count == 23)
      // Columns may be NaN: bits are compared.
      func bits(_ path: String) throws -> [[UInt64]] {
        try rows(path).map { row in
          [
            UInt64(row.index), row.logLikelihood.bitPattern, row.elbo.bitPattern, row.paretoK.bitPattern,
            row.effectiveSampleSize.bitPattern, row.largestWeightShare.bitPattern,
            row.monteCarloStandardError.bitPattern, row.posteriorDivergence.bitPattern,
          ] + row.curve.map(\.bitPattern)
        }
      }
      #expect(try bits(directory + "/all.h5") == bits(directory + "/one.h5"))
      // Nothing is written over, and what is finished can be gone on with.
      let again = #expect(throws: EvidenceError.self) { try merge.write(to: directory + "/all.h5") }
      #expect(again?.code == .cannotCreateOutput)
      try run(directory + "/all.h5", "--examples", "10..33", "--resume")
    }
  }

  @Test func holesAndOverlapsAreNamed() throws {
    try withTemporaryDirectory { directory in
      for index in [0, 2] { try run(directory + "/part", "--examples", "0..12", "--shard", "\(index)/3") }
      let parts = ["000-004", "008-012"].map { directory + "/part-\($0).h5" }
      let holes = #expect(throws: ResultsMerge.Holes.self) { try ResultsMerge(parts) }
      #expect(holes?.ranges == [4..<8])
      let words = holes.map(\.commandWords) ?? ""
      #expect(words.contains("examples are missing: 4..8"))
      #expect(words.contains("--examples 4..8 ") && words.contains("--output part-4-8.h5"))
      // The last shard is missing: the others know of it.
      #expect(throws: ResultsMerge.Holes.self) { try ResultsMerge([parts[0]]) }
      #expect(try ResultsMerge([parts[0]], examples: 0..<4).examples == 0..<4)

      try run(directory + "/other.h5", "--examples", "3..8")
      let overlap = #expect(throws: EvidenceError.self) {
        try ResultsMerge(parts + [directory + "/other.h5"], examples: 0..<12)
      }
      #expect(overlap?.message.contains("both hold the examples 3..4") == true)
    }
  }

  @Test func onlyPartsOfOneRunMerge() throws {
    try withTemporaryDirectory { directory in
      try run(directory + "/a.h5", "--examples", "0..3")
      try run(directory + "/b.h5", "--examples", "3..6", "--seed", "1")
      let error = #expect(throws: EvidenceError.self) {
        try ResultsMerge([directory + "/a.h5", directory + "/b.h5"])
      }
      #expect(error?.message.contains("are not of one run: seed: 0 and 1") == true, "\(error?.message ?? "")")
    }
  }
}
