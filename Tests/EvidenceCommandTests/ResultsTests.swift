import ArgumentParser
import Evidence
import Foundation
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct ResultsTests {
  private static func run(_ output: String, _ options: String...) throws -> NLLOutcome {
    try NLLRun(
      NLLCommand.parse([Repository.digitsModel, Repository.digits, "--examples", "..4", "--output", output] + options)
    ).run()
  }

  @Test func rowsAreThoseOfTheRun() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/results.h5"
      let outcome = try Self.run(path, "--samples", "50")
      let file = try ResultsFile(reading: path)
      #expect(file.finished != nil)
      #expect(file.settings.estimator == "importance-sampling")
      let rows = try file.rows(0..<4, of: LogLikelihoodMeasurement.self)
      #expect(rows.map(\.index) == [0, 1, 2, 3])
      let mean = rows.reduce(0) { $0 + $1.logLikelihood } / 4
      #expect(abs(mean - outcome.summary.mean) < 1e-12)
      // A finished run that is gone on with reports the same again.
      #expect(try Self.run(path, "--samples", "50", "--resume").summary.mean == outcome.summary.mean)
    }
  }

  @Test(arguments: [(["--samples", "60"], "samples"), (["--samples", "50", "--seed", "1"], "seed")])
  func otherSettingsAreRefusedByName(options: [String], name: String) throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/results.h5"
      _ = try Self.run(path, "--samples", "50")
      let arguments = [
        "nll", Repository.digitsModel, Repository.digits, "--examples", "..4", "--output", path, "--resume",
      ]
      let refused = try Running(.evidence, arguments + options).wait()
      #expect(refused.status == 65)
      #expect(refused.error.contains(name + ": the file was made with"), "\(refused.error)")
    }
  }

  @Test func anExistingFileIsNotOverwritten() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/results.h5"
      _ = try Self.run(path, "--samples", "50")
      let error = try #require(throws: (any Error).self) { try Self.run(path, "--samples", "50") }
      #expect(Failure(error).status == .cannotCreateOutput)
      #expect(Failure(error).lines.joined(separator: "\n").contains("give another output"))
    }
  }

  @Test func aDirectoryThatIsMissingIsSaid() throws {
    let error = try #require(throws: (any Error).self) { try Self.run("/nowhere/at/all.h5", "--samples", "5") }
    #expect(Failure(error).status == .cannotCreateOutput)
    #expect(Failure(error).lines.joined().contains("/nowhere/at/all.h5"))
  }
}
