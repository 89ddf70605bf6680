import ArgumentParser
import Evidence
import Foundation
import JSON
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct CompareTests {
  /// The keys of docs/results-file.md.
  static let keys: Set<String> = [
    "command", "a", "b", "examples", "onlyInA", "onlyInB", "meanA", "meanB", "difference", "improved", "worsened",
    "unchanged", "nonFinite", "unreliable", "largestChanges", "comparison", "warnings",
  ]

  /// Two results of the bundled model by different numbers of samples.
  private func withResults(_ body: (_ first: String, _ second: String) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      for (name, options) in [("a", ["--samples", "50"]), ("b", ["--samples", "100", "--examples", "2..8"])] {
        let range = options.contains("--examples") ? [] : ["--examples", "..6"]
        let arguments = [Repository.digitsModel, Repository.digits, "--output", directory + "/\(name).h5"]
        _ = try NLLRun(NLLCommand.parse(arguments + options + range)).run()
      }
      try body(directory + "/a.h5", directory + "/b.h5")
    }
  }

  @Test func json() throws {
    try withResults { first, second in
      let outcome = try Executable.evidence.run("compare", first, second, "--format", "json", "--largest", "3")
      #expect(outcome.status == 0)
      let json = try NLLJSONTests.object(outcome.output)
      #expect(Set(json.keys) == Self.keys)
      #expect(json["examples"] as? Int == 4 && json["onlyInA"] as? Int == 2 && json["onlyInB"] as? Int == 2)
      #expect((json["largestChanges"] as? [Any])?.count == 3)
      let difference = try #require(json["difference"] as? [String: Any])
      #expect(Set(difference.keys) == ["mean", "standardError", "monteCarloStandardError"])
      let rows: (a: [LogLikelihoodMeasurement], b: [LogLikelihoodMeasurement]) = (
        try ResultsFile(reading: first).rows(2..<6), try ResultsFile(reading: second).rows(0..<4)
      )
      let mean = zip(rows.a, rows.b).reduce(0.0) { $0 + $1.1.logLikelihood - $1.0.logLikelihood } / 4
      let found = try #require(difference["mean"] as? Double)
      #expect(abs(found - mean) < 1e-12)
    }
  }

  @Test func text() throws {
    try withResults { first, second in
      let outcome = try Executable.evidence.run("compare", first, second)
      #expect(outcome.output.contains("B − A = ") && outcome.output.contains("4 examples in both"))
      #expect(outcome.error.contains("only the 4 examples in both are compared"))
      #expect(outcome.error.contains("50 and 100 draws"))
      let quiet = try Executable.evidence.run("compare", first, second, "--quiet")
      #expect(quiet.error.isEmpty && quiet.output == outcome.output)
    }
  }

  @Test func refusals() throws {
    try withResults { first, _ in
      #expect(try Executable.evidence.run("compare", first, first + ".none").status == 66)
      #expect(try Executable.evidence.run("compare", first, Repository.digits).status == 65)
      #expect(try Executable.evidence.run("compare", first).status == 64)
      let other = first + ".other"
      _ = try NLLRun(
        NLLCommand.parse([
          Repository.digitsModel, Repository.digits, "--output", other, "--examples", "..6", "--samples", "50",
          "--binarize", "bernoulli",
        ])
      ).run()
      let refused = try Executable.evidence.run("compare", first, other)
      #expect(refused.status == 65 && refused.error.contains("binarize: threshold and bernoulli"), "\(refused.error)")
    }
  }
}
