import ArgumentParser
import Evidence
import Foundation
import JSON
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

  private func units(_ options: String...) throws -> UnitsOutcome {
    try UnitsRun(
      UnitsCommand.parse(
        [Repository.digitsModel, Repository.digits, "--examples", "5..40", "--probes", "9", "--quiet"] + options)
    ).run()
  }

  /// The JSON but for what tells where and when.
  private func figures(_ outcome: UnitsOutcome) -> String {
    guard case .object(let members) = outcome.json else { return "" }
    return "\(members.filter { !["timing", "data"].contains($0.key) })"
  }

  @Test func shardsOfUnitsMergeToTheBitsOfOneRun() throws {
    try withTemporaryDirectory { directory in
      let one = try units("--output", directory + "/one.h5", "--draws", "2")
      for index in 0..<3 {
        _ = try units("--output", directory + "/part", "--shard", "\(index)/3", "--draws", "2")
      }
      let parts = ["005-017", "017-029", "029-040"].map { directory + "/part-\($0).h5" }
      try ResultsMerge(parts).write(to: directory + "/all.h5")
      let all = try units("--output", directory + "/all.h5", "--resume", "--draws", "2")
      #expect(figures(all) == figures(one) && figures(all).contains("mutualInformation"))
      // Thresholds and probes come in with the summary, draws with the rows.
      let strict = try units("--output", directory + "/all.h5", "--resume", "--draws", "2", "--threshold", "0.5")
      #expect(strict.units.threshold == 0.5)
      let other = #expect(throws: EvidenceError.self) {
        try units("--output", directory + "/all.h5", "--resume", "--draws", "3")
      }
      #expect(other?.message.contains("samples: the file was made with 2, this run asks for 3") == true)
      // They are no log-likelihoods.
      let compared = #expect(throws: EvidenceError.self) {
        try CompareOutcome(directory + "/one.h5", directory + "/all.h5", largest: 1, reportsAllErrors: false)
      }
      #expect(compared?.message.contains("the rows of evidence units have no column log_likelihood") == true)
    }
  }

  @Test func holesOfUnitsAreMadeByUnits() throws {
    try withTemporaryDirectory { directory in
      _ = try units("--output", directory + "/part", "--shard", "0/2")
      let holes = #expect(throws: ResultsMerge.Holes.self) { try ResultsMerge([directory + "/part-005-023.h5"]) }
      let words = holes?.commandWords ?? ""
      #expect(words.contains("evidence units ") && words.contains("--draws 1 ") && !words.contains("--samples"))
    }
  }

  @Test func partsTakeAsLongAsEachOther() throws {
    try withTemporaryDirectory { directory in
      try run(directory + "/one.h5", "--examples", "0..12")
      let times = try rows(directory + "/one.h5").map(\.seconds)
      #expect(times.allSatisfy { $0 > 0 && $0 < 100 })
      // The parts of the library's own cut, whatever the times were.
      let cut = try ExampleCosts(reading: directory + "/one.h5").parts(of: 0..<12, count: 2)
      for index in 0..<2 {
        try run(
          directory + "/part", "--examples", "0..12", "--shard", "\(index)/2", "--balance", directory + "/one.h5")
      }
      try ResultsMerge(cut.map { String(format: "%@/part-%03d-%03d.h5", directory, $0.lowerBound, $0.upperBound) })
        .write(to: directory + "/all.h5")
      #expect(try rows(directory + "/all.h5") == rows(directory + "/one.h5"))
    }
  }

  private func check(_ estimator: [String], _ options: String...) throws -> CheckOutcome {
    try CheckRun(
      CheckCommand.parse(
        [
          Repository.digitsModel, "--simulated", "7", "--samples", "60", "--threads", "2", "--quiet", "--estimator",
        ] + estimator + options
      ).request, host: CommandHost()
    ).run()
  }

  /// The ladder takes its rungs example by example; some have curves, and none is kept.
  @Test(arguments: [["laplace"], ["ladder", "--temperatures", "4", "--chains", "2"]])
  func shardsOfACheckMergeToTheBitsOfOneRun(estimator: [String]) throws {
    try withTemporaryDirectory { directory in
      func figures(_ outcome: CheckOutcome) -> String {
        guard case .object(let members) = outcome.json else { return "" }
        return "\(members.filter { $0.key != "timing" })"
      }
      let one = try check(estimator, "--output", directory + "/one.h5")
      for index in 0..<2 { _ = try check(estimator, "--output", directory + "/part", "--shard", "\(index)/2") }
      let parts = ["4-7", "0-4"].map { directory + "/part-\($0).h5" }
      try ResultsMerge(parts).write(to: directory + "/all.h5")
      #expect(try figures(check(estimator, "--output", directory + "/all.h5", "--resume")) == figures(one))
      // Both brackets are there, by their names.
      let file = try ResultsFile(reading: directory + "/all.h5")
      let rows = try file.rows(0..<7, of: CheckRow.self)
      #expect(rows.map(\.index) == Array(0..<7))
      #expect(rows.allSatisfy { $0.checked.upper.isFinite && $0.plain.upper.isFinite })
      #expect(rows.contains { $0.checked.lower.logLikelihood != $0.plain.lower.logLikelihood })
      let holes = #expect(throws: ResultsMerge.Holes.self) { try ResultsMerge([parts[1]]) }
      #expect(holes?.commandWords.contains("the --shard that is missing") == true)
    }
  }
}
