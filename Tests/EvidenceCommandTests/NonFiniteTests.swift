import Evidence
import Foundation
import JSON
import TestSupport
import Testing

@testable import EvidenceCommand

/// An example whose estimate is not finite: counted, named, null, kept, and no failure.
@Suite struct NonFiniteTests {
  @Test func countedNamedAndKept() throws {
    try withTemporaryDirectory { directory in
      // The posterior's mean is 10³⁸ for each 1 in x: four of them are past what a float holds.
      try SmallModel(meanWeight: 1e38).write(to: directory + "/model.h5")
      try writeData([[0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], to: directory + "/data.h5")
      let arguments = ["nll", directory + "/model.h5", directory + "/data.h5", "--samples", "30"]
      let run = try Running(.evidence, arguments + ["--format", "json", "--output", directory + "/results.h5"]).wait()
      #expect(run.status == 0, "\(run.error)")
      let object = try NLLJSONTests.object(run.output)
      let likelihood = try #require(object["logLikelihood"] as? [String: Any])
      #expect(likelihood["mean"] is NSNull && likelihood["dataStandardError"] is NSNull && object["nll"] is NSNull)
      let diagnostics = try #require(object["diagnostics"] as? [String: Any])
      #expect(diagnostics["nonFiniteExamples"] as? Int == 1)
      let warning = "1 of 4 examples have an estimate that is not finite (example 2), and so is not the mean"
      #expect((object["warnings"] as? [String])?.contains { $0.hasPrefix(warning) } == true, "\(run.error)")
      #expect(run.error.contains("--examples 2..3 evaluates it alone"))
      let rows = try ResultsFile(reading: directory + "/results.h5").rows(0..<4, of: LogLikelihoodMeasurement.self)
      #expect(rows.map(\.logLikelihood.isFinite) == [true, true, false, true])

      let text = try Running(.evidence, arguments).wait()
      #expect(text.status == 0 && text.output.contains("log p(x) = −∞ "), "\(text.output)")
      let compared = try Executable.evidence.run("compare", directory + "/results.h5", directory + "/results.h5")
      #expect(compared.status == 0, "\(compared.error)")
    }
  }
}
